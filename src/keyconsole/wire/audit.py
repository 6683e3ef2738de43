"""The audit log: its events, and what proves that it is whole."""

from pydantic import Field

from keyconsole.wire.base import Answer, Count, Moment, ShownDocument, ShownName

__all__ = ["AuditCheckpoint", "AuditEvent", "AuditVerification"]


class AuditEvent(Answer):
    """One change, as the audit log keeps it; `hash` chains it to the one before.

    `address` is where the request came from, where there was one. `damaged` is true where somebody
    spoilt the row, so that what it says is not what was written.
    """

    id: str
    workspace_id: str
    sequence: Count
    at: Moment
    actor: ShownName
    action: str
    target: str
    target_name: ShownName = ""
    integration_id: str | None = None
    detail: ShownDocument = Field(default_factory=dict)
    request_id: str
    address: str | None = None
    hash: str
    damaged: bool = False


class AuditCheckpoint(Answer):
    """The number of events in a workspace's log, and the hash of the last: empty before the first.

    Kept where the service cannot write, it shows later that nothing before it was cut or rewritten.
    """

    workspace_id: str
    count: Count
    head: str
    at: Moment


class AuditVerification(Answer):
    """The result of following the keyed chain of a workspace's log.

    `verified` events follow from one another, and `head` is the hash of the last of them.
    `first_broken` is the sequence of the first that does not, if there is one. Where `complete`
    is false the time was up: ask again `after` the verified ones.
    """

    workspace_id: str
    verified: Count
    head: str
    first_broken: Count | None = None
    complete: bool
    at: Moment
