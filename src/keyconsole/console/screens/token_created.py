"""Token Created: the only page that ever holds the value of an operator token."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, ClassVar

from keyconsole.console.actions import Scope
from keyconsole.console.routes import above_token
from keyconsole.console.screens.one_time import OneTimeScreen
from keyconsole.console.styled_text import shorten
from keyconsole.flows.membership import revocation_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyconsole.console.routes import Route
    from keyconsole.wire import CreatedToken, Member

WIDEST = 40
"""Cells for an address beside the title."""


class TokenCreatedScreen(OneTimeScreen):
    """The value of a token, and how it signs somebody in. Done leads back to the members."""

    SCOPES = (Scope.ISSUED,)
    TITLE_WORDS: ClassVar[str] = "Token Created"
    VALUE_WORDS: ClassVar[str] = "Token"
    DONE_NOTE: ClassVar[str] = "↵ back to the members"
    REVOKE_WORDS: ClassVar[str] = "Revoke this token"
    IF_GONE: ClassVar[str] = "The value is gone from here. Revoke the token and make another."
    KEEPS: ClassVar = (
        " The service keeps a hash, not the token.",
        " The service keeps a hash.",
        "",
    )
    IF_LOST: ClassVar = (
        "If you lose it, revoke it and make another.",
        "If you lose it, revoke it.",
    )
    ADVICE: ClassVar = (
        "The command asks for the token. Hand it over in a secrets manager, not in a chat: whoever "
        "has it is them.",
        "The command asks for it. Hand it over in a secrets manager.",
        "The command asks for the token.",
    )
    TRY_WORDS: ClassVar[str] = "They sign in with"

    def __init__(self, created: CreatedToken, member: Member) -> None:
        from keyconsole.wire import Token

        # Without the value, of which the page keeps one copy that it can drop.
        self.token = Token(**created.model_dump(exclude={"value"}))
        self.member = member
        super().__init__(created.value, label=created.label or created.id, made=created.id)

    def path(self) -> Sequence[str]:
        return ["OAuth", "Members", self.member.email, self.TITLE_WORDS]

    def parents(self) -> Sequence[Route]:
        return above_token(self.member.account_id)

    def whose(self) -> str:
        return f"  for {shorten(self.member.email, WIDEST)}, {self.member.role}"

    def saved_as(self) -> str:
        return f"{self.label} token"

    def trial(self, base: str) -> str:
        return f"keyconsole login {shlex.quote(base)}"

    def action_revoke(self) -> None:
        self.router.confirm(revocation_of(self.token, self.console_app.clock()), self._revoked)

    def _revoked(self, is_done: bool | None) -> None:  # noqa: FBT001 - what a dialog answers
        if is_done:
            self._leave()

    def go_on(self) -> None:
        self.router.back()
