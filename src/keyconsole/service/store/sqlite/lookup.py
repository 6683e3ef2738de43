"""The one read of verification: stdlib sqlite3 on the event loop, no thread, no cache.

Autocommit, and every statement read to its end: an open read transaction or a half-read cursor
would go on seeing a key that another process has revoked (300 of 300 stale answers, measured).
"""

import sqlite3
from collections.abc import Sequence
from itertools import product
from typing import Any

from keyconsole.service.store import damage
from keyconsole.service.store.engine import StoreDamagedError, StoreUnavailableError
from keyconsole.service.store.lookup import DamagedRow, VerifierRow
from keyconsole.service.store.sqlite import schema, writability
from keyconsole.service.store.sqlite.identity import DAMAGED, DatabaseFile

_FIND = """
    SELECT k.integration_id, k.workspace_id, k.root_id, k.verifier, k.revoked_at, k.expires_at,
           k.disabled_at, k.disabled_until, k.disabled_then, k.allowed_ips, i.disabled_at,
           k.expiry_seen_at, k.scopes, i.scopes, k.limits
    FROM api_keys AS k JOIN integrations AS i ON i.id = k.integration_id
    WHERE k.pid = ?
"""


def _reader_of(field: str) -> damage.Processor:
    if field == "verifier":
        return damage.as_bytes
    return damage.as_number if field.endswith(("_at", "_until")) else damage.as_text


_READERS = [_reader_of(field) for field in VerifierRow._fields]
_TYPE_OF: dict[damage.Processor, type] = {
    damage.as_bytes: bytes,
    damage.as_number: int,
    damage.as_text: str,
}
_TYPES = [_TYPE_OF[reader] for reader in _READERS]
_REQUIRED = 4
_SOUND = {
    (*_TYPES[:_REQUIRED], *optional)
    for optional in product(*((each, type(None)) for each in _TYPES[_REQUIRED:]))
}
"""The types that the values of a row may have together."""


def _marked(found: Sequence[Any]) -> VerifierRow:
    return DamagedRow._make(read(value) for read, value in zip(_READERS, found, strict=True))


class SqliteKeyLookup:
    """The read connection of verification, which refuses once the file is another one."""

    def __init__(self, file: DatabaseFile) -> None:
        self._file = file
        self._writability = writability.Writability(file.path)
        self._cursor = file.connection.cursor()
        self._execute = self._cursor.execute
        self._require_recent = file.require_recent

    async def find(self, pid: str) -> VerifierRow | None:
        """Returns the key with this pid as it is committed now; raises `StoreUnavailableError`."""
        try:
            rows = self._execute(_FIND, (pid,)).fetchall()
        except sqlite3.Error as error:
            rows = self._find_damaged(pid, error)
        self._require_recent()
        if not rows:
            return None
        found = rows[0]
        return VerifierRow._make(found) if tuple(map(type, found)) in _SOUND else _marked(found)

    def _find_damaged(self, pid: str, error: sqlite3.Error) -> list[Any]:
        """Returns the rows of a statement that met a text which is not UTF-8; else raises.

        An error leaves the cursor half read, and its snapshot open, until the cursor is closed.
        """
        try:
            self._cursor.close()
            self._cursor = self._file.connection.cursor()
        except sqlite3.Error:
            raise StoreUnavailableError from error
        self._execute = self._cursor.execute
        if not damage.is_not_utf8(error):
            raise StoreUnavailableError from error
        connection = self._file.connection
        connection.text_factory = damage.decode
        try:
            return connection.execute(_FIND, (pid,)).fetchall()
        except sqlite3.Error as again:
            raise StoreUnavailableError from again
        finally:
            connection.text_factory = str

    async def check(self) -> str | None:
        """Returns why the store is not ready, or None; raises `StoreUnavailableError`."""
        try:
            found = self._file.look() or schema.check(self._file.connection)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED:
                raise StoreDamagedError from error
            raise StoreUnavailableError from error
        return found or await self._writability.check()

    async def aclose(self) -> None:
        """Closes the connection."""
        self._file.connection.close()
