"""The reasons for a missing answer, each in one sentence for people."""

import os
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from keyconsole.core.errors import KeyconsoleError, ServiceUnreachableError, UnexpectedAnswerError
from keyconsole.core.safetext import show
from keyconsole.core.urls import is_loopback

_DEFAULT_PORT = 8321  # of `keyconsole service run`

# X509_V_ERR of OpenSSL: self-signed, self-signed in the chain, issuer unknown, leaf unverifiable.
_STRANGERS = frozenset({18, 19, 20, 21})


def sentence(peer: str, error: Exception, proxy: str | None = None) -> KeyconsoleError:
    """Returns the exception for an error of httpx. It never quotes the request.

    Where there is a `proxy`, it is the one that is looked up and connected to.
    """
    near = peer if proxy is None else f"The proxy {proxy}"
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return ServiceUnreachableError(_distrust(peer, cause), is_lasting=True)
            case ssl.SSLError():
                return ServiceUnreachableError(
                    f"{peer} does not speak TLS at this address.", is_lasting=True
                )
            case socket.gaierror():
                return ServiceUnreachableError(f"{near} cannot be found: no address by this name.")
            case ConnectionRefusedError():
                hint = _start_hint(peer) if proxy is None else ""
                return ServiceUnreachableError(f"{near} refused the connection.{hint}")
            case ConnectionError():
                break
            case OSError(errno=int(number)):
                return ServiceUnreachableError(
                    f"{near} cannot be reached: {os.strerror(number).lower()}."
                )
    return _of_httpx(peer, error, near)


def _start_hint(peer: str) -> str:
    """Returns a sentence on how to start a service where `peer` is an address of this machine."""
    parts = urlsplit(f"//{peer}")
    if parts.port is None or not is_loopback(parts.hostname or ""):
        return ""
    port = "" if parts.port == _DEFAULT_PORT else f" --port {parts.port}"
    return f" keyconsole service run{port} starts a service there."


def _of_httpx(peer: str, error: Exception, near: str) -> KeyconsoleError:
    """Returns the sentence for an error without a reason of the system."""
    if isinstance(error, httpx.ProxyError):
        return ServiceUnreachableError(f"{near} does not let a connection to {peer} through.")
    if isinstance(error, httpx.ConnectError):
        return ServiceUnreachableError(f"{near} cannot be reached.")
    if isinstance(error, httpx.RemoteProtocolError) and not _cut(error):
        return UnexpectedAnswerError(f"{peer} does not speak HTTP.")
    return ServiceUnreachableError(f"{peer} closed the connection before it had answered.")


def _distrust(peer: str, error: ssl.SSLCertVerificationError) -> str:
    why = show(error.verify_message or "verification failed").rstrip(".")
    what = (
        " A --ca-file names an authority of your own."
        if getattr(error, "verify_code", 0) in _STRANGERS
        else ""
    )
    return f"The certificate of {peer} is not trusted: {why}.{what}"


def _cut(error: httpx.RemoteProtocolError) -> bool:
    return any(word in str(error) for word in ("disconnected", "peer closed", "Response too short"))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yields the error and everything under it, groups opened."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from _causes(member)
        error = error.__cause__ or error.__context__
