"""Queries: the use of a key, and the one write that adds to it."""

from collections.abc import Sequence

import sqlalchemy as sa

from keyconsole.service.clock import DAY, MINUTE, SECOND
from keyconsole.service.store import key_sources, refusals
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.outcomes import ACCEPTED as ACCEPTED
from keyconsole.service.store.outcomes import EXPIRED as EXPIRED
from keyconsole.service.store.outcomes import FORGED as FORGED
from keyconsole.service.store.outcomes import Use as Use
from keyconsole.service.store.status import status_is
from keyconsole.service.store.tables import (
    api_keys,
    integration_hours,
    source_days,
    usage_hours,
    usage_seconds,
    usage_sources,
    usage_totals,
)
from keyconsole.service.store.upserts import add_counts, in_parts, is_before
from keyconsole.wire import KeyStatus

KEPT_DAYS = 91
"""Days for which counts are kept: 90 whole ones and the one under way."""
FORGOTTEN = 2_000
"""Rows of a table that are forgotten at once: deleting them takes some 10 ms."""
KEPT_SECONDS = 90
"""Seconds for which single seconds are kept; a minute of them is asked for."""
AHEAD_SECONDS = 5
"""Seconds that the clock of another process may be ahead while its counts are taken."""


async def add(tx: Connection, uses: Sequence[Use], future: int | None = None) -> None:
    """Adds counts of use. Last use moves forward, or back from a time after `future`.

    Such a time was written by a clock that was wrong.
    """
    await add_counts(
        tx, usage_hours, (((use.pid, use.hour, use.outcome), use.count) for use in uses)
    )
    seen = [use for use in uses if use.source is not None and use.outcome != FORGED]
    if seen:
        await key_sources.add(tx, seen, future)
    await _add_totals(tx, uses)
    await refusals.add(
        tx,
        [
            (use.pid, use.outcome, use.source, use.count, use.first_at, use.last_at)
            for use in uses
            if use.source is not None and use.outcome != ACCEPTED
        ],
        future,
    )
    used = [use for use in uses if use.outcome == ACCEPTED]
    if used:
        await add_counts(
            tx, integration_hours, (((use.integration_id, use.hour), use.count) for use in used)
        )
        await add_counts(
            tx, usage_seconds, (((use.pid, use.last_at // SECOND), use.count) for use in used)
        )
        await _forget_seconds(tx, max(use.last_at for use in used) // SECOND, future)
        await _move_last_use(tx, used, future)


async def fill(
    tx: Connection,
    hours: Sequence[tuple[str, int, str, int]],
    sources: Sequence[tuple[str, str, str, int, int, int, int]],
    days: Sequence[tuple[str, str, str, int, int]],
) -> None:
    """Adds past use in bulk, for keys that have none yet; rows in the order of the columns.

    A database is filled in a moment, where `add` would take a minute. What it counts by
    integration and workspace follows from the keys, which are there already; their last use is
    not touched.
    """
    for table, rows in ((usage_hours, hours), (usage_sources, sources), (source_days, days)):
        names = [column.name for column in table.columns if column.name != "workspace_id"]
        if rows:
            await tx.execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in rows])
    s = usage_sources.c
    here = sa.select(api_keys.c.workspace_id).where(api_keys.c.pid == s.pid).scalar_subquery()
    unknown = sa.update(usage_sources).where(s.workspace_id.is_(None))
    await tx.execute(unknown.values(workspace_id=here))
    h, k = usage_hours.c, api_keys.c
    for table, scope, is_counted in (
        (integration_hours, k.integration_id, h.outcome == ACCEPTED),
        (usage_totals, k.integration_id, h.outcome != ACCEPTED),
        (usage_totals, k.workspace_id, sa.true()),
    ):
        place = (scope, h.hour) if table is integration_hours else (scope, h.hour, h.outcome)
        counted = (
            sa.select(*place, sa.func.sum(h.count))
            .join_from(usage_hours, api_keys, k.pid == h.pid)
            .where(is_counted)
            .group_by(*place)
        )
        names = [column.name for column in table.columns]
        await tx.execute(sa.insert(table).from_select(names, counted))


async def hours(tx: Connection, pid: str, since: int, until: int) -> list[tuple[int, str, int]]:
    """Returns hour, outcome and count of the hours between two times, oldest first."""
    c = usage_hours.c
    query = (
        sa.select(c.hour, c.outcome, c.count)
        .where(c.pid == pid, c.hour >= since, c.hour <= until)
        .order_by(c.hour, c.outcome)
    )
    return [(row[0], row[1], row[2]) for row in await tx.execute(query)]


async def last_minute(tx: Connection, pid: str, now: int) -> int:
    """Returns how many requests all processes accepted in the minute before `now`, as flushed.

    `now` is in milliseconds. Seconds count as a whole, so that the count is exact to one second.
    Those in the future were written by a clock that was wrong, and do not count.
    """
    c = usage_seconds.c
    query = sa.select(sa.func.coalesce(sa.func.sum(c.accepted), 0)).where(
        c.pid == pid,
        c.second > (now - MINUTE) // SECOND,
        c.second <= now // SECOND + AHEAD_SECONDS,
    )
    return int((await tx.execute(query)).scalar_one())


async def forget_old(tx: Connection, now: int) -> bool:
    """Deletes counts older than `KEPT_DAYS`, `FORGOTTEN` of each table; true if none are left."""
    is_all = True
    for time in (
        *(table.c.hour for table in (usage_hours, usage_totals, integration_hours)),
        source_days.c.day,
    ):
        old = time.table.alias("old")
        key = [old.c[column.name] for column in time.table.primary_key]
        some = sa.select(*key).where(old.c[time.name] < now - KEPT_DAYS * DAY).limit(FORGOTTEN)
        place = sa.tuple_(*time.table.primary_key)
        deleted = await tx.execute(sa.delete(time.table).where(place.in_(some)))
        is_all &= deleted.rowcount < FORGOTTEN
    return is_all


async def active_siblings(tx: Connection, pid: str, integration_id: str, now: int) -> int:
    """Counts the other keys of the integration that are active."""
    k = api_keys.c
    query = sa.select(sa.func.count()).where(
        k.integration_id == integration_id,
        k.pid != pid,
        status_is(KeyStatus.ACTIVE, now),
    )
    return (await tx.execute(query)).scalar_one()


async def _add_totals(tx: Connection, uses: Sequence[Use]) -> None:
    """Adds to the counts of workspaces, and to what integrations refused."""
    k = api_keys.c
    places: dict[str, tuple[str, str]] = {}
    for pids in in_parts(sorted({use.pid for use in uses})):
        found = sa.select(k.pid, k.integration_id, k.workspace_id).where(k.pid.in_(pids))
        places |= {pid: (place, whose) for pid, place, whose in await tx.execute(found)}
    counted = []
    for use in uses:
        if use.pid not in places:
            continue
        integration_id, workspace_id = places[use.pid]
        counted.append(((workspace_id, use.hour, use.outcome), use.count))
        if use.outcome != ACCEPTED:
            counted.append(((integration_id, use.hour, use.outcome), use.count))
    if counted:
        await add_counts(tx, usage_totals, counted)


async def _forget_seconds(tx: Connection, newest: int, future: int | None) -> None:
    c = usage_seconds.c
    over = c.second < newest - KEPT_SECONDS
    if future is not None:
        over |= c.second > newest + KEPT_SECONDS
    await tx.execute(sa.delete(usage_seconds).where(over))


async def _move_last_use(tx: Connection, used: Sequence[Use], future: int | None) -> None:
    latest: dict[str, Use] = {}
    for use in used:
        if use.pid not in latest or use.last_at >= latest[use.pid].last_at:
            latest[use.pid] = use
    at, source = sa.bindparam("at", type_=sa.BigInteger), sa.bindparam("source", type_=sa.Text)
    await tx.execute(
        sa.update(api_keys)
        .where(
            api_keys.c.pid == sa.bindparam("key"),
            is_before(api_keys.c.last_used_at, at, future),
        )
        .values(last_used_at=at, last_source=source),
        [
            {
                "key": use.pid,
                "at": use.last_at,
                "source": None if use.source is None else use.source[0],
            }
            for use in latest.values()
        ],
    )
