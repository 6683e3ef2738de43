"""The address of a service and the token of the caller, checked before anything is sent."""

import os
import re
import ssl
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from keyconsole.core.errors import ConfigurationError
from keyconsole.core.safetext import show
from keyconsole.core.urls import is_loopback

if TYPE_CHECKING:
    from keyconsole.client.keyservice import KeyServiceClient

TIMEOUT = 10.0

# No character that a shell expands, quotes or ends a word with.
_ADDRESS = re.compile(
    r"(?:\[[0-9A-Fa-f:.]+(?:%25[A-Za-z0-9._-]+)?\]|[A-Za-z0-9._-]+)(?::\d*)?(?:/[A-Za-z0-9._~:/%@+-]*)?"
)
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # b64token of RFC 6750, section 2.1


@dataclass(frozen=True, slots=True)
class Connection:
    """A key service and an operator token for it. Its `repr` shows no token."""

    url: str
    token: str = field(repr=False)
    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)
    allow_plain_http: bool = False
    timeout: float = TIMEOUT
    read_only: bool = False

    def open(self) -> "KeyServiceClient":
        """Returns a client of this service; nothing is sent yet. Raises `ConfigurationError`."""
        from keyconsole.client.keyservice import KeyServiceClient

        return KeyServiceClient.remote(
            self.url,
            self.token,
            ca_file=self.ca_file,
            proxy=self.proxy,
            allow_plain_http=self.allow_plain_http,
            timeout=self.timeout,
            read_only=self.read_only,
        )


def checked_url(url: str, *, allow_plain_http: bool = False) -> str:
    """Returns the address of a service without a trailing slash.

    Raises `ConfigurationError` for anything but `http` and `https`, for user names, passwords,
    queries and fragments, and for plain `http` to another machine, which would show the token
    and every new key to the network.
    """
    parts = _split(url.strip())
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(
            "The address of a key service looks like https://keys.example.com."
        )
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(
            "The address of a key service holds no user name or password; "
            "the operator token is given apart."
        )
    if _ADDRESS.fullmatch(f"{parts.netloc}{parts.path}") is None:
        raise ConfigurationError(
            "The address of a key service holds letters, digits and . _ ~ : / % @ + - only: it "
            "is part of commands that people paste."
        )
    if parts.query or parts.fragment:
        raise ConfigurationError("The address of a key service has no query and no fragment.")
    if parts.scheme == "http" and not allow_plain_http and not is_loopback(parts.hostname):
        raise ConfigurationError(
            f"{show(parts.hostname)} is another machine, and plain http would show the token "
            "and every new key to the network: use https. --allow-plain-http is for a network "
            "where nobody listens."
        )
    return parts.geturl().rstrip("/")


def checked_proxy(url: str) -> str:
    """Returns the address of a proxy; a user name and password may be part of it.

    Raises `ConfigurationError`, which does not show them.
    """
    parts = _split(url.strip())
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError("The address of a proxy looks like http://proxy.example.com:3128.")
    return parts.geturl()


def place(url: str) -> str:
    """Returns host and port of an address, to be shown: without user name and password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def checked_token(token: str) -> str:
    """Returns an operator token fit for a header. Raises `ConfigurationError` without the token."""
    token = token.strip()
    if token.startswith("kcs_"):
        raise ConfigurationError(
            "This is an API key; signing in takes an operator token, which starts with kco_."
        )
    if _BEARER.fullmatch(token) is None:
        raise ConfigurationError("This is not an operator token; one starts with kco_.")
    return token


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Returns a context that trusts the system's authorities, or those in `ca_file` alone.

    Made by hand, since `ssl.create_default_context` obeys SSLKEYLOGFILE, which writes session
    keys to a file. Raises `ConfigurationError`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is None:
        if named := os.environ.get("SSL_CERT_FILE"):
            _require_file(Path(named), "SSL_CERT_FILE")
        context.load_default_certs()
        return context
    called = f"The ca_file {show(str(ca_file))}"
    _require_file(ca_file, called)
    try:
        context.load_verify_locations(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        why = "holds no certificate" if isinstance(error, ssl.SSLError) else "cannot be read"
        raise ConfigurationError(f"{called} {why}.") from error
    return context


def _require_file(path: Path, called: str) -> None:
    """Raises `ConfigurationError` for a pipe, for which OpenSSL would wait without end."""
    with suppress(OSError):  # which OpenSSL meets too
        if not stat.S_ISREG(path.stat().st_mode):
            raise ConfigurationError(f"{called} is not a file.")


def trust_nobody() -> ssl.SSLContext:
    """Returns a context for plain http: without authorities, which take 20 ms to load."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # As `trust` has it: what a Python begins with differs from one system to another.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _split(url: str) -> SplitResult | None:
    if not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
