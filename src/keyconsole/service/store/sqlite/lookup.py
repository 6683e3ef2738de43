"""The one read of verification: stdlib sqlite3 on the event loop, no thread, no cache.

Autocommit, and every statement read to its end: an open read transaction or a half-read cursor
would go on seeing a key that another process has revoked (300 of 300 stale answers, measured).
"""

import sqlite3
from pathlib import Path

from keyconsole.service.store.engine import StoreUnavailableError
from keyconsole.service.store.lookup import VerifierRow
from keyconsole.service.store.sqlite import schema

_BUSY_SECONDS = 1.0

_FIND = """
    SELECT k.integration_id, k.workspace_id, k.root_id, k.verifier, k.revoked_at, k.expires_at,
           k.disabled_at, k.disabled_until, k.disabled_then, k.allowed_ips, i.disabled_at,
           k.expiry_seen_at
    FROM api_keys AS k JOIN integrations AS i ON i.id = k.integration_id
    WHERE k.pid = ?
"""


class SqliteKeyLookup:
    """The read connection of verification."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA synchronous = FULL")
        self._execute = self._connection.cursor().execute

    async def find(self, pid: str) -> VerifierRow | None:
        """The key with this pid as it is committed now; raises `StoreUnavailableError`."""
        try:
            rows = self._execute(_FIND, (pid,)).fetchall()
        except sqlite3.Error as error:
            raise StoreUnavailableError from error
        return VerifierRow._make(rows[0]) if rows else None

    async def check(self) -> str | None:
        """What keeps the store from being ready, or nothing; raises `StoreUnavailableError`."""
        try:
            return schema.check(self._connection)
        except sqlite3.Error as error:
            raise StoreUnavailableError from error

    async def aclose(self) -> None:
        """Close the connection."""
        self._connection.close()
