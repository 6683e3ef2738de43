"""Make a token: what it is for, and until when it signs a member in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Vertical

from keyconsole.console.routes import above_token
from keyconsole.console.screens.form import GenerateForm
from keyconsole.console.styled_text import draw, shorten
from keyconsole.console.widgets.deadline import ExpiryChoice
from keyconsole.console.widgets.field import Field
from keyconsole.console.widgets.static import Static
from keyconsole.core import safetext
from keyconsole.core.errors import UsageError
from keyconsole.flows.key_creation import Pending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget
    from textual.widgets import Input

    from keyconsole.client import TokenAttempt
    from keyconsole.console.routes import Route
    from keyconsole.wire import Member, TokenCreate

WIDEST = 40
"""Cells for an address beside other words."""
DAYS = "90"
"""The expiry that is suggested: a token that nobody renews ends by itself."""


class CreateTokenScreen(GenerateForm["TokenAttempt"]):
    """The form for a token of `member`, for their one workspace."""

    SAVE = "Make the token"
    MAKES: ClassVar[str] = "token"
    VERBS: ClassVar = {"save": "make it"}
    WORKING = "Making it…"
    LEFT_BEHIND = "A token may have been made whose value nobody has: revoke the newest of theirs."

    def __init__(self, member: Member) -> None:
        super().__init__()
        self.member = member
        self.expiry = ExpiryChoice()
        self.expiry.choose(DAYS)

    def path(self) -> Sequence[str]:
        return ["OAuth", "Members", self.member.email, "Make a token"]

    def parents(self) -> Sequence[Route]:
        return above_token(self.member.account_id)

    def fields(self) -> Sequence[Widget]:
        return [
            Vertical(
                Static(draw(("Signs in", "dim")), classes="field-title"),
                Static(
                    draw(
                        (shorten(self.member.email, WIDEST), "ink"),
                        (f"   {self.member.role}", "dim"),
                    )
                ),
                id="form-integration",
                classes="block",
            ),
            Field(
                "label",
                "Label",
                placeholder="e.g. laptop",
                hint="optional: where it will be, so that it can be told from the others",
            ),
            Vertical(
                Static(draw(("Expires", "dim")), classes="field-title"),
                self.expiry,
                Static("", id="expiry-says", classes="field-says"),
                id="form-expiry",
                classes="block",
            ),
            self.expiry.field,
        ]

    def beside(self) -> str:
        return "the value is shown once"

    def on_mount(self) -> None:
        self._say_expiry()
        self.field("label").input.focus()

    # Actions

    def on_input_changed(self, event: Input.Changed) -> None:
        field = event.input.parent
        if isinstance(field, Field):
            field.says()
            if field.id == "field-label" and (problem := self._label_problem()):
                field.wrong(problem)

    def on_choice_changed(self) -> None:
        self._say_expiry()

    def _say_expiry(self) -> None:
        self.fill("#expiry-says", draw(*self.expiry.meaning(self.console_app.clock())))

    def _label_problem(self) -> str | None:
        label = self.field("label").value
        if not safetext.normalize(label):
            return None
        problem = safetext.name_problem(label, "A label")
        return problem.message if problem else None

    def problems(self) -> dict[str, str]:
        found = {}
        if problem := self._label_problem():
            found["label"] = problem
        try:
            self.expiry.moment(self.console_app.clock())
        except UsageError as error:
            found["expires_at"] = error.message
        return found

    # Answers of the service

    def wanted(self) -> Pending[TokenAttempt] | None:
        from keyconsole.client import TokenAttempt

        request = self._request()
        if self.pending is not None and _is_same(self.pending.attempt.request, request):
            return self.pending
        return Pending(TokenAttempt(request))

    def _request(self) -> TokenCreate:
        """Returns the request of the form. Its fields must hold no problem."""
        from keyconsole.wire import TokenCreate

        return TokenCreate(
            account_id=self.member.account_id,
            workspace_id=self.member.workspace_id,
            label=safetext.normalize(self.field("label").value) or None,
            expires_at=self.expiry.moment(self.console_app.clock()),
        )

    async def reveal(self, created: Any) -> None:
        await self.router.token_created(created, self.member, self)

    def action_cancel(self) -> None:
        if self.pending is not None and not self.sending:
            self.ask_to_leave(
                "Leave without an answer?",
                "The service may have made this token. If it did, it is the newest of theirs: "
                "revoke it there.",
            )
        else:
            super().action_cancel()


def _is_same(one: TokenCreate, other: TokenCreate) -> bool:
    """Returns true for the same label and, since the clock goes on, an expiry on the same day."""
    days = [each.expires_at and each.expires_at.date() for each in (one, other)]
    return one.label == other.label and days[0] == days[1]
