"""What client and service say to each other: frozen pydantic models of contract `/v1`.

Requests refuse unknown fields, so that a typo is an answer and not a silence. Answers ignore
them, so that a newer service can say more. Times are RFC 3339 UTC with milliseconds, from 1970
to 9998; ids are opaque strings. No model ever puts the rejected input into an error.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, SecretStr

ItemT = TypeVar("ItemT")


def rfc3339(moment: datetime) -> str:
    """A moment as the contract writes it: `2026-03-12T08:15:00.000Z`."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9998, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
"""A year before the last: every time zone can still write it, and a span be added to it."""

Moment = Annotated[
    AwareDatetime,
    Field(ge=EARLIEST, le=LATEST),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
]
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""How many, or which in a row: what the databases of this world can hold."""


class Request(BaseModel):
    """The base of what a client sends."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Answer(BaseModel):
    """The base of what a service answers. Each is built when it is used first: most never are."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True
    )


class IntegrationStatus(StrEnum):
    """`draft` until every needed field is present."""

    DRAFT = "draft"
    CONFIGURED = "configured"
    DISABLED = "disabled"


class KeyStatus(StrEnum):
    """The first that holds, in this order: revoked, expired, disabled, active."""

    REVOKED = "revoked"
    EXPIRED = "expired"
    DISABLED = "disabled"
    ACTIVE = "active"


class RevokeReason(StrEnum):
    """Why a key was revoked, in the names of RFC 5280, section 5.3.1."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key_compromise"
    SUPERSEDED = "superseded"
    AFFILIATION_CHANGED = "affiliation_changed"
    CESSATION_OF_OPERATION = "cessation_of_operation"
    PRIVILEGE_WITHDRAWN = "privilege_withdrawn"


