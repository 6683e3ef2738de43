"""Connections for management: snapshots to read, one writer at a time, over SQLAlchemy async."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

READERS = 4
BUSY_SECONDS = 4.0
"""How long to wait for a connection, and then again for the lock of another process.

Both together are less than the ten seconds after which a client gives up: it is to hear that
nothing happened, and not to wonder.
"""

CACHE_KIB = 16 * 1024
"""Pages that a connection keeps: a search of many keys meets the same ones again and again."""

Connection = AsyncConnection
"""What the functions of the store run on; the rules pass it along and look no further."""


class StoreUnavailableError(Exception):
    """The database does not answer: locked too long, full, gone."""


class Store:
    """The database of one process. Reads see one snapshot; a write is one transaction."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader = _engine(path, "BEGIN", READERS)
        self._writer = _engine(path, "BEGIN IMMEDIATE", 1)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """A snapshot; raises `StoreUnavailableError`."""
        async with _translated(), self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Connection]:
        """A transaction, committed at the end and undone by any exception.

        Raises `StoreUnavailableError`.
        """
        async with _translated(), self._writer.begin() as connection:
            yield connection

    def connections(self) -> dict[str, tuple[int, int]]:
        """Of each pool, how many connections are at work, and how many there may be."""
        pools = {"reader": self._reader.pool, "writer": self._writer.pool}
        return {
            name: (pool.checkedout(), pool.size())
            for name, pool in pools.items()
            if isinstance(pool, sa.QueuePool)
        }

    async def aclose(self) -> None:
        """Close every connection."""
        await self._reader.dispose()
        await self._writer.dispose()


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.TimeoutError) as error:
        raise StoreUnavailableError from error


def _engine(path: Path, begin: str, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{path}",
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
        cursor.close()

    def begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    sa.event.listen(engine.sync_engine, "connect", connected)
    sa.event.listen(engine.sync_engine, "begin", begun)
    return engine
