"""Integrations, and their keys in numbers."""

from enum import StrEnum

from pydantic import Field

from keyconsole.wire.base import Answer, Count, Moment, Request, ShownName, ShownText
from keyconsole.wire.fields import Days, Name, OptionalName, Scopes, Uri, WorkspaceId

__all__ = ["Integration", "IntegrationCreate", "IntegrationPatch", "IntegrationStatus", "KeyCounts"]


class IntegrationStatus(StrEnum):
    """`draft` until every needed field is present."""

    DRAFT = "draft"
    CONFIGURED = "configured"
    DISABLED = "disabled"


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
    hour for the last 24 hours, the oldest first. `max_key_age_days` is its own rotation policy,
    in the place of the workspace's.
    """

    id: str
    workspace_id: str
    name: ShownName
    provider: ShownName | None = None
    environment: ShownName | None = None
    client_id: str | None = None
    redirect_uri: ShownText | None = None
    scopes: list[ShownName] = Field(default_factory=list)
    status: IntegrationStatus
    missing: list[str] = Field(default_factory=list)
    key_counts: KeyCounts = Field(default_factory=KeyCounts)
    last_used_at: Moment | None = None
    recent_use: list[Count] = Field(default_factory=list)
    max_key_age_days: Count | None = None
    created_at: Moment
    created_by: ShownName
    updated_at: Moment


class IntegrationCreate(Request):
    """A new integration. Only the name is needed at once."""

    name: Name
    provider: OptionalName | None = None
    environment: OptionalName | None = None
    client_id: OptionalName | None = None
    redirect_uri: Uri | None = None
    scopes: Scopes | None = None
    workspace_id: WorkspaceId | None = None


class IntegrationPatch(Request):
    """The changes; fields left out stay. `status` takes `disabled`, or `configured` to enable."""

    name: Name | None = None
    provider: OptionalName | None = None
    environment: OptionalName | None = None
    client_id: OptionalName | None = None
    redirect_uri: Uri | None = None
    scopes: Scopes | None = None
    status: IntegrationStatus | None = None
    max_key_age_days: Days | None = None
