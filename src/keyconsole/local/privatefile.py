"""Small files with a secret in them: who may read them, owners; `NAME_FILE` variables."""

import os
import re
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path

from keyconsole.core.errors import ConfigurationError
from keyconsole.local import inputfile
from keyconsole.local.inputfile import InputFile

GROUP_READABLE = "KEYCONSOLE_GROUP_READABLE"
"""The variable that accepts files which a group of this process can read (Kubernetes' fsGroup)."""

_BEYOND_GROUP_READ = 0o037

_VALUE = re.compile(r"[^/]*[0-9A-Fa-f]{64}[^/]*|.*(?:://|password\s*=).*|kc[so]_[^/]*", re.I | re.S)
"""A root key, a database URL or a token."""


def accepts_group(environ: Mapping[str, str]) -> bool:
    """Returns `KEYCONSOLE_GROUP_READABLE`; raises `ConfigurationError` unless it is yes or no."""
    given = environ.get(GROUP_READABLE, "").strip().lower()
    if given not in ("", "yes", "no"):
        raise ConfigurationError(f"{GROUP_READABLE} is yes or no.")
    return given == "yes"


def objection(path: Path, status: os.stat_result, *, by_group: bool) -> str | None:
    """Returns why a file is not private enough for a secret, as the predicate of a sentence.

    It has to belong to this account or to root, and nobody else may read it; with `by_group` the
    members of a group may, if this process is one of them.
    """
    mode = stat.S_IMODE(status.st_mode)
    remedy = f"chmod 600 {shlex.quote(str(path))}"
    if mode & _BEYOND_GROUP_READ:
        return (
            f"can be read by others, or changed by its group: {remedy}. Where it is mounted, mount "
            f"it with mode 0440 and a group of this process, and set {GROUP_READABLE}=yes."
        )
    if mode & stat.S_IRGRP and not by_group:
        return (
            f"can be read by others, the group {status.st_gid}: {remedy}. Where it is mounted, set "
            f"{GROUP_READABLE}=yes."
        )
    if mode & stat.S_IRGRP and status.st_gid not in (os.getegid(), *os.getgroups()):
        return (
            f"can be read by the group {status.st_gid}, which this process does not belong to: "
            "mount it with a group of this process, such as the fsGroup of a pod."
        )
    if status.st_uid not in (os.geteuid(), 0) and os.geteuid() != 0:
        return "belongs to another account, which can change it."
    return None


def read_text(path: Path, called: str, *, by_group: bool) -> str:
    """Returns the text of a private file, which is `called` so in sentences.

    Raises `ConfigurationError` for one that cannot be read, or that others can.
    """
    return read_checked(path, called, by_group=by_group)[0]


def read_checked(path: Path, called: str, *, by_group: bool) -> tuple[str, InputFile]:
    """Returns the text of a private file and the file, and raises, as `read_text` does."""
    try:
        found = inputfile.read(path, called)
    except OSError as error:
        reason = (error.strerror or "the system refused").lower()
        raise ConfigurationError(f"{called} cannot be read: {reason}.") from error
    if sentence := objection(path, found.status, by_group=by_group):
        raise ConfigurationError(f"{called} {sentence}")
    try:
        return found.content.decode("utf-8-sig"), found
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{called} is not text in UTF-8.") from error


def is_value(text: str) -> bool:
    """Returns whether what shall be the path of a secret file is the secret itself."""
    return _VALUE.fullmatch(text) is not None


def named_file(variable: str, environ: Mapping[str, str]) -> Path | None:
    """Returns the path in a variable `NAME_FILE`; raises `ConfigurationError` for a secret."""
    named = environ.get(variable, "").strip()
    if is_value(named):
        instead = variable.removesuffix("_FILE")
        raise ConfigurationError(
            f"{variable} is the path of a file, and it is set to what belongs into the file, or "
            f"into {instead}."
        )
    return Path(named) if named else None


def secret_variable(name: str, environ: Mapping[str, str]) -> str | None:
    """Returns the value of a variable, or the one line of the file that `NAME_FILE` names.

    Raises `ConfigurationError` where both are set, or the file cannot be used.
    """
    value, named = environ.get(name, ""), named_file(f"{name}_FILE", environ)
    if named is None:
        return value.strip() or None
    if value.strip():
        raise ConfigurationError(f"{name} and {name}_FILE are both set: unset one of them.")
    called = f"{name}_FILE: {named}"
    text = read_text(named, called, by_group=accepts_group(environ)).strip()
    if not text:
        raise ConfigurationError(f"{called} is empty.")
    if len(text.splitlines()) > 1:
        raise ConfigurationError(f"{called} has more than one line.")
    return text


def give_to_owner_of(descriptor: int, path: Path) -> None:
    """As root, let a new file belong to the owner of this one, or of its directory if it is new.

    Otherwise `sudo` would leave files that the account of the service cannot read.
    """
    if os.geteuid() != 0:
        return
    try:
        found = path.stat()
    except FileNotFoundError:
        found = path.absolute().parent.stat()
    os.fchown(descriptor, found.st_uid, found.st_gid)


def make_directory(directory: Path, *, parents: int = 0o700) -> None:
    """Makes a directory of mode 0700, and missing parents of mode `parents`. Raises `OSError`.

    As root, each belongs to the owner of the one that it is in, as `give_to_owner_of` has it.
    """
    for missing in reversed([directory, *directory.parents]):
        if not missing.is_dir():
            missing.mkdir(mode=0o700 if missing == directory else parents, exist_ok=True)
            if os.geteuid() == 0:
                found = missing.absolute().parent.stat()
                os.chown(missing, found.st_uid, found.st_gid, follow_symlinks=False)
