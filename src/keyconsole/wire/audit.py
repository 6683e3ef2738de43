"""The audit log."""

from typing import Any

from pydantic import Field

from keyconsole.wire.base import Answer, Count, Moment


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
