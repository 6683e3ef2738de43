"""Operator tokens: what signs people and gateways in."""

from enum import StrEnum

from pydantic import SecretStr

from keyconsole.wire.base import Answer, Instant, Moment, Request, ShownName
from keyconsole.wire.fields import AccountId, OptionalName, WorkspaceId

__all__ = ["CreatedToken", "Token", "TokenCreate", "TokenStatus"]


class TokenStatus(StrEnum):
    """The first that holds, in this order: revoked, expired, active."""

    REVOKED = "revoked"
    EXPIRED = "expired"
    ACTIVE = "active"


class Token(Answer):
    """An operator token, never its value.

    `workspace_id` is the one workspace that it signs in to; null where that is every workspace
    of the account. `created_by` is null for the one that `service init` printed. `last_used_at`
    is exact to the minute. `current` marks the token that asked.
    """

    id: str
    account_id: str
    email: ShownName
    workspace_id: str | None = None
    label: ShownName | None = None
    status: TokenStatus
    created_at: Moment
    created_by: ShownName | None = None
    expires_at: Moment | None = None
    last_used_at: Moment | None = None
    revoked_at: Moment | None = None
    revoked_by: ShownName | None = None
    current: bool = False


class TokenCreate(Request):
    """A token for a member, or for yourself where no account is named."""

    account_id: AccountId | None = None
    workspace_id: WorkspaceId | None = None
    label: OptionalName | None = None
    expires_at: Instant | None = None


class CreatedToken(Token):
    """The one answer that carries the value. It is shown as `**********` by every repr."""

    value: SecretStr
