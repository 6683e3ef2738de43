"""Errors of PostgreSQL at the start, each as a sentence for the person who starts it."""

import os
import ssl

import asyncpg
import sqlalchemy as sa

from keyconsole.core.errors import ConfigurationError
from keyconsole.core.safetext import show
from keyconsole.core.urls import without_password
from keyconsole.service.store.postgres.address import ENCODE, parse
from keyconsole.service.store.postgres.connecting import NotEncryptedError, StandbyError

_SENTENCES = {
    "28P01": "{} refuses the user or the password of the database URL.",
    "28": "{} has no rule in pg_hba.conf that lets this user in from here, or only with other TLS.",
    "3D": "{} has no such database: make it with createdb.",
    "42501": "{} lets the user of the database URL make no tables: let it own the database.",
    "53300": "{} has no connection left: raise max_connections, or run fewer processes.",
    "53100": "The disk of {} is full.",
    "55P03": "{} is locked by another program. One that migrates it is to finish first; then try "
    "again.",
    "57P03": "{} is starting or shutting down: try again in a moment.",
}


def refusal(url: str, error: Exception) -> str | None:
    """Returns what to do about an error of the driver; None if it is a defect of ours."""
    where = f"PostgreSQL at {without_password(url)}"
    cause: BaseException | None = error
    if isinstance(error, sa.exc.DBAPIError):
        cause = error.orig and error.orig.__cause__  # what the driver itself raised
    code = getattr(cause, "sqlstate", None)
    if isinstance(code, str):
        return _answered(url, where, code, str(cause))
    if isinstance(cause, ssl.SSLError):
        return _of_tls(url, where, cause)
    match cause:
        case ConfigurationError():
            return cause.message
        case StandbyError():
            return f"{where} is a standby, which may not know of a revoke yet: name the primary."
        case NotEncryptedError():
            return (
                f"{where} offers no TLS, which sslmode in the database URL asks for: switch it on "
                "at the server (ssl = on), or connect without it (sslmode=disable)."
            )
        case TimeoutError():
            return f"{where} does not answer."
        case OSError():
            return f"{where} cannot be reached{_reason(cause)}."
        case asyncpg.InterfaceError() | asyncpg.InternalClientError() | ValueError():
            return (
                "The database URL is not of the form postgresql://user:password@host:port/name. "
                f"{ENCODE}"
            )
    return None


def _reason(error: OSError) -> str:
    """Returns the system's words, behind a colon; asyncio has some of its own."""
    number = error.errno or 0
    text = os.strerror(number) if number > 0 else error.strerror
    return f": {text.lower()}" if text else ""


def _answered(url: str, where: str, code: str, text: str) -> str:
    for start, sentence in _SENTENCES.items():
        if code.startswith(start):
            return sentence.format(where)
    said = show(" ".join(text.split())[:200]).removesuffix(".")
    for secret in filter(None, (parse(url).password, parse(url).tls.password)):
        said = said.replace(secret, "…")
    return f"{where} cannot be used: {said} (error {code})."


def _of_tls(url: str, where: str, error: ssl.SSLError) -> str:
    if not isinstance(error, ssl.SSLCertVerificationError):
        reason = (error.reason or "no common ground").replace("_", " ").lower()
        return f"TLS with {where} failed: {reason}."
    reason = error.verify_message.rstrip(".")
    is_bound = parse(url).tls.binds_channel
    why = " It is verified because of channel_binding=require." if is_bound else ""
    return (
        f"The TLS certificate of {where} is not trusted: {reason}. sslrootcert names a file with "
        f"the certificate of its authority, or system.{why}"
    )
