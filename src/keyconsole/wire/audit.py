"""The audit log: its events, and what proves that it is whole."""

from datetime import UTC, timedelta

from pydantic import Field

from keyconsole.wire.base import Answer, Count, Moment, Page, ShownDocument, ShownName

__all__ = ["AuditCheckpoint", "AuditEvent", "AuditEventPage", "AuditVerification"]


class AuditEvent(Answer):
    """One change, as the audit log keeps it; `hash` chains it to the one before.

    `address` is where the request came from, where there was one. `integration_name` is the name
    that the integration has now. `revocation` is the bulk revoke that the event is one of, and in
    a list that is grouped, `together` is the number of keys that it revoked. `damaged` is true
    where somebody spoilt the row, so that what it says is not what was written.
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
    integration_name: ShownName | None = None
    revocation: str | None = None
    together: Count | None = None
    detail: ShownDocument = Field(default_factory=dict)
    request_id: str
    address: str | None = None
    hash: str
    damaged: bool = False


class AuditEventPage(Page[AuditEvent]):
    """One page of the audit log.

    A text is looked for in the newest events only. Where that is not all of them, `searched_to` is
    the time of the oldest that was read.
    """

    searched_to: Moment | None = None

    @property
    def note(self) -> str:
        """The remark about a search that stopped; empty for any other list."""
        if self.searched_to is None:
            return ""
        minute = (self.searched_to + timedelta(minutes=1)).astimezone(UTC)
        return f"Older events were not searched; until:{minute:%Y-%m-%dT%H:%MZ} goes on there."


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
