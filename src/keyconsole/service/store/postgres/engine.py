"""Connections to PostgreSQL for management, over SQLAlchemy async and asyncpg.

Every pool asks a connection whether it is still there before it hands it out, which costs
nothing: the driver knows. So a server that restarts is missed for as long as it is away.
"""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from keyconsole.service.store.engine import (
    BUSY_SECONDS,
    SEARCH_SECONDS,
    SEARCHERS,
    Connection,
    Store,
    StoreUnavailableError,
)
from keyconsole.service.store.postgres import locks
from keyconsole.service.store.postgres.connecting import (
    REFUSALS,
    Primary,
    connect,
    is_of_the_moment,
    refusal,
    unavailable,
)

READERS = 4
WRITERS = 4
STATEMENT_SECONDS = 8.0
SILENCE_SECONDS = 10.0
"""Seconds that a statement waits for a server that keeps silent.

It is longer than the server itself gives a statement. Without it a machine that hangs would keep
the connections, and a service that is to end, for as long as the network believes in it.
"""
LOOK_SECONDS = 5.0
"""Seconds between two looks where the URL leads."""
TALLY_SECONDS = 0.5
"""Seconds that counts wait for a row: less than the second until PostgreSQL looks for deadlocks.

So it is the counts that give way, and are written a second later.
"""


class PostgresStore(Store):
    """A server and its database. Any number of processes may use it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._looked_at = time.monotonic()
        self._reader = _engine(url, READERS, _SNAPSHOT, plan_cache_mode="force_custom_plan")
        # Planned for what is searched: a plan for any text would not use the index of texts. And
        # never by reading a table from end to end, where those of other workspaces are too.
        self._searcher = _engine(
            url,
            SEARCHERS,
            _SNAPSHOT,
            plan_cache_mode="force_custom_plan",
            enable_seqscan="off",
            statement_timeout=_milliseconds(SEARCH_SECONDS),
        )
        self._writer = _engine(url, WRITERS)
        self._teller = _engine(url, 1, lock_timeout=_milliseconds(TALLY_SECONDS))
        super().__init__(
            reader=self._reader,
            searcher=self._searcher,
            writer=self._writer,
            teller=self._teller,
        )

    def read(self) -> AbstractAsyncContextManager[Connection]:
        """A snapshot."""
        return _snapshot(self._reader)

    def _searching(self) -> AbstractAsyncContextManager[Connection]:
        return _snapshot(self._searcher)

    @asynccontextmanager
    async def write(self, workspaces: Sequence[str] | None = None) -> AsyncIterator[Connection]:
        """A transaction. Each of its statements sees what was committed when it began."""
        self.require_trusted()
        turn = locks.whole() if workspaces is None else locks.of_workspaces(workspaces)
        async with _translated(), self._writer.begin() as connection:
            await connection.exec_driver_sql(turn)
            yield connection

    @asynccontextmanager
    async def best_effort_write(self) -> AsyncIterator[Connection]:
        """A transaction that waits for nobody's turn."""
        self.require_trusted()
        async with _translated(), self._teller.begin() as connection:
            yield connection

    async def watch(self) -> None:
        """Connects now and then, which ends connections to a server that another took over from.

        A server that cannot be reached says nothing of those that are open.
        """
        if time.monotonic() < self._looked_at + LOOK_SECONDS:
            return
        self._looked_at = time.monotonic()
        with suppress(*REFUSALS):
            connection = await connect(self._url)
            await connection.close(timeout=BUSY_SECONDS)


@asynccontextmanager
async def _snapshot(engine: AsyncEngine) -> AsyncIterator[Connection]:
    async with _translated(), engine.connect() as connection:
        yield connection


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except (sa.exc.TimeoutError, TimeoutError) as error:
        raise StoreUnavailableError from error
    except sa.exc.DBAPIError as error:
        if is_of_the_moment(error):
            raise refusal(error) from error
        raise


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))


_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_SETTINGS = {
    "lock_timeout": _milliseconds(BUSY_SECONDS),
    "statement_timeout": _milliseconds(STATEMENT_SECONDS),
    "idle_in_transaction_session_timeout": _milliseconds(4 * STATEMENT_SECONDS),
}


def _engine(
    url: str, connections: int, options: Mapping[str, Any] | None = None, **settings: str
) -> AsyncEngine:
    async def connected() -> Primary:
        try:
            return await connect(url, silence=SILENCE_SECONDS, **_SETTINGS | settings)
        except REFUSALS as error:
            raise unavailable(error) from error

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connected,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        hide_parameters=True,
        execution_options=options or {},
    )
    sa.event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    if connection.driver_connection.is_closed():
        raise sa.exc.DisconnectionError
