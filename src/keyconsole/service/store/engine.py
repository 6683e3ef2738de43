"""Connections for management: snapshots to read, transactions to write, of either database."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

BUSY_SECONDS = 4.0
"""Seconds to wait for a connection, and then again for the lock of another writer.

Both together are less than the ten seconds after which a client gives up: it is to hear that
nothing happened, and not to wonder.
"""

SEARCHERS = 4
SEARCH_SECONDS = 6.0
"""Seconds that lists and searches may take, with the wait for one of `SEARCHERS` connections.

The work of each is bounded anyway (see `key_pages`): this is for an overloaded machine.
"""

Connection = AsyncConnection
"""The transaction that the functions of the store run in; the rules only pass it along."""


class StoreUnavailableError(Exception):
    """The database does not answer: locked too long, restarting, gone."""


class SearchTooSlowError(StoreUnavailableError):
    """A search had no connection, or no answer, within `SEARCH_SECONDS`."""


class StoreUnwritableError(StoreUnavailableError):
    """The disk of the database is full, read-only or failing: somebody has to see to it."""


class StoreDistrustedError(StoreUnavailableError):
    """The database answers, and must not be relied on; `reason` says why in a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StoreDamagedError(StoreDistrustedError):
    """The database is damaged: what is read may be wrong, and nothing can be written."""

    def __init__(self) -> None:
        super().__init__("The database is damaged: put it back from a backup.")


class StoreReplacedError(StoreDistrustedError):
    """The file at the path of the database is not the one that this process has open."""


class Store(ABC):
    """The database of one process. Reads see one snapshot; a write is one transaction.

    Whoever writes sees what those before committed, and nobody else writes in the same
    workspaces until it ends: what was looked up holds, and the chain of each audit log has one
    end. Every method raises `StoreUnavailableError` when it is entered, or by what runs in it.
    """

    distrust: str | None = None
    """The reason to write nothing and to let nobody through, in a sentence, or None."""

    def __init__(self, **engines: AsyncEngine) -> None:
        self._engines = engines

    def require_trusted(self) -> None:
        """Raises `StoreDistrustedError` while there is a reason to."""
        if self.distrust is not None:
            raise StoreDistrustedError(self.distrust)

    @abstractmethod
    def read(self) -> AbstractAsyncContextManager[Connection]:
        """A snapshot, for what takes a moment: sign-in, one key, what a write looks up before."""

    @asynccontextmanager
    async def search(self) -> AsyncIterator[Connection]:
        """A snapshot for lists, searches and reports, on connections of their own.

        However many run, `read` and `write` have theirs. Its statements end with the task that
        asked, or after `SEARCH_SECONDS`, and the block then raises `SearchTooSlowError`.
        """
        try:
            async with asyncio.timeout(SEARCH_SECONDS), self._searching() as connection:
                yield connection
        except TimeoutError as error:
            raise SearchTooSlowError from error

    @abstractmethod
    def _searching(self) -> AbstractAsyncContextManager[Connection]:
        """A snapshot on a connection for searches. A statement ends when its task is cancelled."""

    @abstractmethod
    def write(
        self, workspaces: Sequence[str] | None = None
    ) -> AbstractAsyncContextManager[Connection]:
        """A transaction, committed at the end and undone by any exception.

        It has these workspaces to itself, or every one where none are named.
        """

    @abstractmethod
    def best_effort_write(self) -> AbstractAsyncContextManager[Connection]:
        """A transaction that adds to counts and times, and keeps no other writer waiting.

        No isolation guarantee; short lock timeout; callers retry.
        """

    @abstractmethod
    async def watch(self) -> None:
        """Look, once a second, whether it is still the store that was opened."""

    def connections(self) -> dict[str, tuple[int, int]]:
        """Returns the connections at work, and how many there may be, for each pool."""
        pools = {name: engine.pool for name, engine in self._engines.items()}
        return {
            name: (pool.checkedout(), pool.size())
            for name, pool in pools.items()
            if isinstance(pool, sa.QueuePool)
        }

    async def aclose(self) -> None:
        """Closes every connection."""
        await asyncio.gather(*(engine.dispose() for engine in self._engines.values()))
