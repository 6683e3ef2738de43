"""Databases with the contents of a template, lent to one test after another.

A new database costs far more than most tests, and so does TRUNCATE, which makes every file anew.
What comes back gets the rows of the template by DELETE and INSERT. Whatever else a test may have
changed shows in a fingerprint of the schema; a database whose fingerprint is another one is not
lent again, nor is one that has grown.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

SECONDS = 120.0
"""Seconds for a statement, which would wait for ever for a lock that is not given back."""

_PATIENCE_MS = 20_000

_LARGEST = 128 * 1024
"""Bytes of a table. What was deleted still takes room, so that plans would be other ones."""

# A row that every change makes anew is known by its xmin. Guards are switched off and on again
# while a database is restored, and pg_class counts rows: of those the columns count.
_FINGERPRINT = """
    SELECT md5(string_agg(fact, E'\\n' ORDER BY fact)) FROM (
        SELECT 'class ' || (oid, relname, relnamespace, reltype, relowner, relam, relkind,
            reltoastrelid, relpersistence, relrowsecurity, relforcerowsecurity, relispopulated,
            relacl, reloptions)::text AS fact FROM pg_class WHERE oid >= 16384
        UNION ALL SELECT 'trigger ' || (oid, tgrelid, tgname, tgfoid, tgtype, tgenabled,
            tgattr::text, tgargs, tgqual::text)::text FROM pg_trigger
        UNION ALL SELECT 'index ' || (indexrelid, indrelid, indisunique, indisvalid, indisready,
            indkey::text)::text FROM pg_index WHERE indexrelid >= 16384
        UNION ALL SELECT 'column ' || (attrelid, attnum, xmin)::text
            FROM pg_attribute WHERE attrelid >= 16384
        UNION ALL SELECT 'default ' || (oid, xmin)::text FROM pg_attrdef
        UNION ALL SELECT 'constraint ' || (oid, xmin)::text FROM pg_constraint
        UNION ALL SELECT 'rule ' || (oid, xmin)::text FROM pg_rewrite
        UNION ALL SELECT 'policy ' || (oid, xmin)::text FROM pg_policy
        UNION ALL SELECT 'function ' || (oid, xmin)::text FROM pg_proc WHERE oid >= 16384
        UNION ALL SELECT 'type ' || (oid, xmin)::text FROM pg_type WHERE oid >= 16384
        UNION ALL SELECT 'schema ' || (oid, xmin)::text FROM pg_namespace
        UNION ALL SELECT 'extension ' || (oid, xmin)::text FROM pg_extension
        UNION ALL SELECT 'comment ' || (objoid, classoid, objsubid, xmin)::text
            FROM pg_description WHERE objoid >= 16384
        UNION ALL SELECT 'sequence ' || (seqrelid, xmin)::text FROM pg_sequence
        UNION ALL SELECT 'statistics ' || (starelid, staattnum)::text
            FROM pg_statistic WHERE starelid >= 16384
        UNION ALL SELECT 'database ' || (datdba, datallowconn, datconnlimit, datacl)::text
            FROM pg_database WHERE datname = current_database()
        UNION ALL SELECT 'setting ' || (setrole, setconfig)::text FROM pg_db_role_setting
            WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) AS facts
"""
# False if one of them is still there in the end.
_END_OTHERS = f"""
    SELECT coalesce(bool_and(pg_terminate_backend(pid, {_PATIENCE_MS})), true)
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_TABLES = "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND oid >= 16384 ORDER BY 1"
_SEQUENCES = """
    SELECT format('SELECT setval(%L, %s, %L)', format('%I.%I', schemaname, sequencename),
                  coalesce(last_value, start_value), last_value IS NOT NULL) FROM pg_sequences
"""
_ROW_AND_DELETE = 1 | 8
_GUARDS = f"""
    SELECT tgrelid::regclass::text AS on_table, tgname AS name FROM pg_trigger
    WHERE tgtype & {_ROW_AND_DELETE} = {_ROW_AND_DELETE} AND tgenabled = 'A'
"""
_HAS_GROWN = f"""
    SELECT bool_or(pg_relation_size(oid) > {_LARGEST}) FROM pg_class
    WHERE relkind IN ('r', 'i') AND oid >= 16384
"""


@dataclass(frozen=True)
class _Original:
    """A copy as it was before it was lent, and the statements that bring its rows back."""

    fingerprint: str
    restoring: str


class Copies:
    """The copies of one template that this process has."""

    def __init__(
        self, new: Callable[[], Awaitable[str]], drop: Callable[[str], Awaitable[None]]
    ) -> None:
        self._new = new
        self._drop = drop
        self._free: list[str] = []
        self._original: _Original | None = None

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[str]:
        """Yields the URL of a database that is as the template is."""
        url = self._free.pop() if self._free else await self._made()
        try:
            yield url
        finally:
            if await self._restore(url):
                self._free.append(url)
            else:
                await self._drop(url)

    async def _made(self) -> str:
        url = await self._new()
        if self._original is None:
            async with _connected(url) as connection:
                self._original = await _look_at(connection)
        return url

    async def _restore(self, url: str) -> bool:
        assert self._original is not None
        async with _connected(url) as connection:
            if not await connection.fetchval(_END_OTHERS):
                return False
            if await connection.fetchval(_FINGERPRINT) != self._original.fingerprint:
                return False
            if await connection.fetchval(_HAS_GROWN):
                return False
            await connection.execute(self._original.restoring)
            return True


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(url, command_timeout=SECONDS)
    try:
        yield connection
    finally:
        await connection.close()


async def _look_at(connection: Connection) -> _Original:
    tables = [name for (name,) in await connection.fetch(_TABLES)]
    guards = await connection.fetch(_GUARDS)
    statements = [
        # What triggers wrote for these rows is among the rows.
        "SET LOCAL session_replication_role = replica",
        *(f"ALTER TABLE {on_table} DISABLE TRIGGER {name}" for on_table, name in guards),
        *(f"DELETE FROM {table}" for table in tables),
        *(f"ALTER TABLE {on_table} ENABLE ALWAYS TRIGGER {name}" for on_table, name in guards),
    ]
    for table in tables:
        rows = await connection.fetchval(f"SELECT json_agg(it)::text FROM {table} AS it")
        if rows is not None:
            quoted = await connection.fetchval("SELECT quote_literal($1)", rows)
            recordset = f"json_populate_recordset(null::{table}, {quoted})"
            statements.append(f"INSERT INTO {table} SELECT * FROM {recordset}")
    statements += [each for (each,) in await connection.fetch(_SEQUENCES)]
    restoring = "; ".join(["BEGIN", *statements, "COMMIT"])
    return _Original(await connection.fetchval(_FINGERPRINT), restoring)
