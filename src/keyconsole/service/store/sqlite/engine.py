"""Connections to a file: snapshots to read, one writer at a time, over SQLAlchemy async."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from keyconsole.service.store.engine import (
    BUSY_SECONDS,
    SEARCHERS,
    Connection,
    Store,
    StoreUnavailableError,
    StoreUnwritableError,
)
from keyconsole.service.store.pools import at_work
from keyconsole.service.store.sqlite.driver import connect

READERS = 4

OF_THE_DISK = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}
"""Primary codes (https://sqlite.org/rescode.html): the extended ones end with the same byte."""

CACHE_KIB = 16 * 1024
"""Pages that a connection keeps: a search of many keys meets the same ones again and again."""

MAPPED_BYTES = 2**31 - 2**16
"""How much of the file is read as memory, which all connections share: the most SQLite allows.

Copying each page into a cache took half the time of a search among a million keys.
"""


class SqliteStore(Store):
    """A file. It has one writer at a time, whatever is written; its readers may map it."""

    def __init__(self, path: Path, *, is_mapped: bool = False) -> None:
        self.path = path
        mapped = MAPPED_BYTES if is_mapped else 0
        self._reader = _engine(path, "BEGIN", READERS, mapped=mapped)
        self._searcher = _engine(path, "BEGIN", SEARCHERS, mapped=mapped)
        self._writer = _engine(path, "BEGIN IMMEDIATE", 1)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """A snapshot."""
        async with _translated(), self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def _searching(self) -> AsyncIterator[Connection]:
        async with _translated(), self._searcher.connect() as connection:
            yield connection

    def write(
        self,
        workspaces: Sequence[str] | None = None,  # noqa: ARG002 - there is one writer anyway
    ) -> AbstractAsyncContextManager[Connection]:
        """A transaction."""
        return self._write()

    def tally(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction, as any other."""
        return self._write()

    def connections(self) -> dict[str, tuple[int, int]]:
        """Of each pool, how many connections are at work, and how many there may be."""
        return at_work(reader=self._reader, searcher=self._searcher, writer=self._writer)

    async def aclose(self) -> None:
        """Close every connection."""
        for engine in (self._reader, self._searcher, self._writer):
            await engine.dispose()

    @asynccontextmanager
    async def _write(self) -> AsyncIterator[Connection]:
        async with _translated(), self._writer.begin() as connection:
            yield connection


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise StoreUnavailableError from error
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in OF_THE_DISK:
            raise StoreUnwritableError from error
        raise StoreUnavailableError from error


def _engine(path: Path, begin: str, connections: int, *, mapped: int = 0) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
        async_creator=partial(connect, path),
        pool_size=connections,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        hide_parameters=True,
    )

    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        cursor.execute(f"PRAGMA mmap_size = {mapped}")
        cursor.close()

    def begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    sa.event.listen(engine.sync_engine, "connect", connected)
    sa.event.listen(engine.sync_engine, "begin", begun)
    return engine
