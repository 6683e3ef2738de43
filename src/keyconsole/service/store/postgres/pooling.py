"""Poolers such as PgBouncer between the service and its server.

In session mode a connection has a server session to itself, as without a pooler: supported. In
transaction mode the next statement may run in another session, in which neither our settings nor
our prepared statements are. Such a pooler is refused at the start, and readiness looks for it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import asyncpg

from keyconsole.core.errors import ConfigurationError
from keyconsole.core.urls import without_password
from keyconsole.service.store.postgres.connecting import Primary

CONNECTIONS = 17
"""Connections that a process opens at most; in session mode each needs a server session."""

SHARED = (
    "A pooler in transaction mode is between the service and PostgreSQL. Set pool_mode = session "
    "for this database in the pooler, or name the server itself in the database URL."
)

_ROUNDS = 3
_SECONDS = 4.0
_ANOTHER_SESSION = ("26000", "42P05")
"""A statement is not there that was prepared, or is there that was not."""
_NO_TRANSACTIONS = "statement pooling mode"
"""PgBouncer's message when it ends a connection for a transaction in statement mode."""

_BACKEND = "SELECT pg_backend_pid()"


def is_pooled(connection: Primary) -> bool:
    """Returns if something between answers in the name of the server, with another process id."""
    found = getattr(connection, "backend", None)
    return found is not None and found != connection.get_server_pid()


def is_another_session(error: BaseException | None) -> bool:
    """Returns if an error says that a statement met a session that it was not prepared in."""
    return getattr(error, "sqlstate", None) in _ANOTHER_SESSION


async def require_sessions(url: str, opened: Callable[[], Awaitable[Primary]]) -> None:
    """Raises `ConfigurationError` for a pooler that shares sessions, or has too few of them.

    Raises what the driver raises where there is no connection to be had.
    """
    try:
        one = await opened()
    except asyncpg.PostgresError as error:
        if is_another_session(error):
            raise ConfigurationError(SHARED) from error
        raise
    try:
        if is_pooled(one) and await _is_shared_with_another(url, one, opened):
            raise ConfigurationError(SHARED)
    finally:
        await _hang_up(one)


async def _is_shared_with_another(
    url: str, one: Primary, opened: Callable[[], Awaitable[Primary]]
) -> bool:
    try:
        async with asyncio.timeout(_SECONDS):
            other = await opened()
    except TimeoutError as error:
        raise ConfigurationError(
            f"The pooler at {without_password(url)} has no second connection to give: "
            f"default_pool_size has to be {CONNECTIONS} for each process at least."
        ) from error
    except asyncpg.PostgresError as error:
        if is_another_session(error):
            return True
        raise
    try:
        return await are_shared(one, other)
    finally:
        await _hang_up(other)


async def are_shared(one: Primary, other: Primary) -> bool:
    """Returns if two open connections meet in one session, or one of them changes its session.

    While the second has a transaction open, its session is taken: the first must keep its own.
    Raises what the driver raises for any other reason.
    """
    try:
        async with asyncio.timeout(_SECONDS):
            for _ in range(_ROUNDS):
                if await _meet(one, other):
                    return True
    except TimeoutError:  # the only session is taken: nobody waits for one of their own
        return True
    except asyncpg.PostgresError as error:
        if is_another_session(error) or _NO_TRANSACTIONS in str(error):
            return True
        raise
    return False


async def _meet(one: Primary, other: Primary) -> bool:
    ours = await one.fetchval(_BACKEND)
    if ours != await one.fetchval(_BACKEND):
        return True
    async with other.transaction():
        return bool(ours == await other.fetchval(_BACKEND) or ours != await one.fetchval(_BACKEND))


async def _hang_up(connection: Primary) -> None:
    """Closes a connection in order, so that the server logs no error."""
    with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await connection.close(timeout=_SECONDS)
