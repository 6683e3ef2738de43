"""Which database keeps the keys: the URL says it, and nothing else in the service asks."""

import asyncio
from pathlib import Path

from keyconsole.errors import ConfigurationError
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.engine import Store
from keyconsole.service.store.inspection import Inspection
from keyconsole.service.store.lookup import KeyLookup


async def open_database(settings: ServiceSettings) -> tuple[Store, KeyLookup]:
    """Make the database ready, and open what management and verification use of it.

    Raises `ConfigurationError` with a sentence that says what to do.
    """
    if settings.is_postgresql:
        return await _open_server(settings.database_url)
    return await _open_file(settings.database_path, is_mapped=settings.maps_database)


def inspect(settings: ServiceSettings, now: int) -> Inspection:
    """Look at the database; never makes or migrates one. Blocks: call it in a thread.

    Raises `ConfigurationError` for a URL of neither kind.
    """
    if settings.is_postgresql:
        require_driver()
        from keyconsole.service.store.postgres import inspection as server

        return asyncio.run(server.inspect(settings.database_url, now))
    from keyconsole.service.store.sqlite import inspection as file

    return file.inspect(settings.database_path, now)


async def _open_file(path: Path, *, is_mapped: bool) -> tuple[Store, KeyLookup]:
    from keyconsole.service.store.sqlite import schema
    from keyconsole.service.store.sqlite.engine import SqliteStore
    from keyconsole.service.store.sqlite.lookup import SqliteKeyLookup

    await asyncio.to_thread(schema.prepare, path)
    return SqliteStore(path, is_mapped=is_mapped), SqliteKeyLookup(path)


async def _open_server(url: str) -> tuple[Store, KeyLookup]:
    require_driver()
    from keyconsole.service.store.postgres import schema
    from keyconsole.service.store.postgres.engine import PostgresStore
    from keyconsole.service.store.postgres.lookup import PostgresKeyLookup

    await schema.prepare(url)
    lookup = await PostgresKeyLookup.open(url)
    return PostgresStore(url), lookup


def require_driver() -> None:
    """Load the driver of PostgreSQL; raises `ConfigurationError` where it is not installed."""
    try:
        import asyncpg  # noqa: F401
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "The driver of PostgreSQL is missing: pip install 'keyconsole[postgres]'."
        ) from error
