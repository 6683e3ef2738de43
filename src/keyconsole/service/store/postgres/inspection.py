"""A database on a server looked at without changing it: for `service check`."""

import asyncpg

from keyconsole.core.urls import without_password
from keyconsole.service.store.inspection import (
    ROOT_USES,
    SEEN_ROOTS,
    TIMES,
    WIDE_TOKENS,
    Finding,
    Inspection,
    WrittenTimes,
    guards_finding,
    not_checked,
    root_uses,
    schema_finding,
)
from keyconsole.service.store.postgres import pooling, schema, triggers
from keyconsole.service.store.postgres.connecting import START_SECONDS, Primary, connect_within
from keyconsole.service.store.postgres.refusals import refusal

_OF_THE_SCHEMA = ("guards", "durability")
_DURABILITY = {"fsync": "on", "full_page_writes": "on"}


async def inspect(url: str, now: int) -> Inspection:
    """Inspects a database; never makes or migrates one."""

    async def connected() -> Primary:
        return await connect_within(START_SECONDS, url, default_transaction_read_only="on")

    try:
        await pooling.require_sessions(url, connected)
        connection = await connected()
        try:
            return await _inspect(connection, url, now)
        finally:
            await connection.close()
    except Exception as error:
        if (sentence := refusal(url, error)) is None:
            raise
        failed = Finding("database", ok=False, message=sentence)
        unread = ("server", "schema", *_OF_THE_SCHEMA)
        return Inspection([failed, *map(not_checked, unread)], [])


async def _inspect(connection: Primary, url: str, now: int) -> Inspection:
    findings = [Finding("database", ok=True, message=without_password(url))]
    [server] = await connection.fetch(schema.FITNESS)
    unfit = schema.unfit(**server)
    message = unfit or f"PostgreSQL {server['version']}, the primary"
    findings.append(Finding("server", ok=not unfit, message=message))
    findings.append(schema_finding(await _revision(connection)))
    if not findings[-1].ok:
        return Inspection([*findings, *map(not_checked, _OF_THE_SCHEMA)], [])
    missing = triggers.absent(await connection.fetch(triggers.PRESENT))
    findings.append(guards_finding(len(triggers.GUARDS), missing))
    findings.append(await _durability(connection))
    counted = await connection.fetch(ROOT_USES.format(now="$1"), now)
    seen = await connection.fetch(SEEN_ROOTS)
    roots = root_uses(map(tuple, seen), map(tuple, counted))
    [written] = await connection.fetch(TIMES)
    times = WrittenTimes(*(each or 0 for each in written))
    wide = [row[0] for row in await connection.fetch(WIDE_TOKENS.format(now="$1"), now)]
    return Inspection(findings, roots, times, wide)


async def _revision(connection: Primary) -> str | None:
    try:
        found: str | None = await connection.fetchval(schema.REVISION)
    except asyncpg.UndefinedTableError:
        return None
    return found


async def _durability(connection: Primary) -> Finding:
    found = {name: await connection.fetchval(f"SHOW {name}") for name in _DURABILITY}
    if found == _DURABILITY:
        return Finding("durability", ok=True, message="every commit on the disk")
    other = ", ".join(f"{name} = {value}" for name, value in found.items())
    return Finding(
        "durability", ok=False, message=f"A power cut would bring revoked keys back: {other}."
    )
