"""A database on PostgreSQL made ready at start: fit, ours, migrated, guarded. Or a refusal.

Processes may start at once, on many machines: whoever comes second waits for the first one's
turn, which keeps every writer out, then finds the work done.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.store import progress
from keyconsole.service.store.postgres import label_index, locks, pooling, triggers
from keyconsole.service.store.postgres.connecting import START_SECONDS, Primary, connect_within
from keyconsole.service.store.postgres.refusals import refusal
from keyconsole.service.store.revisions import HEAD, KNOWN, run_scripts

OLDEST = 14
_PATIENCE = "30s"
MIGRATION_ATTEMPTS = 60
"""So often, each for `_PATIENCE`, a start waits for another one that migrates: half an hour."""
_MARK = "keyconsole"
"""The comment on the table of the revision: it tells our database from another program's."""

FITNESS = """
    SELECT current_setting('server_version_num')::integer / 10000 AS version,
           pg_is_in_recovery() AS is_standby,
           current_setting('server_encoding') AS encoding,
           current_setting('synchronous_commit') AS commits,
           current_setting('synchronous_standby_names') <> '' AS has_standbys
"""
REVISION = "SELECT version_num FROM alembic_version"
IDENTITY = "SELECT id FROM database_identity"
_STATE = """
    SELECT to_regclass('alembic_version') IS NOT NULL AS is_made,
           pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS is_closed
"""

Rows = Callable[[str], Awaitable[Sequence[Any]]]
"""Runs a query: `fetch` of a connection of the driver."""


async def prepare(url: str) -> str:
    """Migrates the database, and puts every guard in its place. Returns its random id.

    Raises `ConfigurationError` with a sentence that says what to do, and no password.
    """

    async def connected() -> Primary:
        return await connect_within(START_SECONDS, url, lock_timeout=_PATIENCE)

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connected,
        poolclass=sa.NullPool,
        hide_parameters=True,
    )
    try:
        await pooling.require_sessions(url, connected)
        return await _prepared(engine)
    except ConfigurationError:
        raise
    except Exception as error:
        if (sentence := refusal(url, error)) is None:
            raise
        raise ConfigurationError(sentence) from error
    finally:
        await engine.dispose()


async def _prepared(engine: AsyncEngine) -> str:
    """Prepares, and returns the id. The holder of the lock may be migrating, which takes longer."""
    attempt = 1
    while True:
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(_prepare)
        except sa.exc.DBAPIError as error:
            is_locked = getattr(error.orig, "sqlstate", None) == "55P03"
            if not is_locked or attempt == MIGRATION_ATTEMPTS or await _is_newest(engine):
                raise
        attempt += 1
        progress.say(progress.WAITING)


async def _is_newest(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        return await connection.run_sync(revision) == HEAD


async def check(rows: Rows) -> str | None:
    """Returns why a running service is not ready, in a sentence, or None."""
    [state] = await rows(_STATE)
    if not state["is_made"] or (await rows(REVISION))[0][0] != HEAD:
        return "The schema is not the one of this version."
    if triggers.absent(await rows(triggers.PRESENT)):
        return "The database lacks a guard that keeps revoked keys revoked."
    if state["is_closed"]:
        return "The database cannot be written: it is a standby, or set to be read only."
    return None


def unfit(
    version: int, commits: str, encoding: str, *, is_standby: bool, has_standbys: bool
) -> str:
    """Returns why a server cannot keep revoked keys revoked, in a sentence; empty if it can."""
    if version < OLDEST:
        return f"The server is PostgreSQL {version}: it has to be {OLDEST} or newer."
    if is_standby:
        return "The server is a standby, which may not know of a revoke yet: name the primary."
    if encoding != "UTF8":
        return (
            f"The encoding of the database is {encoding}: make another one with "
            "createdb --encoding=UTF8 --template=template0."
        )
    if commits == "off":
        return (
            "synchronous_commit is off, so that a crash would bring a revoked key back: set it to "
            "on for this database."
        )
    if commits == "local" and has_standbys:
        return (
            "synchronous_commit is local, so that a failover to a synchronous standby would bring "
            "a revoked key back: set it to on or remote_apply for this database."
        )
    return ""


def _prepare(connection: sa.Connection) -> str:
    found = connection.exec_driver_sql(FITNESS).mappings().one()
    if sentence := unfit(**found):
        raise ConfigurationError(sentence)
    _refuse_strangers(connection)
    if not _is_ready(connection):
        connection.exec_driver_sql(locks.whole())
        if revision(connection) != HEAD:
            run_scripts(connection)
            connection.exec_driver_sql(f"COMMENT ON TABLE alembic_version IS '{_MARK}'")
        triggers.install(connection)
        label_index.install(connection)
    return str(connection.exec_driver_sql(IDENTITY).scalar_one())


def _is_ready(connection: sa.Connection) -> bool:
    return (
        revision(connection) == HEAD
        and not triggers.absent(connection.exec_driver_sql(triggers.PRESENT).all())
        and label_index.is_there(connection)
    )


def _refuse_strangers(connection: sa.Connection) -> None:
    tables, mark = connection.exec_driver_sql(
        "SELECT (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') "
        "AND relnamespace = to_regnamespace(current_schema()::text)), "
        "obj_description(to_regclass('alembic_version'), 'pg_class')"
    ).one()
    if tables and mark != _MARK:
        raise ConfigurationError(
            "The database is one of another program: name another one with --database-url."
        )
    found = revision(connection)
    if found is not None and found not in KNOWN:
        raise ConfigurationError(
            f"The database was written by a newer keyconsole (schema {found}): upgrade this one."
        )


def revision(connection: sa.Connection) -> str | None:
    """Returns the revision of a database; None if it has none yet."""
    if not connection.exec_driver_sql(_STATE).one().is_made:
        return None
    return connection.exec_driver_sql(REVISION).scalar_one_or_none()
