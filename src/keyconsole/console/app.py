"""The app: wiring only."""

from __future__ import annotations

import signal
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.scrollbar import ScrollBar, ScrollBarRender

from keyconsole.console import routes, workers
from keyconsole.console.app_actions import AppActions
from keyconsole.console.cached_stylesheet import CachedStylesheet
from keyconsole.console.reconnection import Reconnection
from keyconsole.console.routes import Place
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.screens.framed import TINY
from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.session import Session
from keyconsole.console.signing_in import SigningIn
from keyconsole.console.terminal import crash, key_queue
from keyconsole.console.terminal.ascii_glyphs import WholeCellScrollBar
from keyconsole.console.terminal.key_queue import KeyQueue
from keyconsole.console.terminal.output_filter import OutputFilter
from keyconsole.console.terminal.textual_compat import driver_of, key_name
from keyconsole.console.theme import PALETTES, THEME_NAME, put_on, variables
from keyconsole.core import shortcuts
from keyconsole.core.errors import KeyconsoleError, NotPermittedError, ServiceUnreachableError
from keyconsole.flows import unknown_outcome
from keyconsole.text import times

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
    from datetime import datetime
    from pathlib import PurePath

    from textual.driver import Driver
    from textual.filter import LineFilter
    from textual.screen import Screen

    from keyconsole.console.context import ConsoleContext
    from keyconsole.console.session import Profiles
    from keyconsole.flows.unknown_outcome import Unknown

__all__ = ["KeyconsoleApp", "Session"]

LEFT_ALONE_SECONDS = 120
REVEAL_SECONDS = 60
CLOCK_DOUBTED = "The service doubts its clock: scheduled revokes wait."


