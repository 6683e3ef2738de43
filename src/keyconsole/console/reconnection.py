"""Reconnection: the frame shows that no answer came, counts down, and asks again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from keyconsole.console import workers
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.session import Link
from keyconsole.core.errors import KeyconsoleError, NotPermittedError, ServiceUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from textual.timer import Timer

    from keyconsole.console.app_state import StatefulApp

RETRY_SECONDS = (1, 2, 4, 8, 15, 30)


class Reconnection:
    """The state of the connection, as the last answer or its absence left it.

    While it is lost, the service is asked for whatever is shown, or to begin with, for a session
    by `begin`: after a wait that grows, by one timer however many requests failed meanwhile.
    """

    def __init__(
        self,
        app: StatefulApp,
        begin: Callable[[], Coroutine[Any, Any, None]],
        look: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        """`look` asks who is signed in, which every service answers."""
        self._app, self._begin, self._ask_who = app, begin, look
        self._retry: Timer | None = None
        self._countdown: Timer | None = None
        self._is_looking = False

    def answered(self) -> None:
        """The service answered: the connection is good."""
        was_lost, session = self._app.link.lost, self._app.session
        self._app.link = Link("ok", session.client.latency_ms if session else None)
        if was_lost:
            self._stop()
            for screen in self._app.screen_stack:
                screen.remove_class("-stale")
                if isinstance(screen, ConsoleScreen):
                    screen.reconnected()

    def lost(self, error: ServiceUnreachableError) -> None:
        """No answer: what is on the screen stays, marked as stale, and it is asked again."""
        if self._retry is not None:
            return
        link = self._app.link
        attempts = link.attempts + 1 if link.lost else 1
        wait = RETRY_SECONDS[min(attempts, len(RETRY_SECONDS)) - 1]
        retry_at = self._app.clock() + timedelta(seconds=wait)
        self._app.link = Link("lost", None, retry_at, error.message, attempts)
        for screen in self._app.screen_stack:
            screen.add_class("-stale")
        self._app.rooms[-1].lost(error.message)
        self._retry = self._app.set_timer(wait, self.retry)
        if self._countdown is None:
            self._countdown = self._app.set_interval(1, self._count)

    def retry(self) -> None:
        """Ask again now."""
        self._retry = None
        if self._app.link.lost:
            self._ask()

    def look(self) -> None:
        """Ask whether the service is there, for a screen that asks nothing by itself."""
        if self._app.link.state == "ok" and not self._is_looking:
            self._is_looking = True
            workers.start(self._app, self._look, "look")

    async def _look(self) -> None:
        try:
            await self._ping()
        finally:
            self._is_looking = False

    def _ask(self) -> None:
        app = self._app
        if app.person is None:
            workers.start(app, self._begin, "connect")
        elif isinstance(app.screen, ConsoleScreen) and app.screen.POLLS:
            app.screen.reload()
        else:
            workers.start(app, self._ping, "connect")

    async def _ping(self) -> None:
        try:
            await self._ask_who()
        except KeyconsoleError as error:
            is_refused = isinstance(error, NotPermittedError) and error.code == "not-signed-in"
            if not is_refused and not isinstance(error, ServiceUnreachableError):
                self.answered()
            self._app.failed(error)
        else:
            self.answered()

    def _count(self) -> None:
        self._app.mutate_reactive(type(self._app).link)

    def _stop(self) -> None:
        for timer in (self._retry, self._countdown):
            if timer is not None:
                timer.stop()
        self._retry = self._countdown = None