class Role(StrEnum):
    """What a member may do in a workspace."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    RESPONDER = "responder"
    ADMIN = "admin"
    GATEWAY = "gateway"


class Permission(StrEnum):
    """One thing that a role may allow."""

    INTEGRATIONS_READ = "integrations:read"
    INTEGRATIONS_WRITE = "integrations:write"
    KEYS_READ = "keys:read"
    KEYS_CREATE = "keys:create"
    KEYS_WRITE = "keys:write"
    KEYS_REVOKE = "keys:revoke"
    AUDIT_READ = "audit:read"
    MEMBERS_WRITE = "members:write"
    INTROSPECT = "introspect"


_VIEW = frozenset({Permission.INTEGRATIONS_READ, Permission.KEYS_READ, Permission.AUDIT_READ})

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEW,
    Role.OPERATOR: _VIEW
    | {
        Permission.INTEGRATIONS_WRITE,
        Permission.KEYS_CREATE,
        Permission.KEYS_WRITE,
        Permission.KEYS_REVOKE,
    },
    Role.RESPONDER: _VIEW | {Permission.KEYS_REVOKE},
    Role.ADMIN: frozenset(Permission) - {Permission.INTROSPECT},
    Role.GATEWAY: frozenset({Permission.INTROSPECT}),
}


class Page(Answer, Generic[ItemT]):
    """One page of a list; `next_cursor` is null on the last."""

    items: list[ItemT]
    next_cursor: str | None = None


class Membership(Answer):
    """One workspace of the account, with what may be done there."""

    workspace_id: str
    workspace: str
    role: Role
    permissions: list[Permission]


class Me(Answer):
    """Who is signed in, where, and what they may do."""

    account_id: str
    email: str
    name: str
    memberships: list[Membership]
    service_version: str
    server_time: Moment
    embedded: bool = False


class KeyCounts(Answer):
    """Keys of an integration by status; `unconfirmed` are among the active."""

    active: Count = 0
    unconfirmed: Count = 0
    disabled: Count = 0
    expired: Count = 0
    revoked: Count = 0

    @property
    def total(self) -> int:
        """Every key there ever was."""
        return self.active + self.disabled + self.expired + self.revoked

    @property
    def live(self) -> int:
        """Keys that are neither revoked nor expired."""
        return self.active + self.disabled


class Integration(Answer):
    """An OAuth integration of a workspace, and its keys in numbers.

    `missing` names the fields that keep it a draft. `recent_use` holds accepted requests an
    hour for the last 24 hours, the oldest first.
    """

    id: str
    workspace_id: str
    name: str
    provider: str | None = None
    environment: str | None = None
    client_id: str | None = None
    redirect_uri: str | None = None
    scopes: list[str] = Field(default_factory=list)
    status: IntegrationStatus
    missing: list[str] = Field(default_factory=list)
    key_counts: KeyCounts = Field(default_factory=KeyCounts)
    last_used_at: Moment | None = None
    recent_use: list[Count] = Field(default_factory=list)
    created_at: Moment
    created_by: str
    updated_at: Moment


class IntegrationCreate(Request):
    """A new integration. Only the name is needed at once."""

    name: str
    provider: str | None = None
    environment: str | None = None
    client_id: str | None = None
    redirect_uri: str | None = None
    scopes: list[str] | None = None
    workspace_id: str | None = None


class IntegrationPatch(Request):
    """What changes; fields left out stay. `status` takes `disabled`, or `configured` to enable."""

    name: str | None = None
    provider: str | None = None
    environment: str | None = None
    client_id: str | None = None
    redirect_uri: str | None = None
    scopes: list[str] | None = None
    status: IntegrationStatus | None = None


class Receipt(Answer):
    """Proof that a revoke was committed: when, by whom, and where the audit log says so."""

    public_key: str
    revoked_at: Moment
    revoked_by: str
    reason: RevokeReason
    incident: str | None = None
    note: str | None = None
    request_id: str
    audit_sequence: Count
    audit_hash: str
    process: str
    already: bool = False


class Key(Answer):
    """An API key as anyone with `keys:read` may see it: never its secret.

    `source` is the address that used it last, `sources` how many addresses are known.
    `version` is the number that `If-Match` takes as `"<version>"`.
    """

    public_key: str
    integration_id: str
    integration_name: str
    workspace_id: str
    label: str
    status: KeyStatus
    confirmed: bool
    created_at: Moment
    created_by: str
    expires_at: Moment | None = None
    allowed_ips: list[str] = Field(default_factory=list)
    metadata: dict[str, str] = Field(default_factory=dict)
    disabled_until: Moment | None = None
    disabled_then: str | None = None
    last_used_at: Moment | None = None
    source: str | None = None
    sources: Count = 0
    revoked_at: Moment | None = None
    revoked_by: str | None = None
    revoke_reason: RevokeReason | None = None
    incident: str | None = None
    version: Count = 1


class KeyCreate(Request):
    """A new key of an integration."""

    label: str
    expires_at: AwareDatetime | None = None
    allowed_ips: list[str] | None = None
    metadata: dict[str, str] | None = None


class CreatedKey(Answer):
    """The one answer that carries a secret. It is shown as `**********` by every repr."""

    key: Key
    secret: SecretStr


class KeyPatch(Request):
    """What changes of a key; fields left out stay."""

    label: str | None = None
    expires_at: AwareDatetime | None = None
    metadata: dict[str, str] | None = None


class RevokeRequest(Request):
    """Why, and for which incident."""

    reason: RevokeReason = RevokeReason.UNSPECIFIED
    incident: str | None = None
    note: str | None = None


class UsageHour(Answer):
    """Requests with one key within one hour; `refused` counts by problem code."""

    hour: Moment
    accepted: Count
    refused: dict[str, Count] = Field(default_factory=dict)


class UsageSource(Answer):
    """An address and agent that presented the key."""

    address: str
    agent: str
    first_seen_at: Moment
    last_seen_at: Moment
    accepted: Count
    refused: Count


class Usage(Answer):
    """What is known of a key's use: hours (oldest first, gaps left out) and recent sources."""

    public_key: str
    last_used_at: Moment | None = None
    last_minute: Count = 0
    last_hour: Count = 0
    last_day: Count = 0
    active_siblings: Count = 0
    hours: list[UsageHour] = Field(default_factory=list)
    sources: list[UsageSource] = Field(default_factory=list)


class IdentifyMatch(StrEnum):
    """What an identified public key turned out to be."""

    MATCH = "match"
    ID_ONLY = "id_only"
    UNKNOWN = "unknown"


class IdentifyRequest(Request):
    """Which key is this? The digest is SHA-256 of the secret, 64 lower-case hex digits."""

    public_key: str
    digest: str | None = None


class Identified(Answer):
    """The card of the key, and what the verification path itself says of it now."""

    match: IdentifyMatch
    key: Key | None = None
    would_authenticate: bool = False
    reason: str | None = None
    checked_at: Moment
    process: str


class AuditEvent(Answer):
    """One change, as the audit log keeps it; `hash` chains it to the one before."""

    id: str
    workspace_id: str
    sequence: Count
    at: Moment
    actor: str
    action: str
    target: str
    target_name: str = ""
    detail: dict[str, Any] = Field(default_factory=dict)
    request_id: str
    hash: str


class FieldError(Answer):
    """One field at fault."""

    field: str
    code: str
    message: str


class Problem(Answer):
    """An error answer, RFC 9457, with the two members that this family of APIs reads."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    error: str
    message: str
    errors: list[FieldError] = Field(default_factory=list)
    public_key: str | None = None
