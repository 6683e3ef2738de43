"""The base of forms: fields in a column, one action at the end, nothing typed is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual.containers import Horizontal

from keyconsole.console.actions import Scope
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.field import Field
from keyconsole.console.widgets.pinned import Pinned, Scrolled
from keyconsole.console.widgets.static import Static
from keyconsole.core.errors import KeyconsoleError, ProblemError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.client import CreateAttempt, RotationAttempt, TokenAttempt
    from keyconsole.console.widgets.messages import PasteTooLong
    from keyconsole.flows.key_creation import Pending
    from keyconsole.wire import Key


AttemptT = TypeVar("AttemptT", bound="CreateAttempt | RotationAttempt | TokenAttempt")


class FormScreen(ConsoleScreen):
    """A form. `save` sends it once at a time; a refusal stands at the field it is about."""

    POLLS: ClassVar[bool] = False
    SCOPES = (Scope.FORM,)
    SAVE = "Save"
    WORKING = "Saving…"

    def __init__(self) -> None:
        super().__init__()
        self.sending = False
        self.save_chip = Chip("^s", self.SAVE, "save", primary=True, id="save")
        self.untouched: dict[str, str] = {}

    def body(self) -> Sequence[Widget]:
        beside = Static(draw((self.beside(), "dim")), id="beside-save")
        return [
            Pinned(
                Scrolled(*self.fields(), id="form"),
                Horizontal(self.save_chip, beside, id="form-end"),
                id="form-room",
            )
        ]

    def fields(self) -> Sequence[Widget]:
        """The fields, in order."""
        raise NotImplementedError

    def beside(self) -> str:
        """Returns the text beside the button."""
        return ""

    def say_beside(self) -> None:
        """Say it again, for what is typed now."""
        self.fill("#beside-save", draw((self.beside(), "dim")))

    async def send(self) -> None:
        """Send what is typed and go where it leads."""
        raise NotImplementedError

    def problems(self) -> dict[str, str]:
        """Returns the problems that can be told without the service, by field."""
        return {}

    def field(self, name: str) -> Field:
        """The field of that name."""
        return self.query_one(f"#field-{name}", Field)

    @property
    def is_looked_at(self) -> bool:
        """True if the form, or a question about it, is the top screen."""
        return self in self.app.screen_stack[-2:]

    def action_save(self) -> None:
        if self.sending:
            return
        self.say()
        if problems := self.problems():
            self.show_problems(problems)
            return
        self.sending = True
        self.save_chip.rename("^s", self.WORKING)
        self.write(self._send)

    async def _send(self) -> None:
        try:
            await self.ask(self.send)
        finally:
            self.sending = False
            if self.is_mounted:
                self.save_chip.rename("^s", self.SAVE)

    def show_problems(self, problems: dict[str, str]) -> None:
        """Put each sentence at its field, and the cursor into the first of them."""
        first = True
        for name, sentence in problems.items():
            if (field := self._field_of(name)) is not None:
                field.wrong(sentence)
                if first:
                    field.input.focus()
                    first = False

    def refused(self, error: KeyconsoleError) -> None:
        if isinstance(error, ProblemError) and error.fields:
            self.show_problems({problem.field: problem.message for problem in error.fields})
            if any(self._field_of(problem.field) is not None for problem in error.fields):
                return
        super().refused(error)
        if self.sending:  # not for what the form asks by itself
            self.console_app.unanswered(error)

    def _field_of(self, name: str) -> Field | None:
        """The field that a refusal names: `scopes.0` is a part of `scopes`. None for another."""
        wanted = f"field-{name.partition('.')[0]}"
        return next((field for field in self.query(Field) if field.id == wanted), None)

    def on_paste_too_long(self, event: PasteTooLong) -> None:
        self.say((f"✕ {event.size:,} characters were pasted; nothing was taken over.", "red"))

    def on_mount(self) -> None:
        self.untouched = self.typed()

    def typed(self) -> dict[str, str]:
        """Returns the values of the fields, by their ids."""
        return {str(field.id): field.value for field in self.query(Field)}

    def action_cancel(self) -> None:
        if self.sending:
            self.say(("Waiting for the answer: leaving now could lose it.", "amber"))
        elif self.typed() == self.untouched:
            self.dismiss(None)
        else:
            self.ask_to_leave("Leave without saving?", "What you typed is gone then.")

    def ask_to_leave(self, title: str, text: str) -> None:
        """Ask whether to leave the form."""
        answers = [("esc", "stay here", "stay"), ("Q", "leave", "leave")]
        self.router.ask(title, text, answers, self._left)

    def _left(self, answer: str | None) -> None:
        if answer == "leave":
            self.dismiss(None)


class GenerateForm(FormScreen, Generic[AttemptT]):
    """A form whose request is kept until it got an answer.

    After a lost connection the same one is sent again, with the same idempotency key, so that
    pressing twice never makes two. `MAKES` is what the form generates, in a word.
    """

    MAKES: ClassVar[str] = "key"

    VERBS: ClassVar = {"save": "generate"}
    WORKING = "Generating…"
    LEFT_BEHIND: ClassVar[str] = ""
    replaces: Key | None = None
    """The key that the new one replaces."""

    def __init__(self) -> None:
        super().__init__()
        self.pending: Pending[AttemptT] | None = None

    def wanted(self) -> Pending[AttemptT] | None:
        """Returns the request of the form, `pending` if unchanged, `None` if a field is wrong."""
        raise NotImplementedError

    async def send(self) -> None:
        if (wanted := self.wanted()) is None:
            return
        self.pending = wanted
        try:
            created = await wanted.attempt.send(self.client)
        except KeyconsoleError as error:
            self.pending = wanted.after(error)
            raise
        self.pending = None
        await self.reveal(created)

    async def reveal(self, created: Any) -> None:
        """Shows the value that was generated in place of the form."""
        await self.router.created(created, self, replaces=self.replaces)

    async def _send(self) -> None:
        await super()._send()
        if self.console_app.link.lost and self.pending is not None:
            self.say(
                ("No answer yet. ", "amber"),
                ("Nothing is lost: the same request goes again by itself, or now with ", "dim"),
                ("^s", "brass bold"),
            )

    def reconnected(self) -> None:
        """Send what got no answer again, if it is still what is wanted: it is the same request."""
        super().reconnected()
        waits = self.pending is not None and not self.sending and self.is_looked_at
        if waits and not self.problems() and self.wanted() is self.pending:
            self.action_save()

    def exit_warning(self) -> str | None:
        return None if self.pending is None else self.LEFT_BEHIND

    def exit_blocker(self) -> str | None:
        if self.sending:
            return f"A {self.MAKES} is being generated: wait for its value, it is shown once."
        return None
