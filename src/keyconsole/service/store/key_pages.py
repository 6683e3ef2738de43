"""Queries: keys in an order, a page at a time, by the fastest way there is to them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from keyconsole.service.store import label_zones, search
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import COLUMNS, KeyRecord
from keyconsole.service.store.patterns import after
from keyconsole.service.store.selection import KeyFilter, conditions, scope_of, ways_to
from keyconsole.service.store.tables import api_keys, integrations, workspaces


class KeySort(StrEnum):
    """What a list of keys is ordered by; `-` for descending."""

    LABEL = "label"
    LABEL_DESCENDING = "-label"
    CREATED = "created_at"
    CREATED_DESCENDING = "-created_at"
    USED = "last_used_at"
    USED_DESCENDING = "-last_used_at"


Position = tuple[str | int, str]
"""Where a page ended: the value that orders it, and the pid."""

Row = tuple[KeyRecord, Position]

_k = api_keys.c
_SORT_COLUMNS = {
    "label": _k.label_skeleton,
    "created_at": _k.created_at,
    "last_used_at": _k.last_used_at,
}
_some = sa.table("some_keys", *(sa.column(each.name, each.type) for each in _k))
"""Some of the keys, by a name of their own. Made once: a column costs more here than in a query."""


async def page(
    tx: Connection, which: KeyFilter, sort: KeySort, limit: int, after: Position | None
) -> list[Row]:
    """The keys that come after a position, each with its own.

    Workspace by workspace: each has its own order in the index, and few people have many.
    """
    found: list[Row] = []
    for workspace_id in which.workspaces:
        found += await _Listed(tx, workspace_id, which, sort, limit, after).page()
    if len(which.workspaces) > 1:
        found.sort(key=lambda row: row[1], reverse=sort.startswith("-"))
    return found[:limit]


@dataclass(frozen=True, slots=True)
class _Listed:
    """The list of one workspace, and where in it a page is wanted."""

    tx: Connection
    workspace_id: str
    which: KeyFilter
    sort: KeySort
    limit: int
    after: Position | None

    @property
    def down(self) -> bool:
        return self.sort.startswith("-")

    @property
    def column(self) -> sa.Column[Any]:
        return _SORT_COLUMNS[self.sort.removeprefix("-")]

    @property
    def text(self) -> str | None:
        """The text that is asked for, where zones of the list tell what can contain it.

        Not of one character that public keys have: every sixteenth begins or ends with it.
        """
        if self.column is not _k.label_skeleton or len(self.which.pid_part or "") == 1:
            return None
        return self.which.label_contains

    async def page(self) -> list[Row]:
        ways = ways_to(self.tx, self.workspace_id, self.which)
        if not ways.found:
            return await self._rows()
        met = await search.narrowest(ways, search.GATHERED)
        if met is not None:
            return await self.gathered(met)
        found: list[Row] = []
        rest = self
        for keys in search.WALKS:
            more, left = await rest.walk(keys)
            found += more
            if left is None:
                return found
            rest = left
            if self.text is not None and self.which.is_text_alone:
                return found + await rest.zone_by_zone(self.text)
        return found + await rest.beyond_a_walk(ways)

    async def walk(self, keys: int) -> tuple[list[Row], "_Listed | None"]:
        """What matches among so many keys of the list, and what is left to be listed."""
        if search.is_postgresql(self.tx):
            # Read no further than it takes: the part that is read is known to be in order.
            found = await self._of(lambda *columns: self._keys_along(*columns).limit(keys))
            reached = None if len(found) == self.limit else await self._further(keys)
        else:
            reached = await self._further(keys)
            found = await self._rows(until=reached)
        if reached is None or len(found) == self.limit:
            return found, None
        return found, replace(self, after=reached, limit=self.limit - len(found))

    async def beyond_a_walk(self, ways: search.Ways) -> list[Row]:
        """A page of what is sparse at this place in the order."""
        met = await search.narrowest(ways, search.FAR)
        if met is None and self.text is not None:
            return await self.zone_by_zone(self.text)
        return await self._rows() if met is None else await self.gathered(met)

    async def zone_by_zone(self, text: str) -> list[Row]:
        """A page of what contains the text, read where it can stand in the order of labels.

        What begins with it is together there. What a public key may have of it is anywhere.
        """
        found = await self.between(text, after(text))
        if self.which.pid_part:
            found += await self.gathered(search.named(self.tx, self.which.pid_part))
        left = self.limit
        zones = await label_zones.possible(self.tx, self.workspace_id, text)
        for zone in reversed(zones) if self.down else zones:
            rows = await replace(self, limit=left).between(*label_zones.bounds(zone))
            found += rows
            left -= len(rows)
            if not left:
                break
        each = {key.pid: (key, position) for key, position in found}
        return sorted(each.values(), key=lambda row: row[1], reverse=self.down)[: self.limit]

    async def _further(self, keys: int) -> Position | None:
        """The place of the key so many keys along the list; none where it ends before."""
        query = self._keys_along(self.column, _k.pid).offset(keys - 1).limit(1)
        row = (await self.tx.execute(query)).one_or_none()
        return None if row is None else (row[0], row[1])

    def _keys_along(self, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
        """The keys of the list, in its order, whatever else is asked for."""
        query = sa.select(*columns).where(scope_of(self.workspace_id, self.which))
        if self.after is not None:
            query = query.where(self._beyond((self.column, _k.pid), self.after))
        return query.order_by(*self._ordered(self.column, _k.pid))

    async def between(self, start: str, end: str) -> list[Row]:
        """A page of what matches from one label up to before another.

        One bound at each end: given two, a planner may begin at the one that is further away.
        """
        label, least, most = self.column, (start, ""), (end, "")
        place = self.after or (most if self.down else least)
        if "\0" in start or (place <= least if self.down else place >= most):
            return []
        lower, upper = label >= start, label < end
        if least < place < most:
            beyond = self._beyond((label, _k.pid), place)
            lower, upper = (lower, beyond) if self.down else (beyond, upper)
        query = sa.select(label.label("_order"), _k.pid)
        query = query.where(scope_of(self.workspace_id, self.which), lower, upper)
        query = query.where(*conditions(self.tx, self.workspace_id, self.which))
        return await self._whole(query, label, _k.pid)

    async def _rows(self, until: Position | None = None) -> list[Row]:
        """A page along the list, up to a place or to its end."""
        query = self._keys_along(self.column.label("_order"), _k.pid)
        query = query.where(*conditions(self.tx, self.workspace_id, self.which))
        if until is not None:
            query = query.where(self._up_to((self.column, _k.pid), until))
        return await self._whole(query, self.column, _k.pid)

    async def gathered(self, met: sa.ColumnElement[bool]) -> list[Row]:
        """A page of what meets a condition, all of which is read, and what else is asked for.

        Neither the order nor another condition is to make a planner take another way than the
        one that was found to be the narrowest: PostgreSQL does not look through an offset.
        """
        if search.is_postgresql(self.tx):
            return await self._of(lambda *columns: sa.select(*columns).where(met).offset(0))
        query = sa.select(self.column.label("_order"), _k.pid)
        query = query.where(met, *conditions(self.tx, self.workspace_id, self.which))
        column, pid = (search.unindexed(self.tx, each) for each in (self.column, _k.pid))
        if self.after is not None:
            query = query.where(self._beyond((column, pid), self.after))
        return await self._whole(query, column, pid)

    async def _of(self, some: Callable[..., sa.Select[Any]]) -> list[Row]:
        """A page of some keys, given a query for columns of them: no more is read than is asked."""
        order, pid = _some.c[self.column.name], _some.c.pid
        asked = conditions(self.tx, self.workspace_id, self.which, _some)
        if self.after is not None:
            asked.append(self._beyond((order, pid), self.after))
        read = {each for one in (order, pid, *asked) for each in visitors.iterate(one)}
        columns = [_k[each.name] for each in _some.c if each in read]
        query = sa.select(order.label("_order"), pid).where(*asked)
        return await self._whole(query.add_cte(some(*columns).cte(_some.name)), order, pid)

    async def _whole(
        self, query: sa.Select[Any, str], *columns: sa.ColumnElement[Any]
    ) -> list[Row]:
        """The first keys of a query, by these columns."""
        rows = query.order_by(*self._ordered(*columns)).limit(self.limit).subquery("found")
        full = (
            sa.select(*COLUMNS)
            .add_columns(rows.c["_order"])
            .select_from(
                rows.outerjoin(api_keys, _k.pid == rows.c.pid)
                .outerjoin(integrations, integrations.c.id == _k.integration_id)
                .outerjoin(workspaces, workspaces.c.id == _k.workspace_id)
            )
        )
        found: list[Row] = []
        for *values, order in (await self.tx.execute(full)).all():
            key = KeyRecord._make(values)
            found.append((key, (order, key.pid)))
        found.sort(key=lambda row: row[1], reverse=self.down)
        return found

    def _ordered(self, *columns: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
        return [each.desc() if self.down else each for each in columns]

    def _beyond(
        self, columns: tuple[sa.ColumnElement[Any], ...], position: Position
    ) -> sa.ColumnElement[bool]:
        order = sa.tuple_(*columns)
        return order < position if self.down else order > position

    def _up_to(
        self, columns: tuple[sa.ColumnElement[Any], ...], position: Position
    ) -> sa.ColumnElement[bool]:
        order = sa.tuple_(*columns)
        return order >= position if self.down else order <= position
