"""Queries: who presents keys that are refused, coalesced by key, reason, address and agent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import api_keys, integrations, refusals
from keyconsole.service.store.upserts import (
    earlier_if_future,
    greatest,
    insert_into,
    latest_first,
)

KEPT = 20
"""Of a key and a reason, the latest: a flood of forged values pushes out no dead key's users."""

_r, _k = refusals.c, api_keys.c


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalRecord:
    """Requests with one key that one source was refused for one reason."""

    pid: str
    label: str
    integration_id: str
    integration_name: str
    reason: str
    address: str
    agent: str
    count: int
    first_at: int
    last_at: int

    @property
    def place(self) -> tuple[int, str, str, str, str]:
        """The place in the list."""
        return self.last_at, self.pid, self.reason, self.address, self.agent


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalFilter:
    """The refusals that are asked for; without a filter all. Times are milliseconds."""

    workspaces: Sequence[str]
    since: int | None = None
    integration_id: str | None = None
    pid: str | None = None
    reasons: Sequence[str] = ()


_PLACE = (_r.last_at, _r.pid, _r.reason, _r.address, _r.agent)


async def add(
    tx: Connection,
    seen: Iterable[tuple[str, str, tuple[str, str], int, int, int]],
    future: int | None = None,
) -> None:
    """Adds counts: pid, reason, source, count, first and last time.

    Stored times after `future` were written by a clock that was wrong, and are replaced.
    """
    rows: list[dict[str, Any]] = [
        {
            "key": pid,
            "pid": pid,
            "reason": reason,
            "address": source[0],
            "agent": source[1],
            "count": count,
            "first_at": first,
            "last_at": last,
        }
        for pid, reason, source, count, first, last in seen
    ]
    if not rows:
        return
    key = sa.bindparam("key", type_=sa.Text)
    mine = {
        name: sa.select(_k[name]).where(_k.pid == key).scalar_subquery()
        for name in ("workspace_id", "integration_id")
    }
    statement = insert_into(tx, refusals).values(mine)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["pid", "reason", "address", "agent"],
        set_={
            "count": _r.count + new.count,
            "first_at": earlier_if_future(_r.first_at, new.first_at, future),
            "last_at": greatest(_r.last_at, new.last_at, future),
        },
    )
    await tx.execute(statement, rows)
    await _forget_the_oldest(tx, sorted({(row["pid"], row["reason"]) for row in rows}), future)


async def page(
    tx: Connection, which: RefusalFilter, limit: int, after: tuple[int, str, str, str, str] | None
) -> list[RefusalRecord]:
    """Returns the refusals, the latest first, that come after a place.

    One workspace is read at a time, each by its index.
    """
    found = [
        record
        for workspace_id in which.workspaces
        for record in await _page(tx, which, workspace_id, limit, after)
    ]
    return sorted(found, key=lambda record: record.place, reverse=True)[:limit]


async def _page(
    tx: Connection,
    which: RefusalFilter,
    workspace_id: str,
    limit: int,
    after: tuple[int, str, str, str, str] | None,
) -> list[RefusalRecord]:
    mine: list[sa.ColumnElement[bool]] = []
    if which.since is not None:
        mine.append(_r.last_at >= which.since)
    if which.reasons:
        mine.append(_r.reason.in_(which.reasons))
    if after is not None:
        mine.append(sa.tuple_(*_PLACE) < after)
    if which.pid is not None:
        if not await _is_there(tx, api_keys, _k.pid == which.pid, workspace_id):
            return []
        mine.append(_r.pid == which.pid)
        if which.integration_id is not None:
            mine.append(_r.integration_id == which.integration_id)
    elif which.integration_id is not None:
        if not await _is_there(
            tx, integrations, integrations.c.id == which.integration_id, workspace_id
        ):
            return []
        mine.append(_r.integration_id == which.integration_id)
    else:
        mine.append(_r.workspace_id == workspace_id)
    latest = (
        sa.select(refusals)
        .where(*mine)
        .order_by(*(column.desc() for column in _PLACE))
        .limit(limit)
        .subquery()
    )
    query = sa.select(
        latest.c.pid,
        _k.label,
        _k.integration_id,
        integrations.c.name.label("integration_name"),
        latest.c.reason,
        latest.c.address,
        latest.c.agent,
        latest.c.count,
        latest.c.first_at,
        latest.c.last_at,
    ).select_from(
        latest.join(api_keys, _k.pid == latest.c.pid).join(
            integrations, integrations.c.id == _k.integration_id
        )
    )
    return [RefusalRecord(**row) for row in (await tx.execute(query)).mappings()]


async def _is_there(
    tx: Connection, table: sa.Table, which: sa.ColumnElement[bool], workspace_id: str
) -> bool:
    """Returns true if the row is of the workspace."""
    found = await tx.execute(sa.select(table.c.workspace_id).where(which))
    return found.scalar_one_or_none() == workspace_id


async def _forget_the_oldest(
    tx: Connection, places: Sequence[tuple[str, str]], future: int | None
) -> None:
    kept = refusals.alias("kept")
    pid = sa.bindparam("key", type_=sa.Text)
    reason = sa.bindparam("why", type_=sa.Text)
    newest = (
        sa.select(kept.c.address, kept.c.agent)
        .where(kept.c.pid == pid, kept.c.reason == reason)
        .order_by(latest_first(kept.c.last_at, future), kept.c.address, kept.c.agent)
        .limit(KEPT)
    )
    await tx.execute(
        sa.delete(refusals).where(
            _r.pid == pid, _r.reason == reason, sa.tuple_(_r.address, _r.agent).not_in(newest)
        ),
        [{"key": pid, "why": reason} for pid, reason in places],
    )
