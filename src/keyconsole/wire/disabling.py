"""Disabling a key: at once and reversible, with a fuse or without one."""

from enum import StrEnum

from keyconsole.wire.base import Instant, Request
from keyconsole.wire.fields import Note, OptionalName
from keyconsole.wire.revocation import RevokeReason

__all__ = ["DisableRequest", "FuseEnd"]


class FuseEnd(StrEnum):
    """The state that a scheduled transition leads to."""

    ENABLE = "enable"
    REVOKE = "revoke"


class DisableRequest(Request):
    """Until when, and what then; without `until` it stays disabled until it is enabled.

    `then` goes only with `until`, and is `revoke` if nothing is said. Reason, incident and note
    stand in the audit log, and in the receipt of the revoke that a fuse leads to.
    """

    until: Instant | None = None
    then: FuseEnd | None = None
    reason: RevokeReason = RevokeReason.UNSPECIFIED
    incident: OptionalName | None = None
    note: Note | None = None
