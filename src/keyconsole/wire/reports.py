"""Reports: counts of keys by what they have in common."""

from enum import StrEnum

from pydantic import Field

from keyconsole.wire.base import Answer, Count, Moment, ShownName

__all__ = ["KeyReport", "ReportBy", "ReportGroup"]


class ReportBy(StrEnum):
    """What keys of a report are counted by.

    The ages are `under 30 days`, `30 to 90 days`, `90 days to a year` and `over a year`.
    """

    INTEGRATION = "integration"
    OWNER = "owner"
    CREATOR = "creator"
    AGE = "age"
    STATUS = "status"
    ENVIRONMENT = "environment"


class ReportGroup(Answer):
    """How many keys have the same of what they are counted by, in the order that was asked for."""

    group: dict[ReportBy, ShownName | None]
    integration_id: str | None = None
    keys: Count


class KeyReport(Answer):
    """The largest groups, the largest first, and how many more there are.

    `is_complete` is false where there were too many keys, and only the newest were counted.
    """

    by: list[ReportBy]
    groups: list[ReportGroup] = Field(default_factory=list)
    more_groups: Count = 0
    total: Count
    counted_at: Moment
    is_complete: bool
