"""Queries: what the limited keys used up, counted by all processes together."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from keyconsole.service.clock import DAY
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import limit_counts
from keyconsole.service.store.upserts import greatest, in_parts, insert_into

FORGOTTEN = 2_000
"""Rows that are forgotten at once."""

Place = tuple[str, str]
"""The pid of a key, and the counter of one of its limits."""

_c = limit_counts.c


class Addition(NamedTuple):
    """An addition to a stored count: `more`, or as much as raises the count to `least`.

    A stored amount above `most` was written by a clock that was wrong, and is replaced by `least`.
    """

    pid: str
    counter: str
    more: int
    least: int
    most: int
    ends_at: int

    @property
    def place(self) -> Place:
        """The row that it is added to."""
        return self.pid, self.counter


async def add(tx: Connection, additions: Sequence[Addition]) -> dict[Place, int]:
    """Adds, and returns what the counts are then, with what other processes added."""
    statement = insert_into(tx, limit_counts)
    more, least, most = (_number(name) for name in ("more", "least", "most"))
    total = greatest(_c.amount + more, least)
    changes: dict[str, sa.ColumnElement[Any]] = {
        "amount": sa.case((_c.amount > most, least), else_=total),
        "ends_at": greatest(_c.ends_at, statement.excluded.ends_at),
    }
    statement = statement.on_conflict_do_update(index_elements=["pid", "counter"], set_=changes)
    # In their order, so that no two processes wait for each other.
    rows = [each._asdict() | {"amount": each.least} for each in sorted(additions)]
    await tx.execute(statement, rows)
    return await amounts(tx, sorted({each.pid for each in additions}))


async def amounts(tx: Connection, pids: Sequence[str]) -> dict[Place, int]:
    """Returns the counts of some keys."""
    found: dict[Place, int] = {}
    for some in in_parts(pids):
        rows = await tx.execute(sa.select(_c.pid, _c.counter, _c.amount).where(_c.pid.in_(some)))
        found |= {(pid, counter): amount for pid, counter, amount in rows}
    return found


async def forget_ended(tx: Connection, now: int) -> bool:
    """Deletes counts that ended a day ago, `FORGOTTEN` at most; true if none are left."""
    old = limit_counts.alias("old").c
    some = sa.select(old.pid, old.counter).where(old.ends_at < now - DAY).limit(FORGOTTEN)
    place = sa.tuple_(_c.pid, _c.counter)
    deleted = await tx.execute(sa.delete(limit_counts).where(place.in_(some)))
    return deleted.rowcount < FORGOTTEN


def _number(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.BigInteger)