class KeyconsoleApp(AppActions):
    """The console. `connect` makes the session, behind the first frame.

    The first of the `remarks` is said on the first screen: what was not understood before it.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "console.tcss",
        "screens/integrations.tcss",
        "screens/form.tcss",
        "screens/integration.tcss",
        "screens/one_time.tcss",
        "screens/members.tcss",
        "screens/dialog.tcss",
        "screens/revoke_many.tcss",
        "screens/rotation.tcss",
    ]
    TITLE = "keyconsole"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", show=False, system=True),
        Binding("ctrl+q", "quit", show=False, priority=True),
    ]

    def __init__(
        self,
        connect: Callable[[], Awaitable[Session]],
        *,
        route: str = "/oauth",
        read_only: bool = False,
        profile: str = "local",
        danger: bool = False,
        profiles: Profiles | None = None,
        remarks: Sequence[str] = (),
        clipboard: str = "auto",
        reveal_seconds: int = REVEAL_SECONDS,
        theme: str = THEME_NAME,
        glyphs: Sequence[LineFilter] = (),
        keys: Mapping[str, tuple[str, ...]] | None = None,
        clock: Callable[[], datetime] = times.now,
        settle_seconds: float = 0.3,
    ) -> None:
        super().__init__(read_only=read_only, clipboard=clipboard)
        self.changed_keys = keys or {}
        shortcuts.rebind(self.changed_keys)
        self.animation_level = "none"  # what moves for show costs a slow link its keys
        self.profiles, self._remarks = profiles, remarks
        self.start_route = routes.parse(route)
        self.profile, self.danger = profile, danger
        self.clock_here = clock
        self.settle_seconds, self.reveal_seconds = settle_seconds, reveal_seconds
        self.danger_by_flag = danger
        self.is_ready = False
        self.pending_signal: int | None = None
        self.reconnection = Reconnection(self, self._begin, self._look)
        self.signing_in = SigningIn(self, self.router, self.reconnection, connect)
        self.keyboard = KeyQueue(self, super().on_event)
        self.palette = put_on(self, theme)
        self.stylesheet = CachedStylesheet(variables=self.get_css_variables())
        self.line_filters = [*self.line_filters, OutputFilter(), *glyphs]
        ScrollBar.renderer = WholeCellScrollBar if glyphs else ScrollBarRender

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables(getattr(self, "palette", PALETTES[THEME_NAME]))

    def get_default_screen(self) -> Screen[Any]:
        return IntegrationsScreen()

    def get_driver_class(self) -> type[Driver]:
        from keyconsole.console.terminal.driver import TerminalDriver

        return TerminalDriver

    def on_load(self) -> None:
        if self.changed_keys:  # with none, a key press looks up no keymap
            keymap = {
                name: ",".join(map(key_name, keys)) for name, keys in self.changed_keys.items()
            }
            self.set_keymap(keymap)

    def on_ready(self) -> None:
        self.is_ready = True
        if self.pending_signal is not None:
            self.end_by_signal(self.pending_signal)
        # Not before the first frame: an end in the midst of mounting it is a crash, and what is
        # loaded to connect takes the core from what is drawn.
        self.call_after_refresh(workers.start, self, self._begin, "connect")

    # The session

    @property
    def is_left_alone(self) -> bool:
        """Returns true if no key was pressed for a while."""
        return key_queue.now() - self.keyboard.acting_since > LEFT_ALONE_SECONDS

    @property
    def workspace_id(self) -> str | None:
        """The workspace that is looked at, where there are several to ask for."""
        me = self.signing_in.me
        if me is None or len(me.memberships) < 2 or self.person is None:
            return None
        return self.person.workspace_id

    async def _begin(self) -> None:
        if not await self.signing_in.begin():
            return
        if self.start_route.place is not Place.INTEGRATIONS:
            self.router.go(self.start_route, afresh=True)
        for screen in self.rooms:
            screen.connected()
        if self._remarks and isinstance(self.screen, ConsoleScreen):
            more = f" (and {len(self._remarks) - 1} more)" if self._remarks[1:] else ""
            self.screen.say((f"✕ {self._remarks[0]}{more}", "amber"))

    def watch_is_clock_doubted(self) -> None:
        """Say once what the line above says in short."""
        if self.is_clock_doubted:
            self.call_after_refresh(self.tell, (CLOCK_DOUBTED, "amber"))

    def say(self, sentence: str) -> None:
        """Say something on the screen that is open, such as what the start waits for."""
        if isinstance(self.screen, ConsoleScreen):
            self.screen.say((sentence, "dim"))

    def answered(self) -> None:
        """The service answered: the connection is good."""
        self.reconnection.answered()

    async def _look(self) -> None:
        await self.signing_in.look()

    def check_connection(self) -> None:
        """Ask whether the service is there, for a screen that asks nothing by itself."""
        self.reconnection.look()

    @property
    def acting_since(self) -> float:
        """The time of the key press that takes effect now, in seconds of the event clock."""
        return self.keyboard.acting_since

    def run_change(self, change: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a change to its end, whatever screen is shown meanwhile.

        A worker of a screen dies with it: a key would be made and its secret lost.
        """
        workers.start(self, partial(self._run_change, change), "changes")

    async def _run_change(self, change: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with self.asking():
            await change()

    def send_again(self, outcome: Unknown, change: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Send a change of unknown outcome again in a moment, whatever screen is shown then."""
        self.unanswered(outcome.error)
        if outcome.is_tried_again:
            self.set_timer(unknown_outcome.RETRY_SECONDS, partial(self.run_change, change))

    def failed(self, error: KeyconsoleError) -> None:
        if isinstance(error, ServiceUnreachableError):
            self.reconnection.lost(error)
        elif isinstance(error, NotPermittedError) and error.code == "not-signed-in":
            self.signing_in.ended(error)

    def unanswered(self, error: KeyconsoleError) -> None:
        """Take note of an error that answers a person, who may have to sign in again."""
        self.failed(error)
        self.signing_in.refused(error)

    # Invariants

    def end_by_signal(self, number: int) -> None:
        """End in order. What would be lost is asked about once where it can be, and told else."""
        if not self.is_ready:  # an end in the midst of mounting is a crash
            self.pending_signal = number
            return
        if number == signal.SIGINT and self.asks_before_leaving():
            return
        if (words := self.exit_warning()) is not None:
            self.failure = KeyconsoleError(words)
        self.exit(return_code=128 + number)

    def forget_what_is_shown(self) -> None:
        """Draw everything again: a terminal of another size, or one that was written over."""
        from keyconsole.console.terminal.driver import TerminalDriver

        driver = driver_of(self)
        if isinstance(driver, TerminalDriver):
            driver.forget_what_is_shown()

    @property
    def is_tiny(self) -> bool:
        """Returns true if the terminal is too small to be used."""
        return self.size.width < TINY[0] or self.size.height < TINY[1]

    async def on_event(self, event: events.Event) -> None:
        if self.is_tiny and key_queue.is_input(event):
            return  # nobody can read what they would change
        if isinstance(event, events.Resize):
            self.forget_what_is_shown()
            # Of several sizes in a row the last may be the one that is drawn already: Textual
            # would leave it, and the terminal has lost what was outside of those in between.
            self.call_after_refresh(self.redraw)
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self.keyboard.take(event)
            return
        if isinstance(event, events.MouseEvent):
            self.keyboard.acting_since = event.time
        await super().on_event(event)

    def _fatal_error(self) -> None:
        self.failure = crash.current_crash()
        self.close_messages()

    async def on_unmount(self) -> None:
        if self.session is not None and self.session.close is not None:
            await self.session.close()


if TYPE_CHECKING:

    def _is_context(app: KeyconsoleApp) -> ConsoleContext:
        return app
