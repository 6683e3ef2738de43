"""Connections to a file: snapshots to read, one writer at a time, over SQLAlchemy async."""

import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from keyconsole.service.store.damage import DamagedText
from keyconsole.service.store.engine import (
    BUSY_SECONDS,
    SEARCHERS,
    Connection,
    Store,
    StoreDamagedError,
    StoreUnavailableError,
    StoreUnwritableError,
)
from keyconsole.service.store.sqlite import driver
from keyconsole.service.store.sqlite.identity import DAMAGED, DatabaseFile, count_write
from keyconsole.service.store.sqlite.lease import Lease

READERS = 4

OF_THE_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}
"""Primary codes (https://sqlite.org/rescode.html): the extended ones end with the same byte."""


class SqliteStore(Store):
    """A file. It has one writer at a time, whatever is written; none of its readers maps it.

    SQLite drops a map after each commit, so that a search took up to twice the time while somebody
    revoked; and a file that is cut would end the process.
    """

    def __init__(self, file: DatabaseFile, lease: Lease) -> None:
        self.path = file.path
        self._file = file
        self._lease = lease
        self._reader = _engine(file, READERS, takes_snapshots=True)
        self._searcher = _engine(file, SEARCHERS, takes_snapshots=True)
        self._writer = _engine(file, 1)
        sa.event.listen(self._writer.sync_engine, "begin", _begin_to_write)
        super().__init__(reader=self._reader, searcher=self._searcher, writer=self._writer)

    def read(self) -> AbstractAsyncContextManager[Connection]:
        """A snapshot."""
        return self._snapshot(self._reader)

    def _searching(self) -> AbstractAsyncContextManager[Connection]:
        return self._snapshot(self._searcher)

    @asynccontextmanager
    async def _snapshot(self, engine: AsyncEngine) -> AsyncIterator[Connection]:
        self._file.require_recent()
        async with _translated(), engine.connect() as connection:
            yield connection
        self._file.require_recent()

    def write(
        self,
        workspaces: Sequence[str] | None = None,  # noqa: ARG002 - there is one writer anyway
    ) -> AbstractAsyncContextManager[Connection]:
        """A transaction."""
        return self._write()

    def best_effort_write(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction, as any other."""
        return self._write()

    async def watch(self) -> None:
        """Look whether the open file is still the one at its path."""
        self._file.require()

    async def aclose(self) -> None:
        """Close every connection, and let go of the file."""
        await super().aclose()
        self._file.close()
        self._lease.close()

    @asynccontextmanager
    async def _write(self) -> AsyncIterator[Connection]:
        """A transaction. It has ended well once what it wrote is in the file at the path."""
        self.require_trusted()
        self._file.require()
        writes = None
        async with _translated(), self._writer.begin() as connection:
            raw = await _driver_of(connection)
            before = raw.total_changes
            yield connection
            if raw.in_transaction and raw.total_changes != before:
                writes = await raw.run(_commit)
        if writes is None:
            self._file.require()
        else:
            self._file.confirm(writes)


def _decoded(text: str | bytes) -> Any:
    """Returns the value of a column of JSON, marked if somebody spoilt it.

    JSON's null is not written: a column without a value is NULL.
    """
    try:
        found = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        found = None
    return DamagedText() if found is None else found


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise StoreUnavailableError from error
    except (sa.exc.OperationalError, sqlite3.OperationalError) as error:
        cause = error.orig if isinstance(error, sa.exc.OperationalError) else error
        if getattr(cause, "sqlite_errorcode", 0) & 0xFF in OF_THE_DISK:
            raise StoreUnwritableError from error
        raise StoreUnavailableError from error
    except (sa.exc.DatabaseError, sqlite3.DatabaseError) as error:
        cause = error.orig if isinstance(error, sa.exc.DatabaseError) else error
        if getattr(cause, "sqlite_errorcode", 0) & 0xFF in DAMAGED:
            raise StoreDamagedError from error
        raise


def _begin_to_write(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _commit(connection: sqlite3.Connection) -> int:
    """Counts the open transaction, and commits it; returns its number."""
    writes = count_write(connection)
    connection.commit()
    return writes


async def _driver_of(connection: Connection) -> driver.Connection:
    found = (await connection.get_raw_connection()).driver_connection
    if not isinstance(found, driver.Connection):
        raise TypeError("the SQLite driver is expected")
    return found


def _engine(file: DatabaseFile, connections: int, *, takes_snapshots: bool = False) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{file.path}",
        async_creator=partial(driver.connect, file.path, takes_snapshots=takes_snapshots),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        hide_parameters=True,
        json_deserializer=_decoded,
    )

    def connected(_connection: object, _record: object) -> None:
        file.require()

    sa.event.listen(engine.sync_engine, "connect", connected)
    return engine
