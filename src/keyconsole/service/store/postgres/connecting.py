"""A connection to the primary: where the driver is asked, and what its refusals are called."""

import asyncio
import contextlib
import socket
import ssl
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary, WeakSet

import asyncpg
import sqlalchemy as sa
from asyncpg.connect_utils import SessionAttribute

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.logs import log
from keyconsole.service.store.engine import (
    BUSY_SECONDS,
    StoreUnavailableError,
    StoreUnwritableError,
)
from keyconsole.service.store.postgres import tls
from keyconsole.service.store.postgres.address import Address, Keepalive, parse, unknown

CONNECT_SECONDS = BUSY_SECONDS
START_SECONDS = 60.0
"""The longest `connect_timeout` at the start, in seconds; requests wait `CONNECT_SECONDS`."""
END_SECONDS = 2.0
"""Seconds that the end of a connection waits for the server."""

NAME = "keyconsole"

Primary: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

OF_THE_MOMENT = (
    "08",  # the connection broke
    "26000",  # a pooler gave it the session of somebody else, where it has prepared nothing
    "42P05",
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
"""The codes among them for a disk that is full or failing."""

_OF_A_SETTING = ("22", "42", "55P02")
"""Error codes for a setting that is unknown, needs other rights, or has no such value."""

_KEEPALIVES = (
    ("idle_seconds", "TCP_KEEPIDLE"),
    ("interval_seconds", "TCP_KEEPINTVL"),
    ("count", "TCP_KEEPCNT"),
    ("user_timeout_ms", "TCP_USER_TIMEOUT"),
)


class NotEncryptedError(ConnectionError):
    """The server speaks no TLS."""


class StandbyError(ConnectionError):
    """The server is not the primary."""


class Session(asyncpg.Connection):
    """A connection of the driver that knows its transport, and the process that serves it.

    `server` is when the server was started, and which of its databases this is.
    """

    __slots__ = ("backend", "server", "transport")

    def __init__(self, protocol: Any, transport: Any, *rest: Any) -> None:
        super().__init__(protocol, transport, *rest)
        self.transport: asyncio.Transport = transport
        self.backend: int | None = None
        self.server: tuple[object, object] | None = None

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the driver's
        """Closes in order, or hangs up on a server that keeps silent."""
        with contextlib.suppress(TimeoutError):
            await super().close(timeout=END_SECONDS if timeout is None else timeout)


_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, WeakSet[Session]]] = (
    WeakKeyDictionary()
)
"""The sessions of this process, by event loop and URL."""


async def connect(url: str, *, silence: float | None = None, **settings: str) -> Primary:
    """Connects to a server that is no standby, with these settings.

    Raises as `connect_within` does, after `CONNECT_SECONDS` at the latest.
    """
    return await connect_within(CONNECT_SECONDS, url, silence=silence, **settings)


async def connect_within(
    longest: float, url: str, /, *, silence: float | None = None, **settings: str
) -> Primary:
    """Connects as `connect`, with another limit of time.

    Each host has the seconds of `connect_timeout`, all of them together `longest`. A statement
    that gets no answer for `silence` seconds raises `TimeoutError`; without it, it waits for ever.
    Raises `ConfigurationError` for a URL that cannot be meant, and else what the driver raises:
    `OSError`, `TimeoutError`, or its own.
    """
    address = parse(url)
    name = settings.pop("application_name", NAME)
    if address.application_name:
        name = name.replace(NAME, address.application_name, 1)
    seconds = min(address.connect_seconds or CONNECT_SECONDS, longest)
    if len(address.hosts) > 1:
        seconds = min(seconds, longest / len(address.hosts))
    failures: list[Exception] = []
    for host, port in address.hosts:
        try:
            session = await _connect(address, host, port, name, settings, seconds, silence)
        except (OSError, asyncpg.CannotConnectNowError) as error:  # another host may do
            failures.append(error)
        else:
            _leave_others(url, session)
            return session
    raise max(failures, key=_says)


def _leave_others(url: str, session: Session) -> None:
    """Ends the sessions with another server than the one that the URL leads to by now.

    A server that another one took over from may go on answering: a revoke that is written to one
    of them is not seen on the other. So all sessions of a process are with the same server.
    """
    sessions = _sessions.setdefault(asyncio.get_running_loop(), {}).setdefault(url, WeakSet())
    for other in list(sessions):
        if other.server != session.server:
            sessions.discard(other)
            if not other.is_closed():
                log.warning("a connection to another server than the URL leads to now is ended")
                other.terminate()
    sessions.add(session)


