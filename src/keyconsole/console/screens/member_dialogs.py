"""The dialogs that add a member and give a member another role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from keyconsole.console.actions import Scope
from keyconsole.console.screens.change_dialog import ChangeDialog
from keyconsole.console.styled_text import draw, shorten
from keyconsole.console.widgets.field import Choice, Field, form_row
from keyconsole.console.widgets.static import Static
from keyconsole.core.accounts import account_address
from keyconsole.flows.membership import why_not_added
from keyconsole.text import members as text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from textual.widget import Widget

    from keyconsole.flows.membership import Standing
    from keyconsole.wire import Member, Role


class RoleDialog(ChangeDialog):
    """Chooses a role, and says what it may do. Dismisses with the member as they are then."""

    SAYS = "role-outcome"

    def role_rows(self) -> list[Widget]:
        """The choice, what it means, and what came of it."""
        choice = Choice([(role, role) for role in text.ROLES], id="role")
        choice.entered = "screen.save"
        return [
            form_row("Role", choice),
            Static("", id="role-says"),
            Static("", id="role-outcome"),
        ]

    @property
    def role(self) -> Role:
        """The role that is chosen."""
        from keyconsole.wire import Role

        return Role(self.query_one("#role", Choice).value)

    def on_choice_changed(self) -> None:
        self._says()
        self.redraw()

    def meaning(self) -> str:
        """Returns what the chosen role may do."""
        return f"{text.MAY[self.role].capitalize()}."

    def redraw(self) -> None:
        if self.is_mounted:
            self.fill("#role-says", draw((self.meaning(), "dim")))

    def action_cancel(self) -> None:
        if self.sending:
            self._says(("It is on its way: wait for the answer.", "amber"))
        else:
            self.dismiss(None)

    def change(self, change: Callable[[], Awaitable[Any]]) -> None:
        if not self.sending:
            self._says(("One moment…", "dim"))
        super().change(change)


class AddMemberDialog(RoleDialog):
    """Adds an account by its address; `known` are those who are members already."""

    SCOPES = (Scope.FIELD,)
    CRUMB = "Add a member"
    FIELD = "email"
    VERBS: ClassVar = {"save": "add"}

    def __init__(self, known: Sequence[Member]) -> None:
        super().__init__()
        self.known = known

    def box(self) -> Sequence[Widget]:
        return [
            Static(draw(("Add a member   ", "brass bold"), ("no mail is sent", "dim"))),
            Static("", classes="gap"),
            Field("email", "Email", placeholder="e.g. kofi@acme.example", advice=text.WHO_IS_ADDED),
            Static("", classes="gap"),
            *self.role_rows(),
            self.end("add"),
        ]

    @property
    def field(self) -> Field:
        """The address."""
        return self.query_one("#field-email", Field)

    def on_mount(self) -> None:
        self.redraw()
        self.field.input.focus()

    def on_input_changed(self) -> None:
        self._says()
        self.field.says()

    def wrong(self, sentence: str) -> None:
        self._says()
        self.field.wrong(sentence)

    def action_save(self) -> None:
        from keyconsole.wire import MemberCreate

        if why_not := why_not_added(self.field.value, self.known):
            self.wrong(why_not)
            self.field.input.focus()
            return
        request = MemberCreate(
            email=account_address(self.field.value),
            role=self.role,
            workspace_id=self.console_app.workspace_id,
        )
        self.change(lambda: self.client.members.add(request))


class ChangeRoleDialog(RoleDialog):
    """Gives a member another role; asks once more before somebody steps down."""

    SCOPES = (Scope.FIELD,)
    CRUMB = "Role"
    FIELD = "role"
    VERBS: ClassVar = {"cancel": "leave it"}

    def __init__(self, standing: Standing) -> None:
        super().__init__()
        self.standing = standing

    @property
    def member(self) -> Member:
        """The member as they were when it was opened."""
        return self.standing.member

    def box(self) -> Sequence[Widget]:
        return [Static("", id="role-title"), *self.role_rows(), self.end("save")]

    def on_mount(self) -> None:
        self.query_one("#role", Choice).choose(self.member.role)
        self.query_one("#role").focus()
        self.redraw()

    @property
    def steps_down(self) -> bool:
        """True if somebody takes the role of an admin from themselves."""
        return self.standing.is_me and self.member.role == "admin" and self.role != "admin"

    def redraw(self) -> None:
        super().redraw()
        if self.is_mounted:
            what = "Another role for " if not self.member.pending else "Another offer to "
            email = shorten(self.member.email, self.room - len(what))
            self.fill("#role-title", draw((what, "brass bold"), (email, "ink bold"), "\n"))
            if self.steps_down:
                self._says((text.STEPS_DOWN, "amber"))

    def action_save(self) -> None:
        if self.role == self.member.role:
            self.dismiss(None)
        elif self.steps_down:
            answers = [("esc", "stay an admin", "stay"), ("D", "step down", "down")]
            self.router.ask(
                "Stop being an admin?", text.STEPS_DOWN, answers, self._answered, crumb="Step down"
            )
        else:
            self._send()

    def _answered(self, answer: str | None) -> None:
        if answer == "down":
            self._send()

    def _send(self) -> None:
        member, role = self.member, self.role
        self.change(
            lambda: self.client.members.change_role(
                member.account_id, role, workspace=member.workspace_id
            )
        )
