"""The app: wiring only. It owns the session, the connection's state and the way between screens."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.reactive import var
from textual.scrollbar import ScrollBar, ScrollBarRender

from keyconsole.console import routes, workers
from keyconsole.console.busy_indicator import BusyIndicator
from keyconsole.console.cached_stylesheet import CachedStylesheet
from keyconsole.console.reconnection import Reconnection
from keyconsole.console.router import Router
from keyconsole.console.routes import Place, Route
from keyconsole.console.screens.base import TINY, ConsoleScreen, Framed
from keyconsole.console.screens.integrations import IntegrationsScreen
from keyconsole.console.session import Link, Person, Profiles, Session
from keyconsole.console.signing_in import SigningIn
from keyconsole.console.terminal import crash, key_queue, signals
from keyconsole.console.terminal.ascii_glyphs import WholeCellScrollBar
from keyconsole.console.terminal.key_queue import KeyQueue
from keyconsole.console.terminal.output_filter import OutputFilter
from keyconsole.console.terminal.textual_compat import CompatibleApp, driver_of
from keyconsole.console.theme import PALETTES, THEME_NAME, put_on, variables
from keyconsole.core.errors import KeyconsoleError, ServiceUnreachableError
from keyconsole.flows import unknown_outcome
from keyconsole.text import times

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import PurePath

    from textual.driver import Driver
    from textual.filter import LineFilter
    from textual.screen import Screen

    from keyconsole.client import KeyServiceClient
    from keyconsole.flows.unknown_outcome import Unknown
    from keyconsole.wire import Key

__all__ = ["KeyconsoleApp", "Session"]

LEFT_ALONE_SECONDS = 120
REVEAL_SECONDS = 60
CLOCK_DOUBTED = "The service doubts its clock: scheduled revokes wait."
NOWHERE_ELSE = (
    "The demo is one service of its own. For your profiles leave it and start keyconsole."
)


class KeyconsoleApp(CompatibleApp):
    """The console. `connect` makes the session, behind the first frame.

    The first of the `remarks` is said on the first screen: what was not understood before it.
    `failure` holds the sentence to say on standard error after the terminal is restored, when
    the app ended because it could not go on.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "console.tcss",
        "screens/integrations.tcss",
        "screens/form.tcss",
        "screens/integration.tcss",
        "screens/key_created.tcss",
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

    shown_after_seconds = 0.15

    # Watched by those who show them; a `reactive` of the app would draw the whole screen.
    link: var[Link] = var(Link())
    person: var[Person | None] = var(None)
    waiting: var[bool] = var(default=False)
    clock_off: var[str] = var("")
    is_clock_doubted: var[bool] = var(default=False)

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
        clock: Callable[[], datetime] = times.now,
        settle_seconds: float = 0.3,
    ) -> None:
        super().__init__()
        self.animation_level = "none"  # what moves for show costs a slow link its keys
        self.signing_in = SigningIn(self, connect)
        self.profiles, self._remarks = profiles, remarks
        self.start_route = routes.parse(route)
        self.read_only, self.profile, self.danger = read_only, profile, danger
        self.clock = clock
        self.clipboard_setting, self.reveal_seconds = clipboard, reveal_seconds
        self.settle_seconds = settle_seconds
        self.danger_by_flag = danger
        self.sought = ""
        self.session: Session | None = None
        self.failure: KeyconsoleError | None = None
        self.is_ready = False
        self.pending_signal: int | None = None
        self.reconnection = Reconnection(self, self._begin)
        self._patience = BusyIndicator(self)
        self.router = Router(self)
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

    def on_ready(self) -> None:
        self.is_ready = True
        signals.end_if_pending(self)
        # Not before the first frame: an end in the midst of mounting it is a crash, and what is
        # loaded to connect takes the core from what is drawn.
        self.call_after_refresh(workers.start, self, self._begin, "connect")

    # The session

    @property
    def client(self) -> KeyServiceClient:
        """The client of the session; there must be one."""
        if self.session is None:
            raise ServiceUnreachableError("The key service is not connected yet.")
        return self.session.client

    @property
    def is_read_only(self) -> bool:
        """Whether nothing may be changed, by flag or profile."""
        return self.read_only or (self.session is not None and self.session.read_only)

    @property
    def is_demo(self) -> bool:
        """Whether the service is gone when the console ends."""
        return self.session is not None and self.session.is_demo

    @property
    def is_left_alone(self) -> bool:
        """Whether nobody has pressed anything for a while."""
        return key_queue.now() - self.keyboard.acting_since > LEFT_ALONE_SECONDS

    @property
    def workspace_id(self) -> str | None:
        """The workspace that is looked at, where there are several to ask for."""
        me = self.signing_in.me
        if me is None or len(me.memberships) < 2 or self.person is None:
            return None
        return self.person.workspace_id

    def may(self, permission: str) -> bool:
        """Whether the person may do what `permission` names, here and now."""
        if self.link.state == "signed-out" and not permission.endswith(":read"):
            return False
        if self.is_read_only and not permission.endswith(":read"):
            return False
        # Before the service has said who is signed in, keys are offered as if it were allowed:
        # the footer does not change under the eye, and the service decides anyway.
        return self.person is None or permission in self.person.permissions

    async def _begin(self) -> None:
        if not await self.signing_in.begin():
            return
        if self.start_route.place is not Place.INTEGRATIONS:
            self.go(self.start_route, afresh=True)
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.connected()
        if self._remarks and isinstance(self.screen, ConsoleScreen):
            more = f" (and {len(self._remarks) - 1} more)" if self._remarks[1:] else ""
            self.screen.say((f"✕ {self._remarks[0]}{more}", "amber"))

    def watch_is_clock_doubted(self) -> None:
        """Say once what the line above says in short."""
        if self.is_clock_doubted:
            self.call_after_refresh(self.router.tell, (CLOCK_DOUBTED, "amber"))

    def say(self, sentence: str) -> None:
        """Say something on the screen that is open, such as what the start waits for."""
        if isinstance(self.screen, ConsoleScreen):
            self.screen.say((sentence, "dim"))

    async def start_over(self) -> None:
        """Back to the first screen, with nothing of what another session showed."""
        self.sought = ""
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        first = self.screen
        if isinstance(first, IntegrationsScreen):
            first.forget()

    async def go_on(self) -> None:
        """Back to what was being done before one had to sign in again, as it was left."""
        from keyconsole.console.screens.profiles import ProfilesDialog
        from keyconsole.console.screens.sign_in import SignInDialog

        while isinstance(self.screen, ProfilesDialog | SignInDialog):
            await self.pop_screen()
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.say()
                screen.connected()

    def fail(self, error: KeyconsoleError) -> None:
        """End, and leave the sentence to be said where it can still be read."""
        self.failure = error
        self.exit(return_code=int(error.exit_code))

    def answered(self) -> None:
        """The service answered: the connection is good."""
        self.reconnection.answered(self.session.client.latency_ms if self.session else None)

    def lost(self, error: ServiceUnreachableError) -> None:
        """No answer: say so, keep what is on the screen, try again by itself."""
        self.reconnection.lost(error)

    def asking(self) -> AbstractContextManager[None]:
        """Around a request that the person waits for; if it takes a moment, the frame says so."""
        return self._patience.asking()

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

    def unanswered(self, error: KeyconsoleError) -> None:
        """Take note of what an error says of the connection and of the sign-in."""
        if isinstance(error, ServiceUnreachableError):
            self.lost(error)
        self.signing_in.refused(error)

    # The way between screens

    def go(self, route: Route, *, afresh: bool = False) -> None:
        """Show a route on top of where one is, so that one comes back there.

        `afresh` leaves everything instead, for the screens that stand above the route.
        """
        self.router.go(route, afresh=afresh)

    def show_key_in_list(self, key: Key) -> None:
        """Go to the tab of the key's integration, that key under the cursor."""
        workers.start(self, partial(self.router.show_key_in_list, key), "go")

    def back(self) -> None:
        """Leave the screen on top, unless it is the first."""
        if len(self.screen_stack) > 1:
            self.pop_screen()

    # What can be done everywhere

    def action_profiles(self) -> None:
        from keyconsole.console.screens.profiles import ProfilesDialog

        if question := self.router.question():
            self.router.say(question)
        elif self.profiles is not None:
            self.push_screen(ProfilesDialog(self.profiles))
        elif isinstance(self.screen, ConsoleScreen):
            self.screen.say((NOWHERE_ELSE, "amber"))

    def action_rotations(self) -> None:
        self.go(Route(Place.ROTATIONS))

    def action_identify(self) -> None:
        from keyconsole.console.screens.identify import IdentifyDialog

        self.push_screen(IdentifyDialog())

    def action_watch(self) -> None:
        self.go(Route(Place.WATCH))

    def action_find(self) -> None:
        from keyconsole.console.screens.find import FindScreen

        if isinstance(self.screen, FindScreen):
            self.screen.action_filter()
        else:
            self.push_screen(FindScreen(self.sought))

    def action_label_audit(self) -> None:
        from keyconsole.console.screens.label_audit import LabelAuditScreen

        if not isinstance(self.screen, LabelAuditScreen):
            self.push_screen(LabelAuditScreen())

    def action_policy(self) -> None:
        from keyconsole.console.screens.policy import PolicyForm, saved_above

        person, here = self.person, self.screen
        if not self.may("members:write"):
            self.router.say("Only admins change the policy; keyconsole policy show tells it.")
        elif person and person.workspace_id and isinstance(here, ConsoleScreen):
            form = PolicyForm(person.workspace, person.workspace_id)
            self.push_screen(form, partial(saved_above, here))

    def action_audit_log(self) -> None:
        from keyconsole.console.screens.audit import AuditScreen

        if not isinstance(self.screen, AuditScreen):
            self.go(Route(Place.AUDIT))

    def action_help(self) -> None:
        from keyconsole.console.screens.help import HelpScreen

        if isinstance(self.screen, Framed):
            self.push_screen(HelpScreen(self.screen.scopes))

    def action_command(self) -> None:
        self._open_command(actions_only=False)

    def action_palette(self) -> None:
        self._open_command(actions_only=True)

    def _open_command(self, *, actions_only: bool) -> None:
        from keyconsole.console.screens.command import CommandScreen

        if isinstance(self.screen, ConsoleScreen):
            self.push_screen(CommandScreen(self.screen, actions_only=actions_only))

    async def action_quit(self) -> None:
        if question := self.router.question():
            self.router.say(question)
        else:
            self.exit()

    def action_interrupt(self) -> None:
        self.router.say(
            "Press q to quit." if self.router.question() is None else str(self.router.question())
        )

    # What must hold whatever happens

    def copy_to_clipboard(self, text: str) -> None:
        """Copies what was selected, and says how much of it went where; nothing for no text.

        Textual would send an empty text too, which clears the clipboard. A credential in it is
        not kept for ctrl+v.
        """
        if not text.strip():
            self.router.tell(("Nothing is selected: nothing was copied.", "amber"))
            return
        from keyconsole.core import credentialtext

        is_secret = credentialtext.redact(text) != text
        self.keep_clipboard("" if is_secret else text)
        workers.start(self, partial(self._copy, text, is_secret=is_secret), "copy")

    async def _copy(self, text: str, *, is_secret: bool) -> None:
        from keyconsole.console.terminal import clipboard

        setting = self.clipboard_setting
        outcome = await clipboard.copy(text, self, setting, is_secret=is_secret)
        size = clipboard.size_of(text)
        self.router.tell((f"{outcome.glyph} {size}: ", outcome.role), (outcome.sentence, "dim"))

    def forget_what_is_shown(self) -> None:
        """Draw everything again: a terminal of another size, or one that was written over."""
        from keyconsole.console.terminal.driver import TerminalDriver

        driver = driver_of(self)
        if isinstance(driver, TerminalDriver):
            driver.forget_what_is_shown()

    @property
    def is_tiny(self) -> bool:
        """Whether the terminal is too small to be used."""
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
