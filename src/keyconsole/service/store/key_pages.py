"""Queries: keys in an order, a page at a time, at a cost that has a bound whatever is asked.

A filter that an index narrows down to `CAP` keys is answered in any order: they are read, checked
and sorted. Where more may match, the list is capped: it goes from the newest key on. No page reads
more than `CAP` keys, so that one of a capped list may be short, or empty, while there is more.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from keyconsole.service.store.access_paths import AccessPath, narrowest, scope_of
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import COLUMNS, KeyRecord
from keyconsole.service.store.selection import KeyScope, conditions, is_postgresql
from keyconsole.service.store.tables import api_keys, integrations, workspaces

CAP = 2_000
"""So many keys are read for a page, at most; `docs/decisions/0001-search-is-capped.md` says why."""
GLANCE = 500
"""So many are read along the list first: a page of what many keys match is full by then."""


class KeySort(StrEnum):
    """The order of a list of keys; `-` is descending."""

    LABEL = "label"
    LABEL_DESCENDING = "-label"
    CREATED = "created_at"
    CREATED_DESCENDING = "-created_at"
    USED = "last_used_at"
    USED_DESCENDING = "-last_used_at"


class Position(NamedTuple):
    """The end of a page: if its list is capped, the value that orders it, and the pid."""

    capped: bool
    value: str | int
    pid: str

    @property
    def place(self) -> tuple[str | int, str]:
        """The place in the order."""
        return self.value, self.pid


class KeyPage(NamedTuple):
    """Keys, each with its position; where the next page begins, unless this is the last."""

    rows: list[tuple[KeyRecord, Position]]
    next: Position | None
    order: KeySort
    capped: bool


_k = api_keys.c
_SORT_COLUMNS = {
    "label": _k.label_skeleton,
    "created_at": _k.created_at,
    "last_used_at": _k.last_used_at,
}
_some = sa.table("some_keys", *(sa.column(each.name, each.type) for each in _k))
"""Some of the keys, by a name of their own. Made once: a column costs more here than in a query."""


async def page(
    tx: Connection,
    which: KeyScope,
    sort: KeySort,
    limit: int,
    after: Position | None = None,
    *,
    may_cap: bool = True,
) -> KeyPage:
    """The keys after a position of the same list.

    The first page decides if the list is capped. A list that may not be is in the order that is
    asked for, and its pages are as short as those of a capped one.
    """
    places = [] if which.finds_nothing else which.workspaces
    paths = {each: await narrowest(tx, each, which, CAP) if which.is_narrowed else None
             for each in places}  # fmt: skip
    if after is not None:
        capped = after.capped
    else:
        capped = may_cap and which.is_narrowed and None in paths.values()
    order = KeySort.CREATED_DESCENDING if capped else sort
    position = None if after is None else after.place
    lists = [_List(tx, each, which, order, limit + 1, position) for each in places]
    parts = [await each.part(paths[each.workspace_id]) for each in lists]
    return _merged(parts, limit, order, capped=capped)


class _Part(NamedTuple):
    """The first rows of one workspace, all of them up to `reached`; None is the end of the list."""

    rows: list[tuple[KeyRecord, tuple[str | int, str]]]
    reached: tuple[str | int, str] | None


def _merged(parts: list[_Part], limit: int, order: KeySort, *, capped: bool) -> KeyPage:
    down = order.startswith("-")
    ends = [part.reached for part in parts if part.reached is not None]
    reached = None if not ends else max(ends) if down else min(ends)
    rows = sorted(
        (row for part in parts for row in part.rows), key=lambda row: row[1], reverse=down
    )
    if reached is not None:
        rows = [row for row in rows if (row[1] >= reached if down else row[1] <= reached)]
    if len(rows) > limit:
        reached = rows[limit - 1][1]
    return KeyPage(
        [(key, Position(capped, *place)) for key, place in rows[:limit]],
        None if reached is None else Position(capped, *reached),
        order,
        capped,
    )


@dataclass(frozen=True, slots=True)
class _List:
    """The list of one workspace, and where in it a page of `limit` rows is wanted."""

    tx: Connection
    workspace_id: str
    which: KeyScope
    order: KeySort
    limit: int
    after: tuple[str | int, str] | None

    @property
    def down(self) -> bool:
        return self.order.startswith("-")

    @property
    def column(self) -> sa.Column[Any]:
        return _SORT_COLUMNS[self.order.removeprefix("-")]

    async def part(self, path: AccessPath | None) -> _Part:
        """A page, by the path, if there is one; else along the list, as far as is read at once."""
        if path is not None and path.is_empty:
            return _Part([], None)
        glance = min(CAP, max(GLANCE, 2 * self.limit))
        part = await self._walk(CAP if path is None else glance)
        if path is None or part.reached is None or len(part.rows) == self.limit:
            return part
        # More may have come since the list began than its first page counted.
        rows = await self._rows(lambda *columns: sa.select(*columns).where(path.met).limit(CAP))
        return _Part(rows, rows[-1][1] if len(rows) == self.limit else None)

    async def _walk(self, most: int) -> _Part:
        """Returns the matches among the next `most` keys along the list."""
        rows = await self._rows(
            lambda *columns: self._along(*columns).limit(most),
            is_ordered=not is_postgresql(self.tx),
        )
        if len(rows) == self.limit:
            return _Part(rows, rows[-1][1])
        last = self._along(self.column, _k.pid).offset(most - 1).limit(1)
        row = (await self.tx.execute(last)).one_or_none()
        return _Part(rows, None if row is None else (row[0], row[1]))

    def _along(self, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
        """The keys along the list, whatever else is asked for."""
        query = sa.select(*columns).where(scope_of(self.workspace_id, self.which))
        if self.after is not None:
            query = query.where(self._beyond(self.column, _k.pid))
        return query.order_by(*self._ordered(self.column, _k.pid))

    async def _rows(
        self, some: Callable[..., sa.Select[Any]], *, is_ordered: bool = False
    ) -> list[tuple[KeyRecord, tuple[str | int, str]]]:
        """A page of what matches among some keys, given a query for columns of them.

        SQLite reads them all where it is to put in order what is already; PostgreSQL knows it.
        """
        order, pid = _some.c[self.column.name], _some.c.pid
        asked = conditions(self.workspace_id, self.which, _some)
        if self.after is not None:
            asked.append(self._beyond(order, pid))
        read = {each for one in (order, pid, *asked) for each in visitors.iterate(one)}
        columns = [_k[each.name] for each in _some.c if each in read]
        query = sa.select(order.label("_order"), pid).where(*asked).limit(self.limit)
        query = query.add_cte(some(*columns).cte(_some.name))
        if not is_ordered:
            query = query.order_by(*self._ordered(order, pid))
        rows = query.subquery("found")
        full = (
            sa.select(*COLUMNS)
            .add_columns(rows.c["_order"])
            .select_from(
                # Outer joins are not reordered: the few keys that were found come first.
                rows.outerjoin(api_keys, _k.pid == rows.c.pid)
                .outerjoin(integrations, integrations.c.id == _k.integration_id)
                .outerjoin(workspaces, workspaces.c.id == _k.workspace_id)
            )
        )
        found: list[tuple[KeyRecord, tuple[str | int, str]]] = []
        for *values, value in (await self.tx.execute(full)).all():
            key = KeyRecord._make(values)
            found.append((key, (value, key.pid)))
        return sorted(found, key=lambda row: row[1], reverse=self.down)

    def _ordered(self, *columns: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
        return [each.desc() if self.down else each for each in columns]

    def _beyond(self, *columns: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        order = sa.tuple_(*columns)
        return order < self.after if self.down else order > self.after
