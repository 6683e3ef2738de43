"""A PostgreSQL URL as platforms hand it out, read as libpq reads it.

`parse` is pure: it opens no file and asks no server. No sentence holds a value of the URL that
could be a part of a password.
"""

import getpass
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from keyconsole.core.errors import ConfigurationError
from keyconsole.core.safetext import show
from keyconsole.service.store.postgres.options import SETTING, startup_settings
from keyconsole.service.store.postgres.parameters import (
    HONOURED,
    NUMBERS,
    REFUSED,
    REFUSED_VARIABLES,
    SYNONYMS,
    VALUES,
)

_SCHEME = re.compile(r"postgres(?:ql)?(?:\+[a-z0-9_]+)?://", re.IGNORECASE)
_HOST = re.compile(r"(?P<host>\[[^\]]*\]|[^:\[\]]*)(?::(?P<port>.*))?", re.DOTALL)
_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})")
_USUAL_PLACES = ("/run/postgresql", "/var/run/postgresql", "/tmp", "localhost")  # noqa: S108
_PORT = "5432"

ENCODE = "What is special in a user, password or name is written as %40 is for @."


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The TLS settings of a connection, by libpq's names. `root` is a file or `system`."""

    mode: str = "prefer"
    root: str = ""
    certificate: str = ""
    key: str = ""
    password: str = field(default="", repr=False)
    revoked: str = ""
    oldest: str = "TLSv1.2"
    newest: str = ""
    is_direct: bool = False
    binds_channel: bool = False
    """`channel_binding=require`, which is kept by verifying the certificate: `verify-full`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keepalive:
    """TCP's own questions whether the other end is there. None leaves it to the system.

    Systems wait for two hours, and for a quarter of an hour once something was sent. For so long
    every writer of a process would wait for a server that is gone, and nobody could revoke.
    """

    is_on: bool = True
    idle_seconds: int | None = 10
    interval_seconds: int | None = 5
    count: int | None = 2
    user_timeout_ms: int | None = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A database URL in its parts. Its `repr` shows no password."""

    hosts: tuple[tuple[str, int], ...]
    user: str
    database: str
    password: str | None = field(default=None, repr=False)
    passfile: str = ""
    application_name: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    """Settings of the session: those of `options`, and parameters that libpq does not have."""
    startup_options: str = ""
    """`options` that are no such settings, which the server or a proxy understands."""
    connect_seconds: float | None = None
    tls: Tls = Tls()
    keepalive: Keepalive = Keepalive()


def parse(url: str, environ: Mapping[str, str] = os.environ) -> Address:
    """Returns what a URL says, and libpq's variables where it says nothing.

    Raises `ConfigurationError` with a sentence that names what is wrong.
    """
    given, others = _parameters(url)
    _refuse_variables(environ)
    values = {
        name: given.get(name) or environ.get(variable, "")
        for name, variable in HONOURED.items()
        if name in given or variable
    }
    _check(values, {name: variable for name, variable in HONOURED.items() if name not in given})
    settings, startup = startup_settings(values.get("options", ""))
    user = values["user"] or _account()
    return Address(
        hosts=_hosts(values["host"], values["port"]),
        user=user,
        database=values["dbname"] or user,
        password=values["password"] or None,
        passfile=values["passfile"],
        application_name=values["application_name"] or values.get("fallback_application_name", ""),
        settings=(*settings, *others.items()),
        startup_options=startup,
        connect_seconds=_seconds(values["connect_timeout"]),
        tls=_tls(values),
        keepalive=_keepalive(values),
    )


def _refuse_variables(environ: Mapping[str, str]) -> None:
    for variable, name in REFUSED_VARIABLES.items():
        if environ.get(variable):
            raise ConfigurationError(f"{variable} {REFUSED[name]}.")


def _parameters(url: str) -> tuple[dict[str, str], dict[str, str]]:
    """Returns libpq's parameters, those behind the `?` before the others, and all other ones.

    The latter are settings of the server, as with the driver's own URLs: it names what it does
    not know.
    """
    match = _SCHEME.match(url)
    if match is None:
        raise ConfigurationError("The database URL does not begin with postgresql://.")
    place, _, query = url[match.end() :].partition("?")
    authority, _, path = place.partition("/")
    signed_in, _, hosts = authority.rpartition("@")
    user, _, password = signed_in.partition(":")
    found = {"user": _decoded(user), "password": _decoded(password), "dbname": _decoded(path)}
    found["host"], found["port"] = _host_list(hosts)
    others = {}
    for each in filter(None, query.split("&")):
        name, equals, value = each.partition("=")
        name = _decoded(name)
        if not equals:
            raise ConfigurationError(f"The database URL has a parameter without a value. {ENCODE}")
        name, value = SYNONYMS.get(name, name), _decoded(value)
        if (name, value) == ("ssl", "true"):  # as libpq takes URLs of JDBC
            name, value = "sslmode", "require"
        if name in HONOURED:
            found[name] = value
        elif name in REFUSED:
            raise ConfigurationError(f"{name} in the database URL {REFUSED[name]}.")
        elif SETTING.fullmatch(name):
            others[name] = value
        else:
            raise ConfigurationError(unknown(name))
    return {name: value for name, value in found.items() if value}, others


