"""Revoking one key: the request, and the receipt."""

from enum import StrEnum

from keyconsole.wire.base import Answer, Count, Moment, Request, ShownName, ShownText
from keyconsole.wire.fields import Note, OptionalName

__all__ = ["Receipt", "RevokeReason", "RevokeRequest"]


class RevokeReason(StrEnum):
    """The reason for a revoke, in the names of RFC 5280, section 5.3.1."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key_compromise"
    SUPERSEDED = "superseded"
    AFFILIATION_CHANGED = "affiliation_changed"
    CESSATION_OF_OPERATION = "cessation_of_operation"
    PRIVILEGE_WITHDRAWN = "privilege_withdrawn"


class RevokeRequest(Request):
    """The reason for a revoke, an incident and a note."""

    reason: RevokeReason = RevokeReason.UNSPECIFIED
    incident: OptionalName | None = None
    note: Note | None = None


class Receipt(Answer):
    """Proof that a revoke was committed: when, by whom, and where the audit log says so."""

    public_key: str
    revoked_at: Moment
    revoked_by: ShownName
    reason: RevokeReason
    incident: ShownText | None = None
    note: ShownText | None = None
    request_id: str
    audit_sequence: Count
    audit_hash: str
    process: str
    already: bool = False
