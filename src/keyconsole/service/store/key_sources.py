"""Queries: the sources of a key. The latest and the busiest are kept, the others counted together.

A source is an address and an agent. One that is kept has its requests a day, too.
"""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from keyconsole.service.clock import DAY
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.outcomes import ACCEPTED, Use, sum_of
from keyconsole.service.store.tables import api_keys, other_sources, source_days, usage_sources
from keyconsole.service.store.upserts import (
    add_counts,
    earlier_if_future,
    greatest,
    in_parts,
    insert_into,
    latest_first,
)

KEPT_LATEST = 100
KEPT_BUSIEST = 20

_u, _d, _o = usage_sources.c, source_days.c, other_sources.c
_PID = sa.bindparam("key", type_=sa.Text)


class SourceRecord(NamedTuple):
    """An address and agent that presented the key."""

    address: str
    agent: str
    first_seen_at: int
    last_seen_at: int
    accepted: int
    refused: int


class OthersRecord(NamedTuple):
    """The sources that are kept no longer: how many were let go, and their requests."""

    sources: int
    accepted: int
    refused: int
    last_seen_at: int


async def latest(tx: Connection, pid: str) -> list[SourceRecord]:
    """Returns the sources that are kept, the latest first."""
    query = (
        sa.select(_u.address, _u.agent, _u.first_seen_at, _u.last_seen_at, _u.accepted, _u.refused)
        .where(_u.pid == pid)
        .order_by(_u.last_seen_at.desc(), _u.address, _u.agent)
        .limit(KEPT_LATEST + KEPT_BUSIEST)
    )
    return [SourceRecord(*row) for row in await tx.execute(query)]


async def others(tx: Connection, pid: str) -> OthersRecord | None:
    """Returns what is known of the sources that are kept no longer, if there are any."""
    columns = (_o.sources, _o.accepted, _o.refused, _o.last_seen_at)
    row = (await tx.execute(sa.select(*columns).where(_o.pid == pid))).one_or_none()
    return None if row is None else OthersRecord(*row)


async def days(tx: Connection, pid: str, since: int) -> dict[tuple[str, str], dict[int, int]]:
    """Returns the requests a day of each source that is kept, from the day `since` on."""
    query = sa.select(_d.address, _d.agent, _d.day, _d.count).where(_d.pid == pid, _d.day >= since)
    found: dict[tuple[str, str], dict[int, int]] = {}
    for address, agent, day, count in await tx.execute(query):
        found.setdefault((address, agent), {})[day] = count
    return found


async def add(tx: Connection, seen: Sequence[Use], future: int | None) -> None:
    """Adds counts of sources that are known. Stored times after `future` are replaced."""
    here = sa.select(api_keys.c.workspace_id).where(api_keys.c.pid == _PID).scalar_subquery()
    statement = insert_into(tx, usage_sources).values(workspace_id=here)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["pid", "address", "agent"],
        set_={
            "first_seen_at": earlier_if_future(_u.first_seen_at, new.first_seen_at, future),
            "last_seen_at": greatest(_u.last_seen_at, new.last_seen_at, future),
            "accepted": _u.accepted + new.accepted,
            "refused": _u.refused + new.refused,
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
    await add_counts(
        tx,
        source_days,
        (
            ((use.pid, *use.source, use.hour - use.hour % DAY), use.count)
            for use in seen
            if use.source is not None
        ),
    )
    pids = sorted({use.pid for use in seen})
    await _forget_too_many(tx, pids, future)
    addresses = sa.select(sa.func.count(_u.address.distinct())).where(_u.pid == _PID)
    await tx.execute(
        sa.update(api_keys)
        .where(api_keys.c.pid == _PID)
        .values(sources=addresses.scalar_subquery()),
        [{"key": pid} for pid in pids],
    )


async def _forget_too_many(tx: Connection, pids: Sequence[str], future: int | None) -> None:
    """Adds the sources that are neither among the latest nor the busiest to the others."""
    many: list[str] = []
    for part in in_parts(pids):
        some = sa.select(_u.pid).where(_u.pid.in_(part)).group_by(_u.pid)
        many += (await tx.execute(some.having(sa.func.count() > KEPT_LATEST))).scalars()
    if not many:
        return
    keys = [{"key": pid} for pid in many]
    kept = usage_sources.alias("kept").c
    some = sa.select(kept.address, kept.agent).where(kept.pid == _PID)
    latest = some.order_by(latest_first(kept.last_seen_at, future), kept.address, kept.agent)
    busiest = some.order_by((kept.accepted + kept.refused).desc(), kept.address, kept.agent)
    source = sa.tuple_(_u.address, _u.agent)
    is_let_go = sa.and_(
        _u.pid == _PID,
        source.not_in(latest.limit(KEPT_LATEST)),
        source.not_in(busiest.limit(KEPT_BUSIEST)),
    )
    names = [column.name for column in other_sources.columns]
    let_go = (
        sa.select(
            _u.pid,
            sa.func.count(),
            sum_of(_u.accepted),
            sum_of(_u.refused),
            sa.func.max(_u.last_seen_at),
        )
        .where(is_let_go)
        .group_by(_u.pid)
    )
    statement = insert_into(tx, other_sources).from_select(names, let_go)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["pid"],
        set_={name: _o[name] + new[name] for name in names[1:4]}
        | {"last_seen_at": greatest(_o.last_seen_at, new.last_seen_at, future)},
    )
    await tx.execute(statement, keys)
    await tx.execute(sa.delete(usage_sources).where(is_let_go), keys)
    known = sa.select(_u.pid).where(
        _u.pid == _d.pid, _u.address == _d.address, _u.agent == _d.agent
    )
    await tx.execute(sa.delete(source_days).where(_d.pid == _PID, ~known.exists()), keys)
