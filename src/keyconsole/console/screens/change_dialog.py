"""A question whose answer changes something."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from keyconsole.console.actions import Scope
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.widgets.field import Field
from keyconsole.core.errors import KeyconsoleError, ProblemError, ServiceUnreachableError
from keyconsole.flows import unknown_outcome
from keyconsole.flows.unknown_outcome import Unknown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from keyconsole.wire import Key


class ChangeDialog(DialogScreen):
    """Dismisses with what was changed as the service has it now, or with nothing.

    Sends one change at a time. Where no clear answer came, sending it again does no harm.
    `FIELD` is the name on the wire of what is asked for.
    """

    FIELD: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        self.sending = False
        self.unknown: Unknown | None = None

    def wrong(self, sentence: str) -> None:
        """Say why nothing changed, or that this is not known."""
        self._says((f"✕ {sentence}", "red"))

    def change(self, change: Callable[[], Awaitable[Any]]) -> None:
        """Send the change, unless one is on its way."""
        if not self.sending:
            self.sending = True
            self.console_app.run_change(partial(self._change, change))

    async def _change(self, change: Callable[[], Awaitable[Any]]) -> None:
        try:
            outcome = await unknown_outcome.send(change, self.unknown)
        except KeyconsoleError as error:
            self.unknown = None
            await self.refused(error)
        else:
            if isinstance(outcome, Unknown):
                self.unknown = outcome
                self.not_known(outcome)
            elif self in self.app.screen_stack:
                self.console_app.answered()
                self.dismiss(outcome)
        finally:
            self.sending = False

    def not_known(self, outcome: Unknown) -> None:
        """Say that it may or may not be done."""
        self.console_app.unanswered(outcome.error)
        is_silent = isinstance(outcome.error, ServiceUnreachableError)
        why = "No answer" if is_silent else outcome.why.removesuffix(".")
        self.wrong(f"{why}: it may or may not be saved. ^s sends it again.")

    async def refused(self, error: KeyconsoleError) -> None:
        """Say that nothing changed, and why."""
        field = error.field_message(self.FIELD) if isinstance(error, ProblemError) else None
        self.wrong(field or error.message)
        self.console_app.unanswered(error)


class KeyDialog(ChangeDialog):
    """Changes a key that nobody else has changed since; saving again writes over that."""

    def __init__(self, key: Key) -> None:
        super().__init__()
        self.key = key
        self.version = key.version

    def changed_meanwhile(self, now: Key) -> str:
        """Shows the key as it is now; returns where that stands."""
        raise NotImplementedError

    async def refused(self, error: KeyconsoleError) -> None:
        if not isinstance(error, ProblemError) or error.status != 412:
            await super().refused(error)
            return
        try:
            now = await self.client.key(self.key.public_key)
        except KeyconsoleError as failure:
            self.wrong(failure.message)
            return
        self.version = now.version
        where = self.changed_meanwhile(now)
        self.wrong(f"Someone else changed it meanwhile: {where}. ^s saves yours over it.")


class FieldDialog(KeyDialog):
    """Changes a key by what is typed into its one field."""

    SCOPES = (Scope.FIELD,)

    @property
    def field(self) -> Field:
        """The one field."""
        return self.query_one(Field)

    def on_mount(self) -> None:
        self.field.input.focus()

    def wrong(self, sentence: str) -> None:
        self.field.wrong(sentence)

    def action_save(self) -> None:
        """Sends what is typed, unless it is wrong."""
        raise NotImplementedError
