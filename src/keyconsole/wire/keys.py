"""Keys as anyone who may read them sees them, and the one answer with a secret."""

from enum import StrEnum

from pydantic import Field, SecretStr

from keyconsole.core.limits import QuotaPeriod
from keyconsole.wire.base import Answer, Count, Instant, Moment, Page, Request, ShownName, ShownText
from keyconsole.wire.fields import (
    AccountId,
    Addresses,
    Metadata,
    Name,
    QuotaRequests,
    RateRequests,
    RateSeconds,
    Scopes,
)
from keyconsole.wire.revocation import RevokeReason

__all__ = [
    "CreatedKey",
    "ExaminedKey",
    "ExpiryFrom",
    "Key",
    "KeyCreate",
    "KeyPage",
    "KeyPatch",
    "KeyStatus",
    "Owner",
    "OwnerRequest",
    "Quota",
    "QuotaPeriod",
    "QuotaRequest",
    "RateLimit",
    "RateLimitRequest",
]

TOO_MANY = "Too many to sort: newest first. Narrow with env:, by: or status:."


class KeyStatus(StrEnum):
    """The first that holds, in this order: revoked, expired, disabled, active."""

    REVOKED = "revoked"
    EXPIRED = "expired"
    DISABLED = "disabled"
    ACTIVE = "active"


class ExpiryFrom(StrEnum):
    """The source of a key's expiry: the policy of its workspace, or a create or change."""

    POLICY = "policy"
    REQUEST = "request"


class Owner(Answer):
    """The owner of a key: an account, named by its address, or a team, without `account_id`."""

    account_id: str | None = None
    name: ShownName


class RateLimit(Answer):
    """As many requests at once, and as many again in each `seconds`."""

    requests: Count
    seconds: Count


class Quota(Answer):
    """As many requests in a day or a month of the calendar, in UTC."""

    requests: Count
    per: QuotaPeriod


class Key(Answer):
    """An API key as anyone with `keys:read` may see it: never its secret.

    `source` is the address that used it last, `sources` how many addresses are known.
    `scopes` are those that it carries, or null for all of its integration; `effective_scopes` are
    those that count: what it carries and its integration has.
    `rate_limit` and `quota` say how often it may be used; null is without a limit.
    `owner` is whoever made it unless somebody else was named; it grants no permission.
    `expiry_from` is what set `expires_at`, or that there is none; null where nobody decided.
    `version` is the number that `If-Match` takes as `"<version>"`. `replaces` and `replaced_by`
    are public keys; `rotating` is whether it is being replaced now. `rotate_by` is when policy
    wants it replaced, `rotate_soon` whether that has come, or comes within the days of warning.
    `damaged` is true where the database holds values that cannot be read: such a key never
    authenticates.
    """

    public_key: str
    integration_id: str
    integration_name: ShownName
    workspace_id: str
    label: ShownName
    status: KeyStatus
    confirmed: bool
    created_at: Moment
    created_by: ShownName
    owner: Owner | None = None
    expires_at: Moment | None = None
    expiry_from: ExpiryFrom | None = None
    allowed_ips: list[str] = Field(default_factory=list)
    scopes: list[ShownName] | None = None
    effective_scopes: list[ShownName] = Field(default_factory=list)
    rate_limit: RateLimit | None = None
    quota: Quota | None = None
    metadata: dict[ShownName, ShownName] = Field(default_factory=dict)
    disabled_at: Moment | None = None
    disabled_until: Moment | None = None
    disabled_then: str | None = None
    last_used_at: Moment | None = None
    source: str | None = None
    sources: Count = 0
    revoked_at: Moment | None = None
    revoked_by: ShownName | None = None
    revoke_reason: RevokeReason | None = None
    incident: ShownText | None = None
    replaces: str | None = None
    replaced_by: str | None = None
    rotating: bool = False
    rotate_by: Moment | None = None
    rotate_soon: bool = False
    version: Count = 1
    damaged: bool = False

    @property
    def owned_by(self) -> str:
        """The name of the owner: whoever made it where an older service names none."""
        return self.created_by if self.owner is None else self.owner.name


class ExaminedKey(Key):
    """A key whose names were examined when they were written: they are sent as they are.

    A service makes it; nobody reads an answer as one.
    """

    label: str
    metadata: dict[str, str] = Field(default_factory=dict)


class KeyPage(Page[Key]):
    """One page of a list of keys, and the order that the whole list is in.

    Where more keys may match than are sorted, the list is `capped`: the newest come first, whatever
    `sort` asks for, and a page may be short or empty while `next_cursor` goes on.
    """

    order: str = ""
    capped: bool = False

    @property
    def note(self) -> str:
        """The remark about a capped list; empty for any other."""
        return TOO_MANY if self.capped else ""


class OwnerRequest(Request):
    """A member by id or by address, or the name of a team, which has no `@`."""

    account_id: AccountId | None = None
    name: Name | None = None


class RateLimitRequest(Request):
    """A rate: `requests` at once, and as many again in each `seconds`."""

    requests: RateRequests
    seconds: RateSeconds


class QuotaRequest(Request):
    """A quota: `requests` in each day or month of the calendar, in UTC."""

    requests: QuotaRequests
    per: QuotaPeriod


class KeyCreate(Request):
    """A new key of an integration.

    Without `expires_at` it expires as the policy of the workspace says; null is never. Without an
    owner it is owned by whoever makes it.
    """

    label: Name
    expires_at: Instant | None = None
    allowed_ips: Addresses | None = None
    scopes: Scopes | None = None
    rate_limit: RateLimitRequest | None = None
    quota: QuotaRequest | None = None
    owner: OwnerRequest | None = None
    metadata: Metadata | None = None


class CreatedKey(Answer):
    """The one answer that carries a secret. It is shown as `**********` by every repr."""

    key: Key
    secret: SecretStr


class KeyPatch(Request):
    """The changes of a key; fields left out stay.

    Without an expiry, metadata, addresses or scopes if they are null: then every address may use
    the key, for every scope of its integration. A null `rate_limit` or `quota` is no limit.
    Owned by whoever made it if the owner is null.
    """

    label: Name | None = None
    expires_at: Instant | None = None
    metadata: Metadata | None = None
    allowed_ips: Addresses | None = None
    scopes: Scopes | None = None
    rate_limit: RateLimitRequest | None = None
    quota: QuotaRequest | None = None
    owner: OwnerRequest | None = None
