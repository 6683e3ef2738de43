"""The use of a key: hours and sources."""

from pydantic import Field

from keyconsole.wire.base import Answer, Count, Moment, ShownText

__all__ = ["Usage", "UsageHour", "UsageSource"]


class UsageHour(Answer):
    """Requests with one key within one hour; `refused` counts by problem code."""

    hour: Moment
    accepted: Count
    refused: dict[str, Count] = Field(default_factory=dict)


class UsageSource(Answer):
    """An address and agent that presented the key."""

    address: str
    agent: ShownText
    first_seen_at: Moment
    last_seen_at: Moment
    accepted: Count
    refused: Count


class Usage(Answer):
    """The use of a key: hours (oldest first, gaps left out) and recent sources."""

    public_key: str
    last_used_at: Moment | None = None
    last_minute: Count = 0
    last_hour: Count = 0
    last_day: Count = 0
    active_siblings: Count = 0
    hours: list[UsageHour] = Field(default_factory=list)
    sources: list[UsageSource] = Field(default_factory=list)
