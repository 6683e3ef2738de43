"""Use over time: of a key, an integration or a workspace."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from itertools import groupby

from keyconsole.service.clock import DAY, HOUR, moment, optional_moment
from keyconsole.service.rules.context import RequestContext, find_integration, one_workspace
from keyconsole.service.store import integrations, usage_series
from keyconsole.service.store.outcomes import ACCEPTED
from keyconsole.service.store.usage_series import PartRecord, Row, Steps
from keyconsole.wire import Permission, TotalUsage, UsagePart, UsagePoint, UsageSeries

HOURLY = 7 * 24
"""A series of up to so many hours has a step for each; a longer one for each day."""


async def show_integration_usage(
    context: RequestContext, integration_id: str, hours: int
) -> TotalUsage:
    """Returns the use of an integration over so many hours, and its keys that were used last."""
    await context.runtime.recorder.catch_up()
    now = context.now()
    async with context.runtime.store.search() as tx:
        found = await find_integration(tx, context, integration_id, Permission.KEYS_READ)
        used = await integrations.last_used(tx, [found.id])
        return TotalUsage(
            integration_id=found.id,
            workspace_id=found.workspace_id,
            last_used_at=optional_moment(used.get(found.id)),
            series=await series(
                lambda steps: usage_series.of_integration(tx, found.id, steps), hours, now
            ),
            parts=[
                _part(each, public_key=f"kcp_{each.id}")
                for each in await usage_series.keys_used_last(tx, found.id, _day(now).since)
            ],
        )


async def show_workspace_usage(
    context: RequestContext, workspace_id: str, hours: int
) -> TotalUsage:
    """Returns the use of a workspace over so many hours, and its busiest integrations."""
    one_workspace(context, workspace_id, Permission.KEYS_READ)
    await context.runtime.recorder.catch_up()
    now = context.now()
    async with context.runtime.store.search() as tx:
        busiest = await usage_series.integrations_used_most(tx, workspace_id, _day(now).since)
        return TotalUsage(
            workspace_id=workspace_id,
            last_used_at=optional_moment(await usage_series.last_used(tx, workspace_id)),
            series=await series(
                lambda steps: usage_series.of_total(tx, workspace_id, steps), hours, now
            ),
            parts=[_part(each) for each in busiest],
        )


async def series(
    read: Callable[[Steps], Awaitable[list[Row]]], hours: int, now: int
) -> UsageSeries:
    """Returns the series of the last `hours`, from what `read` returns of some steps."""
    steps = steps_of(hours, now)
    day = _day(now)
    two_days = await read(Steps(day.since - DAY, day.until, HOUR))
    rows = await read(steps)
    return UsageSeries(
        step_hours=steps.step // HOUR,
        since=moment(steps.since),
        until=moment(steps.until),
        points=[_sum(some, at) for at, some in groupby(rows, lambda row: row.at)],
        last_day=_sum((row for row in two_days if row.at >= day.since), day.since),
        day_before=_sum((row for row in two_days if row.at < day.since), day.since - DAY),
        damaged=sum(row.damaged for row in rows),
    )


def steps_of(hours: int, now: int) -> Steps:
    """Returns the steps of a series that ends with the hour, or the day, under way."""
    step = HOUR if hours <= HOURLY else DAY
    until = now - now % step + step
    return Steps(until - -(-hours * HOUR // step) * step, until, step)


def _day(now: int) -> Steps:
    return steps_of(24, now)


def _sum(rows: Iterable[Row], at: int) -> UsagePoint:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row.outcome] += row.requests
    return UsagePoint(at=moment(at), accepted=counts.pop(ACCEPTED, 0), refused=counts)


def _part(record: PartRecord, public_key: str | None = None) -> UsagePart:
    return UsagePart(
        public_key=public_key,
        integration_id=record.integration_id,
        name=record.name,
        accepted=record.accepted,
        refused=record.refused,
        last_used_at=optional_moment(record.last_used_at),
    )
