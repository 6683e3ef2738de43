"""The TLS of a connection to PostgreSQL, from what its URL says: libpq's modes and files."""

import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from keyconsole.core.errors import ConfigurationError
from keyconsole.local import inputfile, privatefile
from keyconsole.service.store.postgres.address import Tls

_VERIFYING = ("verify-ca", "verify-full")
_STRICT = ("require", *_VERIFYING)


def attempts(tls: Tls, host: str) -> list[ssl.SSLContext | None]:
    """Returns the ways to connect to a host, in the order in which libpq tries them.

    Raises `ConfigurationError` for a file that cannot be used. Sockets of the system have no TLS.
    """
    if host.startswith("/") or tls.mode == "disable":
        if tls.binds_channel:
            raise ConfigurationError("channel_binding=require needs TLS, which a socket has not.")
        return [None]
    encrypted = context(tls)
    match tls.mode:
        case "allow":
            return [None, encrypted]
        case "prefer":
            return [encrypted, None]
        case _:
            return [encrypted]


def context(tls: Tls, environ: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """Returns the context of `ssl`. Raises `ConfigurationError`, which names the parameter."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.minimum_version = _version(tls.oldest)
    if tls.newest:
        made.maximum_version = _version(tls.newest)
    if ssl.HAS_ALPN:
        made.set_alpn_protocols(["postgresql"])
    if tls.mode in _STRICT:
        _load_authorities(made, tls)
    _load_certificate(made, tls, environ)
    return made


def _load_authorities(made: ssl.SSLContext, tls: Tls) -> None:
    root = tls.root or _usual("root.crt")
    if root == "system":
        made.load_default_certs()
    elif root:
        with _named("sslrootcert", root):
            inputfile.require_file(Path(root), f"sslrootcert: {root}")
            made.load_verify_locations(cafile=root)
    elif tls.mode in _VERIFYING:
        raise ConfigurationError(
            f"sslmode={tls.mode} needs sslrootcert: a file with the certificate of the authority, "
            "or system for those of this machine, with verify-full."
        )
    else:
        return
    made.verify_mode = ssl.CERT_REQUIRED
    made.check_hostname = tls.mode == "verify-full"
    if revoked := tls.revoked or _usual("root.crl"):
        with _named("sslcrl", revoked):
            inputfile.require_file(Path(revoked), f"sslcrl: {revoked}")
            made.load_verify_locations(cafile=revoked)
        made.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN


def _load_certificate(made: ssl.SSLContext, tls: Tls, environ: Mapping[str, str]) -> None:
    certificate = tls.certificate or _usual("postgresql.crt")
    if not certificate:
        return
    with _named("sslcert", certificate):
        inputfile.require_file(Path(certificate), f"sslcert: {certificate}")
        Path(certificate).open("rb").close()
    key = tls.key or _usual("postgresql.key")
    if key:
        with _named("sslkey", key):
            inputfile.require_file(Path(key), f"sslkey: {key}")
        privatefile.read_text(
            Path(key), f"sslkey: {key}", by_group=privatefile.accepts_group(environ)
        )
    try:
        # A password that is asked for would stop the service at its start.
        made.load_cert_chain(certificate, key or None, password=lambda: tls.password)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise ConfigurationError(
            "sslcert and sslkey of the database URL do not fit each other, or sslpassword does not "
            "open the key."
        ) from error


@contextmanager
def _named(parameter: str, path: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        raise ConfigurationError(f"{parameter}: {path} holds no certificate or list.") from error
    except OSError as error:
        reason = (error.strerror or "the system refused").lower()
        raise ConfigurationError(f"{parameter}: {path} cannot be read: {reason}.") from error


def _usual(name: str) -> str:
    """Returns the file that libpq takes where the URL names none; empty if there is none."""
    path = os.path.expanduser(f"~/.postgresql/{name}")  # noqa: PTH111 - works without a home
    return path if os.path.isabs(path) and os.path.isfile(path) else ""  # noqa: PTH113, PTH117


def _version(name: str) -> ssl.TLSVersion:
    return ssl.TLSVersion[name.replace(".", "_")]
