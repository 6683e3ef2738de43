"""Why PostgreSQL cannot be used, in a sentence for whoever starts the service."""

import asyncpg
import sqlalchemy as sa

from keyconsole.urls import without_password

_SENTENCES = {
    "28": "{} refuses the user or the password of the database URL.",
    "3D": "{} has no such database: make it with createdb.",
    "42501": "{} lets the user of the database URL make no tables: let it own the database.",
    "53300": "{} has no connection left: raise max_connections, or run fewer processes.",
    "53100": "The disk of {} is full.",
    "55P03": "{} is locked by another program. One that migrates it is to finish first; then try "
    "again.",
    "57P03": "{} is starting or shutting down: try again in a moment.",
}


def refusal(url: str, error: Exception) -> str | None:
    """What to do about an error of the driver; nothing where it is a mistake of ours."""
    where = f"PostgreSQL at {without_password(url)}"
    cause: BaseException | None = error
    if isinstance(error, sa.exc.DBAPIError):
        cause = error.orig and error.orig.__cause__  # what the driver itself raised
    code = getattr(cause, "sqlstate", None)
    if isinstance(code, str):
        for start, sentence in _SENTENCES.items():
            if code.startswith(start):
                return sentence.format(where)
        return f"{where} cannot be used: it answers with the error {code}."
    match cause:
        case asyncpg.TargetServerAttributeNotMatched():
            return f"{where} is a standby, which may not know of a revoke yet: name the primary."
        case TimeoutError():
            return f"{where} does not answer."
        case OSError():
            reason = f": {cause.strerror.lower()}" if cause.strerror else ""
            return f"{where} cannot be reached{reason}."
        case asyncpg.InterfaceError() | asyncpg.InternalClientError() | ValueError():
            return (
                "The database URL is not of the form postgresql://user:password@host:port/name, "
                "where what is special in a password is written as %40 is for @."
            )
    return None
