"""The base of pages and dialogs: frame, actions, and a question that must be read first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.screen import Screen

from keyconsole.console import actions
from keyconsole.console.actions import Scope, actions_of, bindings
from keyconsole.console.context import context_of
from keyconsole.console.terminal import key_queue
from keyconsole.console.widgets.frame import Crumbs, KeyBar, Notice
from keyconsole.console.widgets.pinned import keep_in_sight
from keyconsole.console.widgets.static import Static

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual import events
    from textual.content import Content
    from textual.timer import Timer

    from keyconsole.client import KeyServiceClient
    from keyconsole.console.actions import Action
    from keyconsole.console.context import ConsoleContext, Navigator
    from keyconsole.console.styled_text import Run

NARROW = 80
SHORT = 30
LOW = 20
TINY = (60, 16)
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

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        event.refresh_styles = False  # each widget got its style when it was mounted

    def _laid_out(self, _: Screen[Any]) -> None:
        """After every layout: a line that came or went may have moved what has the focus."""
        if self.focused is not None:
            keep_in_sight(self.focused)
        self.update_frame()

    def on_descendant_focus(self) -> None:
        if self.focused is not None:
            self.call_after_refresh(keep_in_sight, self.focused)

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
        """Refuse what the person may not do, and what only another part of the screen offers."""
        known = actions.action_named(action, *self.SCOPES)
        if known is not None:
            if actions.action_named(action, *self.scopes) is None:
                return False
            if known.permission is not None and not self.console_app.may(known.permission):
                return False
        return super().check_action(action, parameters)

    def on_key(self, event: events.Key) -> None:
        """Say why a letter of another alphabet does nothing: no key of the console is one."""
        letter = event.character or ""
        if letter.isalpha() and not letter.isascii():
            why = "is no key here: they are Latin letters. Switch the layout of the keyboard."
            self.say((f"{letter} ", "amber bold"), (why, "ink"))

    def action_say_moved(self, name: str) -> None:
        """Say which key does now what the one that was pressed did in the version before."""
        action = actions.action_named(name, *self.SCOPES)
        if action is not None and self._is_allowed(action):
            word = self.label_of(action.name) or action.verb
            self.say((action.sign, "brass bold"), (f" is the key for “{word}” now.", "ink"))

    def offered(self) -> Sequence[Action]:
        """The footer: what can be done here and now."""
        return [action for action in self.possible() if action.weight]

    def footer(self) -> Sequence[Action]:
        """Returns the actions of the last line, and how to see more of the screen."""
        return self.offered()

    def possible(self) -> Sequence[Action]:
        """Everything that can be done here and now, by the verb that it has now."""
        focused: Scope | None = getattr(self.focused, "SCOPE", None)
        return [
            action.called(self.label_of(action.name))
            for action in actions_of(*((focused,) if focused else self.scopes))
            if self._is_allowed(action) and self.is_enabled(action.name)
        ]

    def _is_allowed(self, action: Action) -> bool:
        if action.permission is None:
            return True
        return self.console_app.may(action.permission) and not self.console_app.link.lost

    def label_of(self, action: str) -> str | None:
        """Returns the word of an action now, where that is not always the same."""
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
        """Returns true if an action is offered now; false where it would only be refused."""
        return self.disabled_reason(action) is None

    def path(self) -> Sequence[str]:
        """The crumbs, from the outermost to where one is."""
        raise NotImplementedError

    def note(self) -> str:
        """Returns the text on the right of the breadcrumb."""
        return ""

    def update_frame(self) -> None:
        """Draw crumbs and keys again, for another state."""
        for crumbs in self.query_children(Crumbs):
            crumbs.put(self.path(), self.note())
        for keys in self.query_children(KeyBar):
            keys.put(self.footer())

    def say(self, *runs: Run | str) -> None:
        """Say something above the keys, for a while; nothing takes away what was said."""
        for notice in self.query_children(Notice):
            notice.say(*runs)
        if self._silence is not None:
            self._silence.stop()
        self._silence = self.set_timer(NOTICE_SECONDS, self.say) if runs else None

    def fill(self, selector: str, content: Content) -> None:
        """Show another text in the widget that is called so."""
        self.query_one(selector, Static).update(content)

    def exit_warning(self) -> str | None:
        """Returns the message for after a signal ended the console on this screen, or none."""
        return None

    def exit_blocker(self) -> str | None:
        """Returns the reason to ask before this screen is left, or nothing."""
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
        """Returns true if the screen was there long enough to be read."""
        return self._armed_at is not None

    @property
    def armed(self) -> bool:
        """Returns true if the key in hand was pressed after the screen could be read."""
        pressed_at = self.console_app.acting_since
        return self._armed_at is not None and pressed_at >= self._armed_at
