"""Poolers such as PgBouncer between the service and its server.

In session mode a connection has a server session to itself, as without a pooler: supported. In
transaction mode the next statement may run in another session, in which neither our settings nor
our prepared statements are. Such a pooler is refused at the start, and readiness looks for it.
"""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg

from keyconsole.errors import ConfigurationError
from keyconsole.service.store.postgres.connecting import Primary
from keyconsole.urls import without_password

CONNECTIONS = 17
"""How many connections a process opens at most: as many server sessions, in session mode."""

SHARED = (
    "A pooler in transaction mode is between the service and PostgreSQL. Set pool_mode = session "
    "for this database in the pooler, or name the server itself in the database URL."
)

_ROUNDS = 3
_SECONDS = 4.0
_ANOTHER_SESSION = ("26000", "42P05", "08P01")
"""A statement was prepared in another session, or a transaction is not allowed at all."""

_BACKEND = "SELECT pg_backend_pid()"


def is_pooled(connection: Primary) -> bool:
    """Returns if something between answers in the name of the server, with another process id."""
    found = getattr(connection, "backend", None)
    return found is not None and found != connection.get_server_pid()


def is_another_session(error: BaseException | None) -> bool:
    """Returns if an error says that a statement met a session that it was not prepared in."""
    return getattr(error, "sqlstate", None) in _ANOTHER_SESSION


async def require_sessions(url: str, opened: Callable[[], Awaitable[Primary]]) -> None:
    """Raises `ConfigurationError` for a pooler that shares sessions, or has too few of them."""
    one = await opened()
    try:
        if not is_pooled(one):
            return
        try:
            async with asyncio.timeout(_SECONDS):
                other = await opened()
        except TimeoutError as error:
            raise ConfigurationError(
                f"The pooler at {without_password(url)} has no second connection to give: "
                f"default_pool_size has to be {CONNECTIONS} for each process at least."
            ) from error
        try:
            if await are_shared(one, other):
                raise ConfigurationError(SHARED)
        finally:
            other.terminate()
    finally:
        one.terminate()


async def are_shared(one: Primary, other: Primary) -> bool:
    """Returns if two open connections meet in one session, or one of them changes its session.

    While the second has a transaction open, its session is taken: the first must keep its own.
    """
    try:
        async with asyncio.timeout(_SECONDS):
            for _ in range(_ROUNDS):
                ours = await one.fetchval(_BACKEND)
                if ours != await one.fetchval(_BACKEND):
                    return True
                async with other.transaction():
                    if ours == await other.fetchval(_BACKEND):
                        return True
                    if ours != await one.fetchval(_BACKEND):
                        return True
    except (asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return True
    return False
