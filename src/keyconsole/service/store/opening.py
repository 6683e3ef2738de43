"""Opens the database that the URL names, SQLite or PostgreSQL."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.engine import Store
from keyconsole.service.store.inspection import Inspection
from keyconsole.service.store.lookup import KeyLookup


class OpenDatabase(NamedTuple):
    """An open database, as management and verification use it."""

    store: Store
    lookup: KeyLookup
    identity: str
    """The identity by which workers open the same database."""
    is_new: bool = False
    """True if it was made just now."""


async def open_database(settings: ServiceSettings) -> OpenDatabase:
    """Makes the database ready, and opens what management and verification use of it.

    Raises `ConfigurationError` with a sentence that says what to do, also where it is not the
    database that `settings.expected_database` names.
    """
    if settings.is_postgresql:
        return await _open_server(settings.database_url, settings.expected_database)
    return await _open_file(settings.database_path, settings.expected_database)


def inspect(settings: ServiceSettings, now: int) -> Inspection:
    """Inspects the database; never makes or migrates one. Blocks: call it in a thread.

    Raises `ConfigurationError` for a URL of neither kind.
    """
    if settings.is_postgresql:
        require_driver()
        from keyconsole.service.store.postgres import inspection as server

        return asyncio.run(server.inspect(settings.database_url, now))
    from keyconsole.service.store.sqlite import inspection as file

    return file.inspect(settings.database_path, now)


async def _open_file(path: Path, expected: str | None) -> OpenDatabase:
    from keyconsole.service.store.sqlite.engine import SqliteStore
    from keyconsole.service.store.sqlite.identity import Identity
    from keyconsole.service.store.sqlite.lookup import SqliteKeyLookup
    from keyconsole.service.store.sqlite.opening import open_file

    wanted = None if expected is None else Identity.parse(expected)
    file, lease, is_new = await asyncio.to_thread(open_file, path, wanted)
    store = SqliteStore(file, lease)
    return OpenDatabase(store, SqliteKeyLookup(file), str(file.identity), is_new)


async def _open_server(url: str, expected: str | None) -> OpenDatabase:
    require_driver()
    from keyconsole.service.store.postgres import schema
    from keyconsole.service.store.postgres.engine import PostgresStore
    from keyconsole.service.store.postgres.lookup import PostgresKeyLookup

    identity = await schema.prepare(url)
    if expected is not None and identity != expected:
        raise ConfigurationError(
            "The database is not the one that this service was started with. Restart the service "
            "if that is meant."
        )
    lookup = await PostgresKeyLookup.open(url)
    return OpenDatabase(PostgresStore(url), lookup, identity)


def require_driver() -> None:
    """Loads the driver of PostgreSQL; raises `ConfigurationError` if it is not installed."""
    try:
        import asyncpg  # noqa: F401
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "The driver of PostgreSQL is missing: pip install asyncpg."
        ) from error


@contextmanager
def hold_database(settings: ServiceSettings) -> Iterator[tuple[bool, Callable[[], str | None]]]:
    """Makes the database ready, and keeps other processes from opening another in its place.

    Yields whether it was made just now, and a function that says, if it was exchanged all the
    same, what was found. A server keeps its database by itself. Raises `ConfigurationError`.
    """
    if settings.is_postgresql:
        yield False, lambda: None
        return
    from keyconsole.service.store.sqlite.opening import open_file

    file, lease, is_new = open_file(settings.database_path)
    try:
        yield is_new, file.look
    finally:
        file.close()
        lease.close()
