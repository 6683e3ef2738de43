"""What needs attention in a workspace: items of a kind, each about one key or one integration."""

from enum import StrEnum

from pydantic import Field

from keyconsole.wire.base import Answer, Count, Instant, Moment, Request, ShownName, ShownText

__all__ = [
    "Attention",
    "AttentionCount",
    "AttentionItem",
    "AttentionKind",
    "Dismissal",
    "DismissalRequest",
    "Urgency",
]


class Urgency(StrEnum):
    """When an item matters."""

    NOW = "now"
    SOON = "soon"
    TIDY = "tidy"


class AttentionKind(StrEnum):
    """The kinds of items, the worst first."""

    NEW_SOURCE = "new_source"
    FORGED = "forged"
    REFUSED = "refused"
    LIMITED = "limited"
    REVOKES_ITSELF = "revokes_itself"
    ROTATION_LATE = "rotation_late"
    EXPIRING = "expiring"
    ENABLES_ITSELF = "enables_itself"
    ROTATION_READY = "rotation_ready"
    DUE = "due"
    OWNER_LEFT = "owner_left"
    UNCONFIRMED = "unconfirmed"

    @property
    def urgency(self) -> Urgency:
        """When an item of this kind matters."""
        if self in (AttentionKind.NEW_SOURCE, AttentionKind.FORGED, AttentionKind.REFUSED):
            return Urgency.NOW
        is_untidy = self in (AttentionKind.OWNER_LEFT, AttentionKind.UNCONFIRMED)
        return Urgency.TIDY if is_untidy else Urgency.SOON


class Dismissal(Answer):
    """An item that the workspace need not see until then, unless it gets worse."""

    by: ShownName
    at: Moment
    until: Moment


class AttentionItem(Answer):
    """One key, or the keys of one integration, and why they need attention.

    `public_key` and `label` are those of the key where there is one; `query` finds the keys in a
    list of the integration where there may be several. `keys` stops counting at 1,000, and is
    `capped` then. `times` counts new addresses, or requests refused within a day. `at` is when it
    was last seen, or when it is due. `id` stays the same as long as the item is there.
    """

    id: str
    kind: AttentionKind
    urgency: Urgency
    workspace_id: str
    integration_id: str
    integration_name: ShownName
    public_key: str | None = None
    label: ShownName | None = None
    keys: Count = 1
    capped: bool = False
    times: Count | None = None
    address: str | None = None
    agent: ShownText | None = None
    query: str | None = None
    at: Moment | None = None
    dismissed: Dismissal | None = None


class AttentionCount(Answer):
    """The number of keys of a kind that are not dismissed, up to 1,000; `capped` if more are."""

    kind: AttentionKind
    urgency: Urgency
    keys: Count
    capped: bool = False


class Attention(Answer):
    """What needs attention, the worst first: counts by kind, and at most 20 items of each.

    `dismissed` is the number of dismissed items.
    """

    counts: list[AttentionCount] = Field(default_factory=list)
    items: list[AttentionItem] = Field(default_factory=list)
    dismissed: Count = 0


class DismissalRequest(Request):
    """Until when an item is dismissed, at most 90 days from now."""

    until: Instant
