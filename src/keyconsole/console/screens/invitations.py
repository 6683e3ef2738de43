"""The workspaces that the person who is signed in is asked to join."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from keyconsole.console.actions import Scope
from keyconsole.console.screens.list_screen import ListScreen
from keyconsole.console.widgets.paging import PAGE_SIZE
from keyconsole.flows.unknown_outcome import removing
from keyconsole.text import columns, members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.console.styled_text import Run
    from keyconsole.wire import Invitation, Page


class InvitationsScreen(ListScreen["Invitation"]):
    """`/invitations`: the newest first. An invitation changes nothing until it is accepted."""

    SCOPES = (Scope.INVITATIONS, Scope.EVERYWHERE)
    SAVED_AS = "invitations"
    OPENS = "join"

    def __init__(self) -> None:
        super().__init__(self.listing_of(columns.INVITATIONS, lambda each: each.id))

    def body(self) -> Sequence[Widget]:
        return [self.listing]

    def path(self) -> Sequence[str]:
        return ["OAuth", "Your invitations"]

    def note(self) -> str:
        return self.freshness()

    async def page(self, cursor: str | None = None) -> Page[Invitation]:
        return await self.client.invitations.page(cursor=cursor, limit=PAGE_SIZE)

    def nothing(self) -> Sequence[Run]:
        return [
            ("No workspace asks you to join.\n\n", "ink bold"),
            ("An admin of another workspace can invite you by your address.", "dim"),
        ]

    def disabled_reason(self, action: str) -> str | None:
        if action in ("join", "decline") and self.console_app.is_read_only:
            return "Read-only: nothing can be changed here."
        return super().disabled_reason(action)

    # Actions

    def action_join(self) -> None:
        if (invitation := self.current) is not None:
            self.router.ask(
                f"Join {invitation.workspace} as {invitation.role}?",
                members.JOINING,
                [("esc", "not now", "stay"), ("↵", "join", "join")],
                partial(self._answered, invitation),
                crumb="Join",
            )

    def action_decline(self) -> None:
        if (invitation := self.current) is not None:
            self.router.ask(
                f"Decline to join {invitation.workspace}?",
                members.DECLINING,
                [("esc", "not now", "stay"), ("D", "decline", "decline")],
                partial(self._answered, invitation),
                crumb="Decline",
            )

    def _answered(self, invitation: Invitation, answer: str | None) -> None:
        if answer == "join":
            self.write(partial(self._join, invitation))
        elif answer == "decline":
            self.write(partial(self._decline, invitation))

    async def _join(self, invitation: Invitation) -> None:
        joined = await self.ask(lambda: self.client.invitations.accept(invitation.id))
        if joined is not None:
            await self.ask(self.console_app.signing_in.look)
            self.say(*members.joined(joined))
            self.reload()

    async def _decline(self, invitation: Invitation) -> None:
        decline = removing(lambda: self.client.invitations.decline(invitation.id))
        if await self.ask(decline):
            self.say(("✓ ", "green"), (f"Declined: you do not join {invitation.workspace}.", "dim"))
            self.reload()
