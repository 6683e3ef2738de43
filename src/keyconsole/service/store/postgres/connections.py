"""Connections on which verification reads: to the primary, each with one statement at a time.

Nothing resets them between two statements, since nothing is left behind that could be: every
statement is a transaction of its own, with a snapshot that is taken after it arrived.

Only a primary is read. A standby may lack a revoke that has been answered, and a server turns into
a standby in no other way than by being started again, which ends every connection. So it is asked
once, when a connection is made. Where the URL names several hosts, the one that is primary is used.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg

from keyconsole.service.store.engine import StoreUnavailableError
from keyconsole.service.store.postgres import pooling
from keyconsole.service.store.postgres.connecting import REFUSALS, Primary, connect, unavailable

STATEMENT_SECONDS = 1.5
"""After so long the server gives a statement up: none is left behind that waits for a lock."""
SILENCE_SECONDS = 2.0
"""After so long without an answer the connection is taken for lost."""

_SETTINGS = {
    "application_name": "keyconsole verification",
    "default_transaction_isolation": "read committed",
    "statement_timeout": f"{STATEMENT_SECONDS * 1000:.0f}",
    # The statement is planned once, and as a walk of the index, whatever the statistics say of a
    # table that was empty a minute ago. Planning it each time takes longer than running it.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    # Whatever is between forgets a connection that is idle for long, and tells neither end.
    "tcp_keepalives_idle": "30",
}


class PrimaryConnection:
    """One connection to the primary. It is opened again after it was lost, by whoever uses it."""

    def __init__(self, url: str, on_loss: Callable[["PrimaryConnection"], None]) -> None:
        self._url = url
        self._on_loss = on_loss
        self._connection: Primary | None = None

    async def open(self) -> None:
        """Connects; raises `StoreUnavailableError`, also if only a standby answers."""
        try:
            connection = await connect(self._url, silence=None, **_SETTINGS)
        except REFUSALS as error:
            raise unavailable(error) from error
        connection.add_termination_listener(self._lost)
        self._connection = connection

    async def shares_its_session(self) -> bool:
        """Returns if a pooler gives the session of this connection to others too.

        It takes a second connection for a moment; where there is none to be had, nothing is known.
        """
        connection = self._connection
        if connection is None or not pooling.is_pooled(connection):
            return False
        try:
            other = await connect(self._url)
        except REFUSALS:
            return False
        try:
            return await pooling.are_shared(connection, other)
        except REFUSALS as error:
            raise unavailable(error) from error
        finally:
            other.terminate()

    @property
    def is_open(self) -> bool:
        """True while a statement can be sent."""
        return self._connection is not None and not self._connection.is_closed()

    async def fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """Returns the rows of a statement; raises `StoreUnavailableError`.

        It is prepared the first time. A server that keeps silent costs the connection.
        """
        connection = self._connection
        if connection is None:
            raise StoreUnavailableError
        silence = asyncio.get_running_loop().call_later(SILENCE_SECONDS, connection.terminate)
        try:
            return await connection.fetch(statement, *arguments)
        except REFUSALS as error:
            raise unavailable(error) from error
        finally:
            silence.cancel()

    def close(self) -> None:
        """Closes the connection. Statements under way end with `StoreUnavailableError`."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.remove_termination_listener(self._lost)
            connection.terminate()

    def _lost(self, connection: object) -> None:
        if connection is self._connection:
            self._connection = None
            self._on_loss(self)
