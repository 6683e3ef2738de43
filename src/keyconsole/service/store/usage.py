"""Queries: the use of a key, and the one write that adds to it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from keyconsole.service.clock import MINUTE, SECOND
from keyconsole.service.store import refusals
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.status import status_is
from keyconsole.service.store.tables import (
    api_keys,
    integration_hours,
    usage_hours,
    usage_seconds,
    usage_sources,
)
from keyconsole.service.store.upserts import (
    earlier_if_future,
    greatest,
    insert_into,
    is_before,
    latest_first,
)
from keyconsole.wire import KeyStatus

ACCEPTED = "accepted"
EXPIRED = "key-expired"
FORGED = "credential-invalid"
"""The name of a key with another secret: whoever asked is no source of that key."""
KEPT_SOURCES = 20
KEPT_SECONDS = 90
"""Seconds for which single seconds are kept; a minute of them is asked for."""
AHEAD_SECONDS = 5
"""Seconds that the clock of another process may be ahead while its counts are taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Requests of one kind with one key, coalesced: `outcome` is `accepted` or a problem code.

    `source` is address and agent, or nothing where there are too many to tell apart.
    """

    pid: str
    integration_id: str
    outcome: str
    source: tuple[str, str] | None
    count: int
    first_at: int
    last_at: int
    hour: int


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """An address and agent that presented the key."""

    address: str
    agent: str
    first_seen_at: int
    last_seen_at: int
    accepted: int
    refused: int


async def add(tx: Connection, uses: Sequence[Use], future: int | None = None) -> None:
    """Adds counts of use. Last use moves forward, or back from a time after `future`.

    Such a time was written by a clock that was wrong.
    """
    await _add_counts(
        tx, usage_hours, (((use.pid, use.hour, use.outcome), use.count) for use in uses)
    )
    seen = [use for use in uses if use.source is not None and use.outcome != FORGED]
    if seen:
        await _add_sources(tx, seen, future)
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
        await _add_counts(
            tx, integration_hours, (((use.integration_id, use.hour), use.count) for use in used)
        )
        await _add_counts(
            tx, usage_seconds, (((use.pid, use.last_at // SECOND), use.count) for use in used)
        )
        await _forget_seconds(tx, max(use.last_at for use in used) // SECOND, future)
        await _move_last_use(tx, used, future)


async def fill(
    tx: Connection,
    hours: Sequence[tuple[str, int, str, int]],
    sources: Sequence[tuple[str, str, str, int, int, int, int]],
) -> None:
    """Adds past use in bulk, for keys that have none yet; rows in the order of the columns.

    A database is filled in a moment, where `add` would take a minute. What it counts by
    integration follows from the keys, which are there already; their last use is not touched.
    """
    for table, rows in ((usage_hours, hours), (usage_sources, sources)):
        names = [column.name for column in table.columns if column.name != "workspace_id"]
        if rows:
            await tx.execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in rows])
    s = usage_sources.c
    here = sa.select(api_keys.c.workspace_id).where(api_keys.c.pid == s.pid).scalar_subquery()
    unknown = sa.update(usage_sources).where(s.workspace_id.is_(None))
    await tx.execute(unknown.values(workspace_id=here))
    h, k = usage_hours.c, api_keys.c
    counted = (
        sa.select(k.integration_id, h.hour, sa.func.sum(h.count))
        .join_from(usage_hours, api_keys, k.pid == h.pid)
        .where(h.outcome == ACCEPTED)
        .group_by(k.integration_id, h.hour)
    )
    await tx.execute(
        sa.insert(integration_hours).from_select(["integration_id", "hour", "accepted"], counted)
    )


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


async def sources(tx: Connection, pid: str) -> list[SourceRecord]:
    """Returns the sources, the latest first."""
    c = usage_sources.c
    query = (
        sa.select(c.address, c.agent, c.first_seen_at, c.last_seen_at, c.accepted, c.refused)
        .where(c.pid == pid)
        .order_by(c.last_seen_at.desc(), c.address, c.agent)
        .limit(KEPT_SOURCES)
    )
    return [SourceRecord(*row) for row in await tx.execute(query)]


async def active_siblings(tx: Connection, pid: str, integration_id: str, now: int) -> int:
    """Counts the other keys of the integration that are active."""
    k = api_keys.c
    query = sa.select(sa.func.count()).where(
        k.integration_id == integration_id,
        k.pid != pid,
        status_is(KeyStatus.ACTIVE, now),
    )
    return (await tx.execute(query)).scalar_one()


async def _add_counts(
    tx: Connection, table: sa.Table, counted: Iterable[tuple[tuple[str | int, ...], int]]
) -> None:
    """Adds counts to the rows of a table, each given with its primary key.

    The last column of the table is the count.
    """
    counts: Counter[tuple[str | int, ...]] = Counter()
    for place, count in counted:
        counts[place] += count
    *key, column = table.columns
    statement = insert_into(tx, table)
    total = {column.name: column + statement.excluded[column.name]}
    statement = statement.on_conflict_do_update(index_elements=key, set_=total)
    names = [each.name for each in table.columns]
    rows = [dict(zip(names, (*place, counts[place]), strict=True)) for place in sorted(counts)]
    await tx.execute(statement, rows)


async def _forget_seconds(tx: Connection, newest: int, future: int | None) -> None:
    c = usage_seconds.c
    over = c.second < newest - KEPT_SECONDS
    if future is not None:
        over |= c.second > newest + KEPT_SECONDS
    await tx.execute(sa.delete(usage_seconds).where(over))


async def _add_sources(tx: Connection, seen: Sequence[Use], future: int | None) -> None:
    c = usage_sources.c
    key = sa.bindparam("key", type_=sa.Text)
    here = sa.select(api_keys.c.workspace_id).where(api_keys.c.pid == key).scalar_subquery()
    statement = insert_into(tx, usage_sources).values(workspace_id=here)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["pid", "address", "agent"],
        set_={
            "first_seen_at": earlier_if_future(c.first_seen_at, new.first_seen_at, future),
            "last_seen_at": greatest(c.last_seen_at, new.last_seen_at, future),
            "accepted": c.accepted + new.accepted,
            "refused": c.refused + new.refused,
        },
    )
    await tx.execute(
        statement,
        [
            {
                "key": use.pid,
                "pid": use.pid,
                "address": use.source[0],
                "agent": use.source[1],
                "first_seen_at": use.first_at,
                "last_seen_at": use.last_at,
                "accepted": use.count if use.outcome == ACCEPTED else 0,
                "refused": 0 if use.outcome == ACCEPTED else use.count,
            }
            for use in seen
            if use.source is not None
        ],
    )
    await _forget_old_sources(tx, sorted({use.pid for use in seen}), future)


async def _forget_old_sources(tx: Connection, pids: Sequence[str], future: int | None) -> None:
    kept = usage_sources.alias("kept")
    pid = sa.bindparam("key", type_=sa.Text)
    newest = (
        sa.select(kept.c.address, kept.c.agent)
        .where(kept.c.pid == pid)
        .order_by(latest_first(kept.c.last_seen_at, future), kept.c.address, kept.c.agent)
        .limit(KEPT_SOURCES)
    )
    c = usage_sources.c
    keys = [{"key": pid} for pid in pids]
    await tx.execute(
        sa.delete(usage_sources).where(c.pid == pid, sa.tuple_(c.address, c.agent).not_in(newest)),
        keys,
    )
    addresses = sa.select(sa.func.count(c.address.distinct())).where(c.pid == pid).scalar_subquery()
    await tx.execute(
        sa.update(api_keys).where(api_keys.c.pid == pid).values(sources=addresses), keys
    )


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
