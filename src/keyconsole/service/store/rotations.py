"""Queries: rotations, each with what the state of its two keys says about it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import api_keys, rotations


class RotationRecord(NamedTuple):
    """A rotation as it is kept, and of its keys what decides how it goes on."""

    new_pid: str
    old_pid: str
    workspace_id: str
    started_at: int
    started_by: str
    quiet_minutes: int
    deadline: int
    automatic_by: str | None
    takes_label: bool
    paused_at: int | None
    ended_at: int | None
    ended_by: str | None
    outcome: str | None
    old_label: str
    old_revoked_at: int | None
    old_revoked_by: str | None
    old_last_used_at: int
    new_label: str
    new_revoked_at: int | None
    new_revoked_by: str | None
    new_last_used_at: int
    new_expires_at: int | None
    new_expiry_seen_at: int | None
    new_disabled_at: int | None


Position = tuple[int, str]
"""The end of a page: time of the start, and the pid of the new key."""

_r = rotations.c
_old, _new = api_keys.alias("old"), api_keys.alias("new")


def _column(name: str) -> sa.ColumnElement[Any]:
    side, _, rest = name.partition("_")
    if name in _r:
        return _r[name]
    return (_old if side == "old" else _new).c[rest].label(name)


_SELECT = sa.select(*map(_column, RotationRecord._fields)).select_from(
    rotations.join(_old, _old.c.pid == _r.old_pid).join(_new, _new.c.pid == _r.new_pid)
)


async def add(tx: Connection, values: dict[str, Any]) -> None:
    """Adds a rotation, by its columns."""
    await tx.execute(sa.insert(rotations), values)


async def change(tx: Connection, new_pid: str, changes: dict[str, Any]) -> None:
    """Changes columns of a rotation."""
    await tx.execute(sa.update(rotations).where(_r.new_pid == new_pid).values(changes))


async def latest(tx: Connection, pid: str, *, lock: bool = False) -> RotationRecord | None:
    """Returns the last rotation of a key, on either side; one under way before others.

    With `lock` nobody else changes it until the transaction ends.
    """
    query = (
        _SELECT.where((_r.old_pid == pid) | (_r.new_pid == pid))
        .order_by(_r.ended_at.is_(None).desc(), _r.started_at.desc(), _r.new_pid)
        .limit(1)
    )
    if lock:
        query = query.with_for_update(of=rotations)
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else RotationRecord(**row)


async def under_way(
    tx: Connection, workspaces: Sequence[str], limit: int, after: Position | None
) -> list[RotationRecord]:
    """Returns the rotations under way, the oldest first, that come after a position."""
    query = _SELECT.where(_r.workspace_id.in_(workspaces), _r.ended_at.is_(None))
    if after is not None:
        query = query.where(sa.tuple_(_r.started_at, _r.new_pid) > after)
    query = query.order_by(_r.started_at, _r.new_pid).limit(limit)
    return [RotationRecord(**row) for row in (await tx.execute(query)).mappings()]


async def to_evaluate(tx: Connection) -> list[RotationRecord]:
    """Returns the rotations that can end without a person: automatic, or with a revoked key."""
    query = _SELECT.where(
        _r.ended_at.is_(None),
        _old.c.revoked_at.is_not(None)
        | _new.c.revoked_at.is_not(None)
        | (_r.automatic_by.is_not(None) & _r.paused_at.is_(None)),
    )
    return [RotationRecord(**row) for row in (await tx.execute(query)).mappings()]
