"""Reports as rows: heads, cells, and what has to be said beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from keyconsole.wire import KeyReport

BY = ("integration", "owner", "creator", "age", "status", "environment")
"""The properties that keys can be counted by."""
NONE = "-"


class AgeCounts(BaseModel):
    """The number of keys of one group, by age; `row_id` names the row."""

    row_id: str
    name: str
    integration_id: str | None
    ages: dict[str, int]

    @property
    def total(self) -> int:
        """The number of keys of every age."""
        return sum(self.ages.values())


def rows(report: KeyReport) -> list[list[str]]:
    """Returns the heads and a row a group: what its keys have in common, and how many they are."""
    heads = [*report.by, "keys"]
    return [heads, *([each.group[by] or "" for by in report.by] + [str(each.keys)]
                     for each in report.groups)]  # fmt: skip


def table(report: KeyReport) -> list[list[str]]:
    """Returns the rows for people: counts with separators and to the right, and the total."""
    heads, *groups = rows(report)
    counts = [f"{each.keys:,}" for each in report.groups]
    width = max(map(len, (*counts, heads[-1], f"{report.total:,}")))
    told = [[*(cell or NONE for cell in group[:-1]), count.rjust(width)]
            for group, count in zip(groups, counts, strict=True)]  # fmt: skip
    total = ["total", *[""] * (len(report.by) - 1), f"{report.total:,}".rjust(width)]
    head = [*(each.upper() for each in heads[:-1]), heads[-1].upper().rjust(width)]
    return [head, *told, *([total] if len(told) > 1 else [])]


def remarks(report: KeyReport) -> list[str]:
    """Returns the sentences about what is not in the report."""
    told = []
    if report.more_groups:
        told.append(f"{report.more_groups:,} smaller groups are left out; the total has them.")
    if not report.is_complete:
        told.append("There are too many keys: only the newest were counted. Narrow the query.")
    return told


def by_age(report: KeyReport) -> list[AgeCounts]:
    """Returns the counts of a report by one thing and by age, a row a thing, the largest first."""
    first, last = report.by
    found: dict[str, AgeCounts] = {}
    for each in report.groups:
        name = each.group[first] or NONE
        row_id = each.integration_id or name
        row = found.setdefault(
            row_id,
            AgeCounts(row_id=row_id, name=name, integration_id=each.integration_id, ages={}),
        )
        row.ages[each.group[last] or NONE] = each.keys
    return sorted(found.values(), key=lambda row: (-row.total, row.name))
