"""Revoking many keys: shown first, then done exactly as shown, each with its outcome."""

from enum import StrEnum

from pydantic import Field

from keyconsole.wire.base import Answer, Count, Instant, Moment, Request, ShownName, ShownText
from keyconsole.wire.fields import (
    Digest,
    IntegrationId,
    Name,
    Note,
    OptionalName,
    PublicKey,
    Query,
    Span,
)
from keyconsole.wire.keys import KeyStatus
from keyconsole.wire.revocation import RevokeReason

__all__ = [
    "MOST_KEYS",
    "KeySelector",
    "Revocation",
    "RevocationOutcome",
    "RevocationRequest",
    "RevocationTarget",
    "RevokedKey",
    "SelectedKey",
    "Selection",
]

MOST_KEYS = 20_000


class KeySelector(Request):
    """A filter of keys; all that is given must hold. Never empty.

    The `query` of a request says all of it, and takes the place of selectors in the next version.
    `label` is a pattern in which `*` stands for any characters and `?` for one, compared as
    labels are. `unused_for` is a span such as `90d`. What is revoked already is never selected.
    """

    integration: IntegrationId | None = None
    label: Name | None = None
    created_by: Name | None = None
    unused_for: Span | None = None
    created_after: Instant | None = None
    created_before: Instant | None = None


class RevocationTarget(Request):
    """One key of a list. With a digest it is selected only if the value was really that key's."""

    public_key: PublicKey
    digest: Digest | None = None


class RevocationRequest(Request):
    """Keys by a query or one by one. A dry run shows them; executing repeats what it showed.

    `query` is in the language of the console, such as `label:ci-* unused:90d env:sandbox`, and
    never empty; a key that is revoked already is never selected. `expect_count` and
    `selection_hash` are those of the dry run; if what is selected has changed since, nothing is
    revoked (`selection-changed`).
    """

    query: Query | None = None
    selector: KeySelector | None = Field(default=None, json_schema_extra={"deprecated": True})
    keys: list[RevocationTarget] | None = Field(default=None, max_length=MOST_KEYS)
    reason: RevokeReason = RevokeReason.UNSPECIFIED
    incident: OptionalName | None = None
    note: Note | None = None
    dry_run: bool = False
    expect_count: Count | None = None
    selection_hash: Digest | None = None


class SelectedKey(Answer):
    """A key that would be revoked."""

    public_key: str
    label: ShownName
    integration_id: str
    integration_name: ShownName
    status: KeyStatus
    last_used_at: Moment | None = None


class Selection(Answer):
    """The result of a dry run: keys, the latest used first, and those that are not selected.

    `in_use` counts those used within the hour, `emptied` names the integrations that would be
    left without an active key.
    """

    count: Count
    selection_hash: str
    in_use: Count = 0
    emptied: list[ShownName] = Field(default_factory=list)
    keys: list[SelectedKey] = Field(default_factory=list)
    already: list[str] = Field(default_factory=list)
    unknown: list[str] = Field(default_factory=list)
    mismatched: list[str] = Field(default_factory=list)


class RevocationOutcome(StrEnum):
    """The outcome of one key."""

    PENDING = "pending"
    REVOKED = "revoked"
    ALREADY = "already"


class RevokedKey(Answer):
    """One line of the receipt: the key, and where the audit log has its end."""

    public_key: str
    label: ShownName
    integration_name: ShownName
    outcome: RevocationOutcome
    revoked_at: Moment | None = None
    audit_sequence: Count | None = None
    audit_hash: str | None = None


class Revocation(Answer):
    """The progress of a bulk revoke. A key that is reported revoked is refused everywhere.

    `items` is one page of its keys; `already` counts those that somebody else revoked first.
    """

    id: str
    created_at: Moment
    created_by: ShownName
    reason: RevokeReason
    incident: ShownText | None = None
    note: ShownText | None = None
    request_id: str
    total: Count
    revoked: Count = 0
    already: Count = 0
    finished_at: Moment | None = None
    items: list[RevokedKey] = Field(default_factory=list)
    next_cursor: str | None = None

    @property
    def pending(self) -> int:
        """The number of keys that are still to come."""
        return self.total - self.revoked - self.already
