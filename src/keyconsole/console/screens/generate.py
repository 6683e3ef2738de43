"""The base of the two forms that create a key. A request sent again creates no second key."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from keyconsole.console.screens.form import FormScreen
from keyconsole.core.errors import KeyconsoleError

if TYPE_CHECKING:
    from keyconsole.client import CreateAttempt, RotationAttempt
    from keyconsole.flows.key_creation import Pending
    from keyconsole.wire import Key

AttemptT = TypeVar("AttemptT", bound="CreateAttempt | RotationAttempt")


class GenerateForm(FormScreen, Generic[AttemptT]):
    """A form whose request is kept until it got an answer.

    After a lost connection the same one is sent again, with the same idempotency key, so that
    pressing twice never makes two keys.
    """

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
            return "A key is being generated: wait for its value, it is shown once."
        return None
