"""SQLite asked in the thread of whoever asks: over SQLAlchemy, or as texts over sqlite3."""

import json
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from keyconsole.service.store.sqlite import driver, engine, identity

READS, WRITES = "BEGIN", "BEGIN IMMEDIATE"
DIALECT = SQLiteDialect_pysqlite()


class Raw:
    """A transaction on a connection of sqlite3, for prepared statements alone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection


class Synchronous:
    """A transaction of SQLAlchemy that waits for the database, for whoever would await it."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect

    async def execute(self, statement: Any, values: Any = None) -> Any:
        return self._connection.execute(statement, values)


class Prepared:
    """A statement that is built once: for SQLAlchemy, and as a text for sqlite3."""

    def __init__(self, statement: Any, names: Sequence[str] | None = None) -> None:
        self.statement = statement
        compiled = statement.compile(dialect=DIALECT, column_keys=names)
        self._sql = str(compiled)
        self._binds = [(name, compiled.binds[name]) for name in compiled.positiontup]
        columns = list(statement.exported_columns)
        self._returns = bool(columns)
        self._json = [n for n, each in enumerate(columns) if isinstance(each.type, sa.JSON)]

    async def rows(self, tx: Any, **values: Any) -> Sequence[Any]:
        """What it finds."""
        if not isinstance(tx, Raw):
            found = await tx.execute(self.statement, values)
            return cast("Sequence[Any]", found.all() if self._returns else ())
        given = [_bound(bind, values.get(name, bind.value)) for name, bind in self._binds]
        rows = tx.connection.execute(self._sql, given).fetchall()
        if not self._json:
            return rows
        decoded = [list(row) for row in rows]
        for row in decoded:
            for place in self._json:
                row[place] = None if row[place] is None else json.loads(row[place])
        return decoded


def _bound(bind: sa.BindParameter[Any], value: Any) -> Any:
    return json.dumps(value) if value is not None and isinstance(bind.type, sa.JSON) else value


class DirectStore:
    """A file with one connection that reads and one that writes, each used in one thread.

    The transactions are those of the service: the same settings, and the same proof that a write
    is in the file at its path.
    """

    distrust = None

    def __init__(self, store: engine.SqliteStore, *, is_raw: bool) -> None:
        self._file = store._file  # noqa: SLF001 - a measurement
        self._is_raw = is_raw
        self._raw = {begin: self._connected() for begin in (READS, WRITES)}
        self._engines = {begin: _engine(each, begin) for begin, each in self._raw.items()}

    def _connected(self) -> sqlite3.Connection:
        raw = sqlite3.connect(self._file.path, isolation_level=None, check_same_thread=False)
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute(f"PRAGMA cache_size = -{driver.CACHE_KIB}")
        return raw

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        self._file.require_recent()
        with self._transaction(READS) as tx:
            yield tx
        self._file.require_recent()

    search = read

    @asynccontextmanager
    async def write(self, _workspaces: Sequence[str] | None = None) -> AsyncIterator[Any]:
        self._file.require()
        raw = self._raw[WRITES]
        with self._transaction(WRITES) as tx:
            yield tx
            writes = identity.count_write(raw)
        self._file.confirm(writes)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Raw | Synchronous]:
        if not self._is_raw:
            with self._engines[begin].begin() as connection:
                yield Synchronous(connection)
            return
        raw = self._raw[begin]
        raw.execute(begin)
        try:
            yield Raw(raw)
        except BaseException:
            raw.execute("ROLLBACK")
            raise
        raw.execute("COMMIT")

    def close(self) -> None:
        for each in self._raw.values():
            each.close()


def _engine(raw: sqlite3.Connection, begin: str) -> sa.Engine:
    made = sa.create_engine("sqlite://", creator=lambda: raw, poolclass=sa.StaticPool)
    sa.event.listen(made, "begin", lambda connection: connection.exec_driver_sql(begin))
    return made
