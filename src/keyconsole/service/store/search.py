"""Which keys a list shows, found fast: by the narrowest way in, or along the order of the list.

A list of keys can be read along its order, row by row, until a page is full: fast where much
matches, a scan of everything where nothing does. Or what matches a condition is gathered by the
index of that condition, and put in order: fast where little matches. So the conditions are
counted first, none further than `GATHERED`, and the planner of the database is left no choice: it
joined FTS5 along the label index, 125 s for no match among 1,000,000 keys. What is more depends on
where in the order it is, and whether it meets the other conditions: then one goes along the list a
little, and gathers up to `FAR` if that was not enough, or goes on where a text can stand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.patterns import after, ending, starting
from keyconsole.service.store.postgres import key_index as server
from keyconsole.service.store.sqlite import key_index as file
from keyconsole.service.store.tables import api_keys, key_names

GATHERED = 10_000
"""So many keys are gathered and sorted at once; more may be dense enough to be met along a list."""
WALKS = (3_000, 20_000)
"""So far one goes along a list to fill a page, step by step, before anything larger is gathered.

A short step first: what many keys match fills a page there.
"""
SMALL = 1_000
"""A scope of fewer keys is gathered as it is, where no way is narrower."""
ENOUGH = 100
"""A way with so few needs no narrower one to be looked for."""
ENOUGH_OF_A_SAMPLE = 10
"""From so many on, a sample says something."""
FAR = 100_000
"""More are never gathered: they fill a page along the list, wherever in it they are."""

_k = api_keys.c


@dataclass(frozen=True, slots=True)
class Way:
    """What a key has to meet, and what is counted to know how many do."""

    met: sa.ColumnElement[bool]
    counted: sa.Select[Any]
    sample: sa.Select[int, int, float] | None = None
    """Tells what need not be counted: how many of a few meet it, of how many, and of all."""


@dataclass(slots=True)
class Ways:
    """The ways in that a filter allows, each by an index, within `scope`."""

    tx: Connection
    scope: sa.ColumnElement[bool]
    found: list[Way] = field(default_factory=list)

    @property
    def whole(self) -> Way:
        """A way to everything."""
        return self._by(sa.true())

    def by(self, *conditions: sa.ColumnElement[bool]) -> None:
        """A way by columns of a key; any of the conditions suffices, each by its own index."""
        self.found.append(self._by(*conditions))

    def add(self, pids: sa.Select[str]) -> None:
        """A way by these."""
        self.found.append(Way(_k.pid.in_(pids), pids))

    def by_text(self, text: str, pid_part: str | None) -> None:
        """A way by a part of the label, or an end of the pid."""
        begins = sa.select(_k.pid).where(self.scope, label_begins(text))
        if is_postgresql(self.tx):
            ends = server.named(pid_part) if pid_part else ()
            pids = [server.labelled(text), *(sa.select(_k.pid).where(each) for each in ends)]
            found = _union((begins, *pids))
            way = Way(_k.pid.in_(found), found, server.sample(text, pid_part))
        else:
            numbers = (file.labelled(text), *(file.named(pid_part) if pid_part else ()))
            found = _union((begins, *map(_numbered, numbers)))
            way = Way(_k.pid.in_(found), _union((begins, *numbers)))
        self.found.append(way)

    def _by(self, *conditions: sa.ColumnElement[bool]) -> Way:
        pids = _union([sa.select(_k.pid).where(self.scope, each) for each in conditions])
        if is_postgresql(self.tx):
            # It reads the rows that its indexes name in one go, and needs no pids for that.
            return Way(self.scope & sa.or_(*conditions), pids)
        return Way(_k.pid.in_(pids), pids)


def label_begins(text: str) -> sa.ColumnElement[bool]:
    """A label begins with the text: a range of the order of labels."""
    if "\0" in text:
        return sa.false()
    return (_k.label_skeleton >= text) & (_k.label_skeleton < after(text))


async def narrowest(ways: Ways, most: int) -> sa.ColumnElement[bool] | None:
    """What the keys on the way with the fewest meet; none, where each has more than `most`.

    Everything of a `SMALL` scope counts as a way, so that one is not gathered by a text.
    """
    best, least = None, most + 1
    for way in ways.found:
        count = await count_up_to(ways.tx, way, least)
        if count < least:
            best, least = way.met, count
        if least <= ENOUGH:
            return best
    if best is None:
        return None  # and a scope that is small is at its end after a step along it
    small = min(least, SMALL)
    whole = ways.whole
    return whole.met if await count_up_to(ways.tx, whole, small) < small else best


async def count_up_to(tx: Connection, way: Way, most: int) -> int:
    """How many keys there are on this way, or about; no further than `most` is counted."""
    if way.sample is not None:
        found, seen, every = (await tx.execute(way.sample)).one()
        about = found / seen * every if found >= ENOUGH_OF_A_SAMPLE else most
        if not most / 2 <= about <= 2 * most:
            return min(most, round(about))
    query = sa.select(sa.func.count()).select_from(way.counted.limit(most).subquery())
    return int((await tx.execute(query)).scalar_one())


def named(tx: Connection, part: str) -> sa.ColumnElement[bool]:
    """A pid begins or ends with a part of one."""
    if is_postgresql(tx):
        return sa.or_(*server.named(part))
    return _k.pid.in_(_union([*map(_numbered, file.named(part))]))


def _numbered(numbers: sa.Select[int]) -> sa.Select[str]:
    return sa.select(key_names.c.pid).where(key_names.c.id.in_(numbers))


def _union(selects: Sequence[sa.Select[Any]]) -> sa.Select[Any]:
    if len(selects) == 1:
        return selects[0]
    found = sa.union_all(*selects).subquery()
    return sa.select(next(iter(found.c)))


def pid_ends(tx: Connection, pid: sa.ColumnElement[str], part: str) -> sa.ColumnElement[bool]:
    """A pid ends with the text. PostgreSQL has an index of them from their ends."""
    if is_postgresql(tx):
        return starting(sa.func.reverse(pid), part[::-1])
    return ending(pid, part)


def unindexed(tx: Connection, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column that SQLite uses no index for: it leaves `+column` alone."""
    if is_postgresql(tx):
        return column
    return sa.type_coerce(UnaryExpression(column, operator=custom_op("+")), column.type)


def is_postgresql(tx: Connection) -> bool:
    """Whether this is a transaction of a PostgreSQL."""
    return tx.dialect.name == "postgresql"
