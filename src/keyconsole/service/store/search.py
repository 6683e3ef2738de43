"""Which keys a list shows, found fast: by the narrowest way in, or along the order of the list.

A list of keys can be read along its order, row by row, until a page is full: fast where much
matches, a scan of everything where nothing does. Or what matches a condition is gathered by the
index of that condition, and put in order: fast where little matches. So the conditions are
counted first, none further than `GATHERED`, and the planner of the database is left no choice:
it joined FTS5 along the label index, 125 s for no match among 1,000,000 keys.
"""

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from keyconsole.service.store import key_index
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import api_keys, key_names, usage_sources

GATHERED = 8_000
"""How many keys are gathered and sorted at most; more are dense enough to be met along a list."""

Way = sa.Select[tuple[str]]
"""The pids of all keys that meet one condition."""

_k = api_keys.c
_LAST = "\U0010ffff"


@dataclass(slots=True, kw_only=True)
class Ways:
    """The ways in that a filter allows, each by an index."""

    workspace_id: str
    integration_id: str | None = None
    ways: list[Way] = field(default_factory=list)

    def by(self, *conditions: sa.ColumnElement[bool]) -> None:
        """A way by columns of a key, within the integration or the workspace."""
        self.ways.append(sa.select(_k.pid).where(self.scope(), *conditions))

    def by_source(self, conditions: sa.ColumnElement[bool]) -> None:
        """A way by the addresses that used a key."""
        self.ways.append(sa.select(usage_sources.c.pid).where(conditions))

    def scope(self) -> sa.ColumnElement[bool]:
        """The keys of the integration, or of the workspace."""
        if self.integration_id is not None:
            return _k.integration_id == self.integration_id
        return _k.workspace_id == self.workspace_id


async def narrowest(
    tx: Connection, ways: Ways, text: str | None, pid_part: str | None
) -> Way | None:
    """The way with the fewest keys; none, where the list itself is the fastest.

    Everything of the scope counts as a way, so that a small one is never searched by text.
    """
    best, least = None, GATHERED + 1
    found = [*ways.ways, sa.select(_k.pid).where(ways.scope())]
    if text and _is_sqlite(tx):
        found.insert(0, _named(text, pid_part))
    for way in found:
        count = await _count(tx, way, least)
        if count < least:
            best, least = way, count
        if not least:
            break
    return best


async def _count(tx: Connection, way: Way, most: int) -> int:
    query = sa.select(sa.func.count()).select_from(way.limit(most).subquery())
    return int((await tx.execute(query)).scalar_one())


def _named(text: str, pid_part: str | None) -> Way:
    """Keys whose label contains the text, or whose pid begins or ends with it; of any workspace."""
    by_label = sa.select(key_names.c.pid).where(key_names.c.id.in_(_labelled(text)))
    if not pid_part:
        return by_label
    tail = pid_part[::-1][: key_index.TAIL]
    begins = sa.select(_k.pid).where(_k.pid >= pid_part, _k.pid < pid_part + _LAST)
    ends = sa.select(key_names.c.pid).where(
        key_names.c.tail >= tail, key_names.c.tail < tail + _LAST
    )
    found = sa.union_all(by_label, begins, ends).subquery()
    return sa.select(found.c.pid)


def _labelled(text: str) -> sa.Select[tuple[int]]:
    """The numbers of the names that contain the text."""
    if len(text) < key_index.TRIGRAM:
        terms = sa.table("key_grams_terms", sa.column("term", sa.Text), sa.column("doc"))
        return sa.select(terms.c.doc).where(terms.c.term >= text, terms.c.term < text + _LAST)
    index = sa.table("key_grams", sa.column("rowid", sa.Integer), sa.column("key_grams"))
    phrase = '"' + text.replace('"', '""') + '"'
    return sa.select(index.c.rowid).where(index.c.key_grams.op("MATCH")(phrase))


def unindexed(tx: Connection, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column that SQLite uses no index for: it leaves `+column` alone."""
    if not _is_sqlite(tx):
        return column
    return sa.type_coerce(UnaryExpression(column, operator=custom_op("+")), column.type)


def _is_sqlite(tx: Connection) -> bool:
    return tx.dialect.name == "sqlite"
