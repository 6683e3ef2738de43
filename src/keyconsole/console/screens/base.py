"""What every screen is made of: the frame, asking the service, and saying what came of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual.containers import Vertical
from textual.screen import Screen

from keyconsole.console import actions, in_sight, workers
from keyconsole.console.actions import Scope, actions_of, bindings, permission_of
from keyconsole.console.context import context_of
from keyconsole.console.terminal import key_queue
from keyconsole.console.widgets.field import TextInput
from keyconsole.console.widgets.frame import Crumbs, IdentityBar, KeyBar, Notice, TooSmall
from keyconsole.core.errors import KeyconsoleError, ServiceUnreachableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
    from datetime import datetime

    from textual import events
    from textual.app import ComposeResult
    from textual.timer import Timer
    from textual.widget import Widget

    from keyconsole.client import KeyServiceClient
    from keyconsole.console.actions import Action
    from keyconsole.console.context import ConsoleContext, Navigator
    from keyconsole.console.styled_text import Run
    from keyconsole.wire import Key

AnswerT = TypeVar("AnswerT")

NARROW = 80
SHORT = 30
LOW = 20
TINY = (60, 16)
POLL_SECONDS = 5.0
IDLE_POLLS = 6
NOTICE_SECONDS = 20.0


class Framed(Screen[Any]):
    """A screen that knows its app, its actions, and when it is too small to be used.

    Textual calls `on_mount` of every class that has one, the lowest first, so none calls another's:
    a screen that did was filled, and asked the service, twice as often.
    """

    SCOPES: ClassVar[tuple[Scope, ...]] = ()
    VERBS: ClassVar[Mapping[str, str]] = {}
    """The verbs of actions that are called otherwise than in the registry."""

    _armed_at: float | None = None
    _settling: Timer | None = None
    _silence: Timer | None = None

    def __init_subclass__(cls, **options: Any) -> None:
        if "SCOPES" in cls.__dict__:
            own = cls.__dict__.get("BINDINGS", [])
            cls.BINDINGS = [*bindings(*cls.SCOPES), *own]
        super().__init_subclass__(**options)

    @property
    def console_app(self) -> ConsoleContext:
        """The app, as far as a screen may use it."""
        return context_of(self)

    @property
    def client(self) -> KeyServiceClient:
        """The client of the session. Only asked for once there is one."""
        return self.console_app.client

    @property
    def router(self) -> Navigator:
        """The ways to other screens."""
        return self.console_app.router

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """The scopes whose actions are offered now."""
        return self.SCOPES

    def on_mount(self) -> None:
        self.screen_layout_refresh_signal.subscribe(self, self._laid_out)

    def _laid_out(self, _: Screen[Any]) -> None:
        """After every layout: a line that came or went may have moved what has the focus."""
        if self.focused is not None:
            in_sight.keep(self.focused)
        self.update_frame()

    def on_descendant_focus(self) -> None:
        if self.focused is not None:
            self.call_after_refresh(in_sight.keep, self.focused)

    def on_resize(self, event: events.Resize) -> None:
        size = event.size
        self.set_class(size.width < NARROW, "-narrow")
        self.set_class(size.height < SHORT, "-short")
        self.set_class(size.height < LOW, "-low")
        self.set_class(self.console_app.is_tiny, "-tiny")
        if self.is_mounted:
            self.redraw()

    def redraw(self) -> None:
        """Draw again what depends on the size of the terminal; called whenever that changes."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Refuse what the person may not do, so that no key and no footer offers it."""
        permission = permission_of(action, *self.SCOPES)
        if permission is not None and not self.console_app.may(permission):
            return False
        return super().check_action(action, parameters)

    def offered(self) -> Sequence[Action]:
        """The footer: what can be done here and now."""
        return [action for action in self.possible() if action.weight]

    def footer(self) -> Sequence[Action]:
        """What the last line shows: what is offered, and how to see more of the screen."""
        return self.offered()

    def possible(self) -> Sequence[Action]:
        """Everything that can be done here and now, by the verb that it has now."""
        focused: Scope | None = getattr(self.focused, "SCOPE", None)
        return [
            replace(action, verb=self.label_of(action.name) or action.verb)
            for action in actions_of(*((focused,) if focused else self.scopes))
            if self._is_allowed(action) and self.is_enabled(action.name)
        ]

    def _is_allowed(self, action: Action) -> bool:
        if action.permission is None:
            return True
        return self.console_app.may(action.permission) and not self.console_app.link.lost

    def label_of(self, action: str) -> str | None:
        """What an action is called now, where that is not always the same."""
        return self.VERBS.get(action)

    def subject(self) -> object | None:
        """Returns what the actions are about now: a key, a row, or nothing."""
        return None

    def disabled_reason(self, action: str) -> str | None:
        """Returns the sentence to say instead of an action that can do nothing now, else `None`.

        It is empty where the screen shows it anyway.
        """
        return actions.disabled_reason(action, self.subject(), *self.scopes)

    def is_enabled(self, action: str) -> bool:
        """Whether an action is offered now; false where it would only be refused."""
        return self.disabled_reason(action) is None

    def path(self) -> Sequence[str]:
        """The crumbs, from the outermost to where one is."""
        raise NotImplementedError

    def note(self) -> str:
        """What stands right of the crumbs."""
        return ""

    def update_frame(self) -> None:
        """Draw crumbs and keys again, for another state."""
        for crumbs in self.query(Crumbs):
            crumbs.put(self.path(), self.note())
        for keys in self.query(KeyBar):
            keys.put(self.footer())

    def say(self, *runs: Run | str) -> None:
        """Say something above the keys, for a while; nothing takes away what was said."""
        for notice in self.query(Notice):
            notice.say(*runs)
        if self._silence is not None:
            self._silence.stop()
        self._silence = self.set_timer(NOTICE_SECONDS, self.say) if runs else None

    def exit_warning(self) -> str | None:
        """What to say after a signal ended the console on this screen, if there is anything."""
        return None

    def exit_blocker(self) -> str | None:
        """Why this screen must not be left without being asked, or nothing."""
        return None

    def look(self) -> None:
        """Ask who is signed in, where this is looked at and asks nothing else by itself."""
        if self.is_current and not self.console_app.is_left_alone:
            self.console_app.check_connection()

    # A question: what was pressed before it could be read is no answer to it

    def settle(self) -> None:
        """From a moment on, what is pressed is an answer; what was typed before that is not.

        Again, where another question takes the place of the one before: it has to be read, too.
        """
        self._armed_at = None
        if self._settling is not None:
            self._settling.stop()
        if seconds := self.console_app.settle_seconds:
            self._settling = self.set_timer(seconds, self._arm)
        else:
            self._arm()

    def _arm(self) -> None:
        self._armed_at = key_queue.now()

    @property
    def is_readable(self) -> bool:
        """Whether it has been there long enough to be read."""
        return self._armed_at is not None

    @property
    def armed(self) -> bool:
        """Whether what is being pressed was pressed after the screen could be read."""
        pressed_at = self.console_app.acting_since
        return self._armed_at is not None and pressed_at >= self._armed_at


