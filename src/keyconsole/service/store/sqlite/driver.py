"""A connection of aiosqlite whose statements go to its thread once, and come back with their rows.

SQLAlchemy asks an asynchronous driver for a cursor, to run it, for its rows and to close it, and
aiosqlite sends each of these to the thread of the connection and waits: four journeys a statement,
which were most of what creating a key took. Pages are small, so the rows are fetched at once. What
begins and ends a snapshot needs no journey of its own.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

import aiosqlite

from keyconsole.service.store import damage
from keyconsole.service.store.engine import BUSY_SECONDS
from keyconsole.service.store.sqlite import identity

CACHE_KIB = 16 * 1024
"""Pages that a connection keeps: a search of many keys meets the same ones again and again."""

_SETTINGS = (
    "PRAGMA foreign_keys = ON",
    f"PRAGMA cache_size = -{CACHE_KIB}",
    "PRAGMA user_version",  # reads, and so opens the log
)

T = TypeVar("T")


class Connection(aiosqlite.Connection):
    """The connection that `create_async_engine(async_creator=…)` gets.

    One that `takes_snapshots` begins a transaction with the first statement outside of one.
    """

    takes_snapshots = False
    _may_be_at_work = False
    """True once nobody waits for a call any more, which its thread may still run."""

    def cursor(self) -> "Cursor":  # type: ignore[override]
        """Returns a cursor without a statement."""
        return Cursor(self)

    async def run(self, call: Callable[[sqlite3.Connection], T]) -> T:
        """Run it in the thread of the connection."""
        execute: Callable[..., Awaitable[T]] = self._execute
        asked = _Asked(call, self._conn, begins=self.takes_snapshots)
        try:
            return await execute(asked.run)
        except asyncio.CancelledError:
            asked.give_up()
            self._may_be_at_work = True
            raise

    async def commit(self) -> None:
        """Commits what was begun."""
        if self.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        """Undoes what was begun: here, as it neither reads nor writes the disk, if it can be."""
        if self._may_be_at_work:
            await super().rollback()
            self._may_be_at_work = False
        else:
            self._conn.rollback()


_STEPS = 10_000
"""After so many steps of its virtual machine, about a millisecond, SQLite asks if to go on."""

Outcome = tuple[Any, int, int | None, Sequence[Any]]
"""Description, row count, last row id and rows, as `sqlite3.Cursor` has them."""


class _Asked(Generic[T]):
    """A call to the thread of a connection, which is given up once nobody waits for it."""

    def __init__(
        self,
        call: Callable[[sqlite3.Connection], T],
        connection: sqlite3.Connection,
        *,
        begins: bool,
    ) -> None:
        self._call = call
        self._connection = connection
        self._begins = begins
        self._is_given_up = False

    def run(self) -> T:
        # A statement that begins after an interrupt is not hit by it: the handler asks again.
        self._connection.set_progress_handler(lambda: self._is_given_up, _STEPS)
        try:
            if self._begins and not self._connection.in_transaction:
                self._connection.execute("BEGIN")
            return self._call(self._connection)
        finally:
            self._connection.set_progress_handler(None, 0)

    def give_up(self) -> None:
        self._is_given_up = True


class Cursor:
    """The part of an asynchronous cursor that SQLAlchemy uses. Its rows are there once it ran."""

    __slots__ = ("_connection", "_rows", "arraysize", "description", "lastrowid", "rowcount")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()
        self.arraysize = 1
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> None:
        """Runs a statement."""
        await self._run(lambda cursor: cursor.execute(statement, parameters or ()))

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Runs a statement for each of the parameters."""
        await self._run(lambda cursor: cursor.executemany(statement, parameters))

    async def fetchall(self) -> Sequence[Any]:
        """Returns the rows of the last statement."""
        return self._rows

    async def close(self) -> None:
        """Does nothing: no cursor stays open, since a half-read one would hold a snapshot."""

    async def _run(self, ask: Callable[[sqlite3.Cursor], object]) -> None:
        outcome = await self._connection.run(partial(_outcome, ask))
        self.description, self.rowcount, self.lastrowid, self._rows = outcome


def _outcome(ask: Callable[[sqlite3.Cursor], object], connection: sqlite3.Connection) -> Outcome:
    changes = connection.total_changes
    try:
        return _asked(ask, connection)
    except sqlite3.OperationalError as error:
        # Asked again with what is not UTF-8 marked, unless the statement has changed something.
        if not damage.is_not_utf8(error) or connection.total_changes != changes:
            raise
    connection.text_factory = damage.decode
    try:
        return _asked(ask, connection)
    finally:
        connection.text_factory = str


def _asked(ask: Callable[[sqlite3.Cursor], object], connection: sqlite3.Connection) -> Outcome:
    cursor = connection.cursor()
    try:
        ask(cursor)
        rows = cursor.fetchall() if cursor.description is not None else ()
        return cursor.description, cursor.rowcount, cursor.lastrowid, rows
    finally:
        cursor.close()


async def connect(path: Path, *, takes_snapshots: bool = False) -> Connection:
    """Returns a connection to a file; raises `sqlite3.Error`."""
    opening = _Opening(path)
    connection = Connection(opening.run, 64)
    connection.takes_snapshots = takes_snapshots
    # As SQLAlchemy has it for the connections that it makes: none keeps a process from its end.
    connection._thread.daemon = True  # noqa: SLF001 - there is no other way to it
    try:
        await connection
    except asyncio.CancelledError:
        opening.give_up()
        raise
    return connection


class _Opening:
    """A file that is opened in the thread of a connection, and closed if nobody waits for it.

    aiosqlite loses it where the caller is cancelled meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: sqlite3.Connection | None = None
        self._is_given_up = False

    def run(self) -> sqlite3.Connection:
        opened = identity.connect(self._path, busy_seconds=BUSY_SECONDS)
        try:
            for each in _SETTINGS:
                opened.execute(each)
        except BaseException:
            opened.close()
            raise
        # Not before: to close a connection while its thread uses it ends the process.
        self._opened = opened
        if self._is_given_up:
            opened.close()
        return opened

    def give_up(self) -> None:
        self._is_given_up = True
        if self._opened is not None:
            self._opened.close()