def _says(failure: Exception) -> int:
    """Returns how much a failure says of why no host could be used."""
    if isinstance(failure, (ssl.SSLError, NotEncryptedError, StandbyError)):
        return 2
    return 0 if isinstance(failure, FileNotFoundError) else 1


async def _connect(
    address: Address,
    host: str,
    port: int,
    name: str,
    settings: dict[str, str],
    seconds: float,
    silence: float | None,
) -> Session:
    """Connects to one host, encrypted or not as its mode says."""
    failures: list[Exception] = []
    for context in tls.attempts(address.tls, host):
        try:
            async with asyncio.timeout(seconds):
                connection = await _opened(address, host, port, context, name, silence)
                try:
                    await _prepare(connection, settings, address)
                except BaseException:
                    connection.terminate()
                    raise
                return connection
        except asyncpg.InvalidPasswordError:
            raise
        except (
            NotEncryptedError,
            ssl.SSLError,
            asyncpg.InvalidAuthorizationSpecificationError,
        ) as error:
            failures.append(error)
    raise next((each for each in failures if not isinstance(each, OSError)), failures[-1])


async def _opened(
    address: Address,
    host: str,
    port: int,
    context: ssl.SSLContext | None,
    name: str,
    silence: float | None,
) -> Session:
    startup = {"application_name": name}
    if address.startup_options:
        startup["options"] = address.startup_options
    try:
        connection: Session = await asyncpg.connect(
            host=host,
            port=port,
            user=address.user,
            password=address.password,
            passfile=address.passfile or None,
            database=address.database,
            ssl=context or False,
            direct_tls=address.tls.is_direct and context is not None,
            target_session_attrs=SessionAttribute.any,
            connection_class=Session,
            command_timeout=silence,
            server_settings=startup,
        )
    except ConnectionError as error:
        if "rejected SSL upgrade" in str(error):
            raise NotEncryptedError from error
        raise
    _keep_alive(connection.transport.get_extra_info("socket"), address.keepalive)
    return connection


async def _prepare(connection: Session, settings: dict[str, str], address: Address) -> None:
    """Resets the session, applies our settings, and requires the primary.

    A pooler may hand out a session that somebody else left statements and settings in.
    """
    await connection.execute("DISCARD ALL")
    for name, value in address.settings:
        try:
            await connection.execute(_set(name, value))
        except asyncpg.PostgresError as error:
            if not str(error.sqlstate).startswith(_OF_A_SETTING):
                raise
            sentence = f"The database URL sets {name}, which the server does not accept here."
            if isinstance(error, asyncpg.UndefinedObjectError):
                sentence = unknown(name)
            raise ConfigurationError(sentence) from error
    [row] = await connection.fetch(
        "SELECT pg_backend_pid() AS backend, pg_is_in_recovery() AS is_standby, "
        "pg_postmaster_start_time() AS started, "
        "(SELECT oid FROM pg_database WHERE datname = current_database()) AS database"
    )
    if row["is_standby"]:
        raise StandbyError
    connection.backend, connection.server = row["backend"], (row["started"], row["database"])
    ours = settings if "jit" in dict(address.settings) else {"jit": "off"} | settings
    await connection.execute("; ".join(_set(*each) for each in ours.items()))


def _set(name: str, value: str) -> str:
    return f"SELECT set_config({_literal(name)}, {_literal(value)}, false)"


def _literal(text: str) -> str:
    doubled = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{doubled}'"


def _keep_alive(connected: Any, keepalive: Keepalive) -> None:
    if connected is None or connected.family == socket.AF_UNIX:
        return
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(keepalive.is_on))
    for attribute, option in _KEEPALIVES:
        value = getattr(keepalive, attribute)
        if value is not None and hasattr(socket, option):  # not every system has each
            connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


REFUSALS = (
    OSError,
    ConfigurationError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""The exceptions of `connect` and `connect_within`."""


def is_of_the_moment(error: sa.exc.DBAPIError) -> bool:
    """Returns true if a statement failed because of the server and not because of its text."""
    if error.connection_invalidated:
        return True
    code: Any = getattr(error.orig, "sqlstate", None)
    return isinstance(code, str) and code.startswith(OF_THE_MOMENT)


def refusal(error: sa.exc.DBAPIError) -> StoreUnavailableError:
    """Returns the store's error for a statement that failed because of the server."""
    if getattr(error.orig, "sqlstate", None) in OF_THE_DISK:
        return StoreUnwritableError()
    return StoreUnavailableError()


def unavailable(error: BaseException) -> StoreUnavailableError:
    """Returns the store's error for one of the driver, whose text may hold a secret."""
    made = StoreUnavailableError(type(error).__name__)
    made.__cause__ = error
    return made