def unknown(name: str) -> str:
    """Returns the sentence for a parameter that neither libpq nor the server knows."""
    return f"The database URL has the parameter {show(name[:64])}, which PostgreSQL does not know."


def _decoded(text: str) -> str:
    if _ENCODED.search(text):
        raise ConfigurationError(f"The database URL has a % that encodes nothing. {ENCODE}")
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise ConfigurationError("The database URL encodes what is not UTF-8.") from error
    if "\0" in decoded:
        raise ConfigurationError("The database URL encodes a zero byte.")
    return decoded


def _host_list(text: str) -> tuple[str, str]:
    """Returns the hosts and the ports of an authority, each separated by commas."""
    hosts, ports = [], []
    for each in text.split(","):
        match = _HOST.fullmatch(each)
        if match is None:
            raise ConfigurationError(
                "A host of the database URL is neither a name, an address (IPv6 as [::1]) nor a "
                f"directory. {ENCODE}"
            )
        hosts.append(_decoded(match["host"]).strip("[]"))
        ports.append(_decoded(match["port"] or ""))
    return ",".join(hosts), ",".join(ports) if any(ports) else ""


def _hosts(hosts: str, ports: str) -> tuple[tuple[str, int], ...]:
    names = hosts.split(",") if hosts else list(_USUAL_PLACES)
    numbers = [_port(each) for each in (ports or _PORT).split(",")]
    if len(numbers) == 1:
        numbers *= len(names)
    if len(numbers) != len(names):
        raise ConfigurationError(
            f"The database URL names {len(numbers)} ports for {len(names)} hosts."
        )
    return tuple((name or "localhost", number) for name, number in zip(names, numbers, strict=True))


def _port(text: str) -> int:
    text = text or _PORT
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 65_535):
        # It may be a password with a slash in it: it is not repeated.
        raise ConfigurationError(
            f"A port of the database URL is not a number from 1 to 65535. {ENCODE}"
        )
    return int(text)


def _check(values: Mapping[str, str], variables: Mapping[str, str]) -> None:
    """Raises `ConfigurationError` for a value of the URL or a variable that cannot be kept."""

    def called(name: str) -> str:
        return variables.get(name) or f"{name} in the database URL"

    for name, (known, why) in VALUES.items():
        if (value := values.get(name)) and value not in known:
            reason = f", since {why}" if why else ""
            raise ConfigurationError(f"{called(name)} is {_any_of(known)}{reason}.")
    for name in NUMBERS:
        if (value := values.get(name)) and not re.fullmatch(r"-?[0-9]{1,9}", value.strip()):
            raise ConfigurationError(f"{called(name)} is a whole number.")


def _any_of(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}"


def _tls(values: Mapping[str, str]) -> Tls:
    mode, root = values["sslmode"], values["sslrootcert"]
    binds = values["channel_binding"] == "require"
    if root == "system":
        mode = mode or "verify-full"
        if mode != "verify-full":
            raise ConfigurationError("sslrootcert=system needs sslmode=verify-full.")
    if binds:
        if mode == "disable":
            raise ConfigurationError("channel_binding=require needs TLS: take sslmode=disable out.")
        mode, root = "verify-full", root or "system"
    mode = mode or "prefer"
    is_direct = values["sslnegotiation"] == "direct"
    if is_direct and mode in ("disable", "allow", "prefer"):
        raise ConfigurationError("sslnegotiation=direct needs sslmode=require or a stronger one.")
    return Tls(
        mode=mode,
        root=root,
        certificate=values["sslcert"],
        key=values["sslkey"],
        password=values.get("sslpassword", ""),
        revoked=values["sslcrl"],
        oldest=values["ssl_min_protocol_version"] or "TLSv1.2",
        newest=values["ssl_max_protocol_version"],
        is_direct=is_direct,
        binds_channel=binds,
    )


def _keepalive(values: Mapping[str, str]) -> Keepalive:
    """Returns what libpq's parameters say; 0 leaves it to the system."""
    named = {
        "idle_seconds": "keepalives_idle",
        "interval_seconds": "keepalives_interval",
        "count": "keepalives_count",
        "user_timeout_ms": "tcp_user_timeout",
    }
    given: dict[str, Any] = {
        field: _positive(values[name]) for field, name in named.items() if name in values
    }
    return replace(Keepalive(is_on=values.get("keepalives", "") != "0"), **given)


def _seconds(text: str) -> float | None:
    """Returns `connect_timeout` as libpq takes it: nothing for ever, and two seconds at least."""
    number = _positive(text)
    return None if number is None else float(max(2, number))


def _positive(text: str) -> int | None:
    number = int(text) if text else 0
    return number if number > 0 else None


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError) as error:
        raise ConfigurationError(
            "The database URL names no user: postgresql://user:password@host/name."
        ) from error
