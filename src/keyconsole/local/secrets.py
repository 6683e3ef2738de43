"""The sources of an operator token: a named file, a variable, a command, a keyring, a file.

The first of them that is set decides, and whether it works or not nothing else is tried. A
token is good for one origin (scheme, host and port): the one it was stored for, or that of the
profile whose `token_command` answers it. No sentence here ever holds a token.
"""

import os
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from keyconsole.core import safetext
from keyconsole.core.credential import Kind, MalformedCredentialError, parse
from keyconsole.core.errors import ConfigurationError, problem
from keyconsole.local import paths, privatefile, tokencommand
from keyconsole.local.config import EMBEDDED, Profile

VARIABLE = "KEYCONSOLE_TOKEN"
FILE_VARIABLE = f"{VARIABLE}_FILE"

_PORTS = {"http": 80, "https": 443}
_KEYRING = "keyconsole"


class Source(StrEnum):
    """The source of a token, in the order in which they are asked."""

    FLAG = "--token-file"
    ENVIRONMENT = VARIABLE
    ENVIRONMENT_FILE = FILE_VARIABLE
    COMMAND = "token_command"
    KEYRING = "keyring"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Stored:
    """A token and the only origin it may be sent to. Its `repr` shows no token."""

    token: str = field(repr=False)
    origin: str


def origin(url: str) -> str:
    """Returns scheme, host and port of an address, the port always named."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}:{parts.port or _PORTS.get(parts.scheme, 0)}"


def source_of(
    profile: Profile | None,
    *,
    token_file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Source | None:
    """Returns the source that decides, without asking any; None if there is none."""
    if token_file is not None:
        return Source.FLAG
    if (source := source_in(environ)) is not None:
        return source
    if profile is None:
        return None
    if profile.token_command:
        return Source.COMMAND
    if profile.keyring:
        return Source.KEYRING
    return Source.FILE if os.path.lexists(paths.token_file(profile.name)) else None


def source_in(environ: Mapping[str, str]) -> Source | None:
    """Returns the variable that is set; the one with the token, where both are."""
    variables = (Source.ENVIRONMENT, Source.ENVIRONMENT_FILE)
    return next((each for each in variables if environ.get(each, "").strip()), None)


def find_token(
    url: str,
    profile: Profile | None,
    *,
    token_file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> str:
    """Returns the operator token for the service at `url`. It may run a command.

    Raises `NotPermittedError` where there is none, and `ConfigurationError` where there is one
    that cannot be used: for another origin, readable by others, not a token at all.
    """
    match source_of(profile, token_file=token_file, environ=environ):
        case Source.FLAG if token_file is not None:
            return checked(read_private(token_file, environ), str(token_file))
        case Source.ENVIRONMENT | Source.ENVIRONMENT_FILE as source:
            return checked(privatefile.secret_variable(VARIABLE, environ) or "", source)
        case Source.COMMAND if profile is not None:
            _require_origin(origin(profile.url or ""), url, f"The token of profile {profile.name}")
            what = f"The token_command of profile {profile.name} ({profile.token_command[0]})"
            printed = tokencommand.run(profile.token_command, what)
            return checked(printed, f"What the token_command of {profile.name} printed")
        case Source.KEYRING if profile is not None:
            stored = _from_keyring(profile.name)
        case Source.FILE if profile is not None:
            stored = _from_file(profile.name)
        case _:
            stored = None
    if stored is None:
        login = f"keyconsole login {shlex.quote(url)}" + (
            f" --profile {profile.name}" if profile else ""
        )
        otherwise = login if profile else f"{VARIABLE} is not set. Or: {login}"
        otherwise = f"{otherwise}, or: keyconsole --profile {EMBEDDED}"
        raise problem(
            "not-signed-in", f"You are not signed in at {urlsplit(url).netloc}: {otherwise}"
        )
    name = profile.name if profile else ""
    _require_origin(stored.origin, url, f"The token of profile {name}")
    return checked(stored.token, f"The stored token of {name}")


def checked(text: str, what: str) -> str:
    """Returns the operator token in `text`, whose checksum holds.

    Raises `ConfigurationError`: a cut or mistyped one needs no round trip.
    """
    token = text.strip()
    why = "it is empty"
    if len(token.split()) > 1:
        why = "it is more than the token alone"
    elif (unsafe_character := safetext.unsafe_character(token)) is not None:
        why = f"it holds {safetext.name_of(unsafe_character)}"
    elif token:
        try:
            if parse(token).kind is Kind.OPERATOR_TOKEN:
                return token
            why = "it is an API key; signing in takes an operator token, kco_…"
        except MalformedCredentialError as error:
            why = str(error)
    raise ConfigurationError(f"{what} is not an operator token: {why}.")


def read_private(path: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Returns the text of a short file that nobody else can read; raises `ConfigurationError`."""
    return privatefile.read_text(path, str(path), by_group=privatefile.accepts_group(environ))


def store(profile: str, stored: Stored, *, keyring: bool) -> str:
    """Stores a token and its origin; returns the place in words. Raises `ConfigurationError`."""
    import json

    text = json.dumps({"origin": stored.origin, "token": stored.token})
    if keyring:
        _in_keyring("set_password", profile, text)
        return "the system keyring"
    path = paths.token_file(profile)
    paths.write_private(path, f"{text}\n")
    return str(path)


def forget(profile: str, *, keyring: bool) -> bool:
    """Removes what was stored; returns true if there was anything. Raises `ConfigurationError`."""
    if keyring:
        if _from_keyring(profile) is None:
            return False
        _in_keyring("delete_password", profile)
        return True
    path = paths.token_file(profile)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        reason = (error.strerror or "the system refused").lower()
        raise ConfigurationError(f"{path} cannot be removed: {reason}.") from error
    return True


def _require_origin(bound: str, url: str, what: str) -> None:
    if bound != origin(url):
        raise ConfigurationError(
            f"{what} belongs to {bound} and is not sent to {origin(url)}: "
            f"keyconsole login {shlex.quote(url)}"
        )


def _from_file(profile: str) -> Stored | None:
    path = paths.token_file(profile)
    return _decoded(read_private(path), f"{path} is damaged: remove it and sign in again.")


def _from_keyring(profile: str) -> Stored | None:
    text = _in_keyring("get_password", profile)
    if text is None:
        return None
    return _decoded(text, f"What the keyring holds for {profile} is damaged: sign in again.")


def _decoded(text: str, otherwise: str) -> Stored:
    import json

    with suppress(ValueError, KeyError, TypeError):
        document = json.loads(text)
        token, bound = document["token"], document["origin"]
        if isinstance(token, str) and isinstance(bound, str):
            return Stored(token, bound)
    raise ConfigurationError(otherwise)


def _in_keyring(call: str, profile: str, *values: str) -> Any:
    """Calls a function of the keyring library. Raises `ConfigurationError`."""
    try:
        library = import_module("keyring")
    except ImportError:
        raise ConfigurationError(
            "The system keyring needs a library that is not installed: pip install keyring"
        ) from None
    try:
        return getattr(library, call)(_KEYRING, profile, *values)
    except Exception as error:  # noqa: BLE001 - each backend raises its own
        raise ConfigurationError(f"The system keyring refused ({type(error).__name__}).") from None
