"""The state that the parts of the console share, and the screens that are open."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from textual.reactive import var

from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.screens.framed import Framed
from keyconsole.console.session import Link, Person
from keyconsole.console.terminal.textual_compat import CompatibleApp
from keyconsole.core.errors import ServiceUnreachableError
from keyconsole.text import times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from keyconsole.client import KeyServiceClient
    from keyconsole.console.session import Profiles, Session
    from keyconsole.console.styled_text import Run
    from keyconsole.core.errors import KeyconsoleError
    from keyconsole.wire import Me


class StatefulApp(CompatibleApp):
    """The app as its parts know it.

    `failure` holds the sentence to say on standard error after the terminal is restored, when
    the app ended because it could not go on.
    """

    shown_after_seconds = 0.15

    # Watched by those who show them; a `reactive` of the app would draw the whole screen.
    link: var[Link] = var(Link())
    person: var[Person | None] = var(None)
    waiting: var[bool] = var(default=False)
    clock_off: var[str] = var("")
    is_clock_doubted: var[bool] = var(default=False)

    clock_here: Callable[[], datetime]
    """The clock of this machine."""
    profiles: Profiles | None
    profile: str
    danger: bool
    danger_by_flag: bool

    def __init__(self, *, read_only: bool) -> None:
        super().__init__()
        self.read_only = read_only
        self.session: Session | None = None
        self.failure: KeyconsoleError | None = None
        self.sought = ""
        self._correction = timedelta()
        self._asking = 0
        self._was_interrupted = False

    @property
    def client(self) -> KeyServiceClient:
        """The client of the session; there must be one."""
        if self.session is None:
            raise ServiceUnreachableError("The key service is not connected yet.")
        return self.session.client

    def clock(self) -> datetime:
        """Returns the time by the service's clock, where this machine's is not right.

        What is sent as a time, such as the end of a key, is judged by that clock.
        """
        return self.clock_here() + self._correction

    def compare_clocks(self, me: Me) -> None:
        """Takes note of the service's clock, unless the service itself doubts it."""
        here, there = self.clock_here(), me.server_time
        self.is_clock_doubted = me.clock_doubt is not None
        self.clock_off = times.off(here, there)
        is_ours_wrong = self.clock_off and not self.is_clock_doubted
        self._correction = there - here if is_ours_wrong else timedelta()

    @property
    def is_read_only(self) -> bool:
        """Returns true if a flag or the profile forbids changes."""
        return self.read_only or (self.session is not None and self.session.read_only)

    @property
    def is_demo(self) -> bool:
        """Returns true if the service ends with the console."""
        return self.session is not None and self.session.is_demo

    def may(self, permission: str) -> bool:
        """Returns true if the person has a permission in this workspace now."""
        if self.link.state == "signed-out" and not permission.endswith(":read"):
            return False
        if self.is_read_only and not permission.endswith(":read"):
            return False
        # Before the service has said who is signed in, keys are offered as if it were allowed:
        # the footer does not change under the eye, and the service decides anyway.
        return self.person is None or permission in self.person.permissions

    def fail(self, error: KeyconsoleError) -> None:
        """End, and leave the sentence to be said where it can still be read."""
        self.failure = error
        self.exit(return_code=int(error.exit_code))

    def failed(self, error: KeyconsoleError) -> None:
        """Take note of what an error says of the connection and of the sign-in."""
        raise NotImplementedError

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around a request that the person waits for; if it takes a moment, the frame says so."""
        self._asking += 1
        timer = self.set_timer(self.shown_after_seconds, self._show_waiting)
        try:
            yield
        finally:
            timer.stop()
            self._asking -= 1
            if not self._asking:
                self.waiting = False

    def _show_waiting(self) -> None:
        # The timer may have gone off just before it was stopped.
        if self._asking:
            self.waiting = True

    # The open screens

    @property
    def framed(self) -> Sequence[Framed]:
        """The open screens, the first one first."""
        return [screen for screen in self.screen_stack if isinstance(screen, Framed)]

    @property
    def rooms(self) -> Sequence[ConsoleScreen]:
        """Returns the open screens that are no dialogs."""
        return [screen for screen in self.screen_stack if isinstance(screen, ConsoleScreen)]

    def exit_blocker(self) -> str | None:
        """Returns the reason to ask before an open screen is left, or `None`."""
        return next(filter(None, (screen.exit_blocker() for screen in self.framed)), None)

    def asks_before_leaving(self) -> bool:
        """Ask, once, whether to leave what would be lost; whether it was asked."""
        question = self.exit_blocker()
        if question is None or self._was_interrupted:
            return False
        self._was_interrupted = True
        self.say_above(f"{question} Ctrl+C again ends all the same.")
        return True

    def exit_warning(self) -> str | None:
        """Returns the message for after the end about what the screens still held."""
        return next(filter(None, (screen.exit_warning() for screen in self.framed)), None)

    def say_above(self, sentence: str) -> None:
        """Say a sentence on the uppermost screen that has a line for it."""
        for screen in self.rooms[-1:]:
            screen.say((f"✕ {sentence}", "red"))

    def tell(self, *runs: Run) -> None:
        """Say something on the screen on top."""
        if isinstance(screen := self.screen, Framed):
            screen.say(*runs)
