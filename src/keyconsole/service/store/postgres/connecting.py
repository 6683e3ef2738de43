"""A connection to the primary: where the driver is asked, and what its refusals are called."""

from typing import Any, TypeAlias

import asyncpg
import sqlalchemy as sa
from asyncpg.connect_utils import SessionAttribute

from keyconsole.service.store.engine import (
    BUSY_SECONDS,
    StoreUnavailableError,
    StoreUnwritableError,
)

CONNECT_SECONDS = BUSY_SECONDS

Primary: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

OF_THE_MOMENT = (
    "08",  # the connection broke
    "53",  # out of connections, memory or disk
    "57",  # shut down, starting, or a statement that took too long
    "58",  # the system around it failed
    "25006",  # it only reads: it became a standby, or somebody said so
    "25P03",  # a transaction that did nothing for too long
    "40001",
    "40P01",  # two who waited for each other
    "55P03",  # a lock that was not to be had in time
)
"""Error codes of what passes by itself, or once somebody has looked at the server."""

OF_THE_DISK = ("53100", "58030")
"""Those among them that say that its disk is full, or fails."""


async def connect(url: str, **settings: str) -> Primary:
    """A connection to a server that is no standby, with these settings.

    Raises what the driver raises: `OSError`, `TimeoutError`, or its own.
    """
    return await asyncpg.connect(
        url,
        timeout=CONNECT_SECONDS,
        server_settings={"application_name": "keyconsole", "jit": "off"} | settings,
        target_session_attrs=SessionAttribute.primary,
    )


REFUSALS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What `connect` raises where there is no connection to be had."""


def is_of_the_moment(error: sa.exc.DBAPIError) -> bool:
    """Whether a statement failed because of the server and not because of what it said."""
    if error.connection_invalidated:
        return True
    code: Any = getattr(error.orig, "sqlstate", None)
    return isinstance(code, str) and code.startswith(OF_THE_MOMENT)


def refusal(error: sa.exc.DBAPIError) -> StoreUnavailableError:
    """A statement that failed because of the server, in the store's words."""
    if getattr(error.orig, "sqlstate", None) in OF_THE_DISK:
        return StoreUnwritableError()
    return StoreUnavailableError()


def unavailable(error: BaseException) -> StoreUnavailableError:
    """The driver's refusal in the store's words; its own may name what nobody is to see."""
    made = StoreUnavailableError(type(error).__name__)
    made.__cause__ = error
    return made
