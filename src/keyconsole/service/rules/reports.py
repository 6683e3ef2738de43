"""Reports: counts of keys by what they have in common."""

from collections import Counter
from typing import Annotated

from pydantic import Field

from keyconsole.core.errors import field_problem
from keyconsole.service.clock import moment
from keyconsole.service.rules.context import RequestContext
from keyconsole.service.rules.keylists import parse_query
from keyconsole.service.store import integrations, reports
from keyconsole.service.store.selection import KeyScope
from keyconsole.wire import KeyReport, Permission, ReportBy, ReportGroup, Request
from keyconsole.wire.base import Filter, QueryText

MOST_GROUPS = 1_000
"""So many groups are told."""


class ReportQuery(Request, defer_build=False):
    """The keys that are counted, and by what: names with commas between."""

    by: Annotated[str, Field(max_length=200)] = ReportBy.INTEGRATION.value
    query: QueryText | None = None
    workspace: Filter | None = None


async def report_keys(context: RequestContext, asked: ReportQuery) -> KeyReport:
    """Returns how many keys of a query there are, by one thing or by several."""
    by, query, now = _parsed(asked.by), parse_query(asked.query), context.now()
    workspaces = context.principal.workspaces_with(Permission.KEYS_READ, asked.workspace)
    which = KeyScope(workspaces=workspaces, now=now, query=query)
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.search() as tx:
        counts, is_complete = await reports.count_keys(tx, which, by)
        ids = {value for values in counts for each, value in zip(by, values, strict=True)
               if each in (ReportBy.INTEGRATION, ReportBy.ENVIRONMENT)}  # fmt: skip
        named = await integrations.names(tx, sorted(ids))
    groups: Counter[tuple[str | None, tuple[str | None, ...]]] = Counter()
    for values, keys in counts.items():
        told: dict[ReportBy, str | None] = dict(zip(by, values, strict=True))
        place = told.get(ReportBy.INTEGRATION)
        if place is not None:
            told[ReportBy.INTEGRATION] = named[place].name
        if (at := told.get(ReportBy.ENVIRONMENT)) is not None:
            told[ReportBy.ENVIRONMENT] = named[at].environment
        groups[place, tuple(told.values())] += keys
    return KeyReport(
        by=by,
        groups=[
            ReportGroup(group=dict(zip(by, values, strict=True)), integration_id=place, keys=keys)
            for (place, values), keys in sorted(groups.items(), key=_largest_first)[:MOST_GROUPS]
        ],
        more_groups=max(0, len(groups) - MOST_GROUPS),
        total=sum(groups.values()),
        counted_at=moment(now),
        is_complete=is_complete,
    )


def _largest_first(
    group: tuple[tuple[str | None, tuple[str | None, ...]], int],
) -> tuple[int, tuple[str, ...]]:
    (_, values), keys = group
    return -keys, tuple(value or "" for value in values)


def _parsed(by: str) -> list[ReportBy]:
    """Parses names with commas between; raises `request-invalid`."""
    names = [name.strip() for name in by.split(",")]
    if any(name not in set(ReportBy) for name in names) or len(set(names)) < len(names):
        raise field_problem("by", "unknown", f"Count by {', '.join(ReportBy)}, each once at most.")
    return [ReportBy(name) for name in names]
