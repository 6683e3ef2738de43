"""Use: of a key by hours and sources, and over time of keys, integrations and workspaces."""

from pydantic import Field

from keyconsole.wire.base import Answer, Count, Moment, ShownName, ShownText

__all__ = [
    "OtherSources",
    "TotalUsage",
    "Usage",
    "UsageHour",
    "UsagePart",
    "UsagePoint",
    "UsageSeries",
    "UsageSource",
]


class UsageHour(Answer):
    """Requests with one key within one hour; `refused` counts by problem code."""

    hour: Moment
    accepted: Count
    refused: dict[str, Count] = Field(default_factory=dict)


class UsagePoint(Answer):
    """Requests from `at` on, for as long as its series says; `refused` counts by problem code."""

    at: Moment
    accepted: Count = 0
    refused: dict[str, Count] = Field(default_factory=dict)


class UsageSeries(Answer):
    """Requests from `since` until `until` in steps of `step_hours`; empty steps are left out.

    Steps are hours, or days of UTC; the last one is under way. `last_day` counts the last 24
    hours, and `day_before` the 24 before those, by whole hours. `damaged` counts of the database
    cannot be right, and are left out.
    """

    step_hours: Count
    since: Moment
    until: Moment
    points: list[UsagePoint] = Field(default_factory=list)
    last_day: UsagePoint
    day_before: UsagePoint
    damaged: Count = 0


class UsageSource(Answer):
    """An address and agent that presented the key.

    `daily` is its requests a day of UTC, let in or refused, from the day of `since` of the series
    on, the last one today's; empty where there were none, or no series was asked for.
    """

    address: str
    agent: ShownText
    first_seen_at: Moment
    last_seen_at: Moment
    accepted: Count
    refused: Count
    daily: list[Count] = Field(default_factory=list)


class OtherSources(Answer):
    """The sources of a key that are kept no longer: neither the latest nor the busiest.

    One that came back and was let go again counts twice in `sources`.
    """

    sources: Count
    accepted: Count
    refused: Count
    last_seen_at: Moment


class Usage(Answer):
    """The use of a key: hours (oldest first, gaps left out) and recent sources.

    Asked for a number of hours, it has a series of them in place of `hours`.
    """

    public_key: str
    last_used_at: Moment | None = None
    last_minute: Count = 0
    last_hour: Count = 0
    last_day: Count = 0
    active_siblings: Count = 0
    hours: list[UsageHour] = Field(default_factory=list)
    series: UsageSeries | None = None
    sources: list[UsageSource] = Field(default_factory=list)
    others: OtherSources | None = None


class UsagePart(Answer):
    """The last day of one key of an integration, or of one integration of a workspace."""

    public_key: str | None = None
    integration_id: str
    name: ShownName
    accepted: Count = 0
    refused: Count = 0
    last_used_at: Moment | None = None


class TotalUsage(Answer):
    """The use of an integration or of a workspace over time.

    `parts` are the 20 keys of the integration that were used last, or the 20 integrations of the
    workspace that were used most within the last day.
    """

    integration_id: str | None = None
    workspace_id: str
    last_used_at: Moment | None = None
    series: UsageSeries
    parts: list[UsagePart] = Field(default_factory=list)