class ConsoleScreen(Framed):
    """A room of the house: frame around it, one block of content, kept fresh by itself."""

    POLLS: ClassVar[bool] = True

    fetched_at: datetime | None = None
    _tells_loss = False
    _is_fresh = True
    _polls = 0
    _questions = 0

    def compose(self) -> ComposeResult:
        yield IdentityBar()
        yield Crumbs()
        with Vertical(id="body"):
            yield from self.body()
        yield Notice()
        yield KeyBar()
        yield TooSmall()

    def body(self) -> Sequence[Widget]:
        """The widgets between crumbs and keys."""
        raise NotImplementedError

    async def fetch(self) -> None:
        """Ask the service for what this screen shows, and show it."""

    def on_mount(self) -> None:
        self.update_frame()
        self.set_interval(POLL_SECONDS, self.poll if self.POLLS else self.look)
        self.reload()

    def poll(self) -> None:
        """Ask again by itself, while this screen is looked at and the service answers.

        A console that nobody touches asks less often: it stands open on a bastion all day. A
        question that takes longer than the time between two is not asked anew in the midst of it.
        """
        if self._questions:
            return
        self._polls += 1
        if self.console_app.is_left_alone and self._polls % IDLE_POLLS:
            return
        if self.is_current and self.console_app.link.state == "ok":
            self._reload_with(self._poll)

    async def _poll(self) -> None:
        """Who is signed in and what they may do, before what the screen shows."""
        if await self.ask(self.console_app.signing_in.look) is not None:
            await self._refresh()

    def reload(self) -> None:
        """Ask for what is shown, behind what is on the screen."""
        self._reload_with(self._reload)

    def _reload_with(self, reload: Callable[[], Coroutine[Any, Any, None]]) -> None:
        # A screen that asks nothing got no answer either: the connection is what it was.
        asks = type(self).fetch is not ConsoleScreen.fetch
        if asks and self.console_app.session is not None:
            workers.start(self, reload, "reload", exclusive=True)

    async def _refresh(self) -> None:
        await self.ask(self._fetch)

    async def _fetch(self) -> None:
        self._questions += 1
        try:
            await self.fetch()
        except KeyconsoleError:
            self._is_fresh = False
            raise
        finally:
            self._questions -= 1
        self._is_fresh = True
        self.fetched_at = self.console_app.clock()

    @property
    def is_current_truth(self) -> bool:
        """Whether what is shown is what the service answered at the last poll."""
        return self._is_fresh and self.console_app.link.state == "ok"

    def freshness(self) -> str:
        """How old is what is shown, in words."""
        if self.fetched_at is None:
            return ""
        if not self.is_current_truth:
            return f"as of {self.fetched_at.astimezone():%H:%M:%S}"
        return "updated now"

    async def _reload(self) -> None:
        with self.console_app.asking():
            await self._refresh()

    async def ask(self, question: Callable[[], Awaitable[AnswerT]]) -> AnswerT | None:
        """The answer, or nothing after the screen has said why there is none."""
        try:
            answer = await question()
        except KeyconsoleError as error:
            self.console_app.failed(error)
            if not isinstance(error, ServiceUnreachableError):
                self.refused(error)
        else:
            self.console_app.answered()
            self.update_frame()
            return answer
        self.update_frame()
        return None

    def refused(self, error: KeyconsoleError) -> None:
        """Say in a sentence what the service, or whatever answered, said no to."""
        self.say((f"✕ {error.message}", "red"))

    def say(self, *runs: Run | str) -> None:
        self._tells_loss = False
        super().say(*runs)

    def write(self, change: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Send a change. It is the app's work: leaving the screen does not cancel it."""
        self.console_app.run_change(change)

    def lost(self, message: str) -> None:
        """Say why there is no answer, until there is one."""
        self.say((f"✕ {message}", "amber"))
        self._tells_loss = True

    def reconnected(self) -> None:
        """The service answers again, after it was lost."""
        if self._tells_loss:
            self.say()
        self.update_frame()

    def on_descendant_focus(self) -> None:
        self.update_frame()

    def on_descendant_blur(self) -> None:
        self.update_frame()

    def connected(self) -> None:
        """The session is there, or back."""
        self.update_frame()
        self.reload()

    async def show_receipt(self, key: Key) -> None:
        """Show the receipt of a revoked key again."""
        from keyconsole.client.receipts import read_receipt

        receipt = await self.ask(lambda: read_receipt(self.client, key.public_key))
        if receipt is not None:
            self.router.receipt(receipt, key)

    def action_refresh(self) -> None:
        self.console_app.forget_what_is_shown()
        self.refresh(layout=True)
        self.say()
        self.reload()

    def action_back(self) -> None:
        self.router.back()

    def on_screen_suspend(self) -> None:
        """What was said is about what was done before that: it is not there on coming back."""
        if not self._tells_loss:
            self.say()

    def home(self) -> Widget | None:
        """Returns what has the focus when a person comes back from another screen."""
        return None

    def on_screen_resume(self) -> None:
        # Not the button that led away: Enter would lead there again.
        home = self.home()
        if home is not None and not isinstance(self.focused, TextInput):
            home.focus()
        self.update_frame()
        self.reload()
