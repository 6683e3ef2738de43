"""The one read of verification: stdlib sqlite3 on the event loop, no thread, no cache.

Autocommit, and every statement read to its end: an open read transaction or a half-read cursor
would go on seeing a key that another process has revoked (300 of 300 stale answers, measured).
"""

import sqlite3

from keyconsole.service.store.engine import StoreDamagedError, StoreUnavailableError
from keyconsole.service.store.lookup import VerifierRow
from keyconsole.service.store.sqlite import schema, writability
from keyconsole.service.store.sqlite.identity import DAMAGED, DatabaseFile

_FIND = """
    SELECT k.integration_id, k.workspace_id, k.root_id, k.verifier, k.revoked_at, k.expires_at,
           k.disabled_at, k.disabled_until, k.disabled_then, k.allowed_ips, i.disabled_at,
           k.expiry_seen_at
    FROM api_keys AS k JOIN integrations AS i ON i.id = k.integration_id
    WHERE k.pid = ?
"""


class SqliteKeyLookup:
    """The read connection of verification, which refuses once the file is another one."""

    def __init__(self, file: DatabaseFile) -> None:
        self._file = file
        self._writability = writability.Writability(file.path)
        self._execute = file.connection.cursor().execute
        self._require_recent = file.require_recent

    async def find(self, pid: str) -> VerifierRow | None:
        """The key with this pid as it is committed now; raises `StoreUnavailableError`."""
        try:
            rows = self._execute(_FIND, (pid,)).fetchall()
        except sqlite3.Error as error:
            raise StoreUnavailableError from error
        self._require_recent()
        return VerifierRow._make(rows[0]) if rows else None

    async def check(self) -> str | None:
        """What keeps the store from being ready, or nothing; raises `StoreUnavailableError`."""
        try:
            found = self._file.look() or schema.check(self._file.connection)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED:
                raise StoreDamagedError from error
            raise StoreUnavailableError from error
        return found or await self._writability.check()

    async def aclose(self) -> None:
        """Close the connection."""
        self._file.connection.close()
