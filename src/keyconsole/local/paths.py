"""The paths of files: XDG directories, `KEYCONSOLE_DATA_DIR` and `KEYCONSOLE_CONFIG` before them.

Naming a path touches no disk. A missing or read-only configuration is for its reader to bear;
only what has to be written is made, by `make_private` and `write_private`.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from platformdirs import PlatformDirs

from keyconsole.core.errors import ConfigurationError, KeyconsoleError

NOWHERE = Path("/nonexistent/home-of-nobody")
"""Stands for the home of an account that has none: nothing is there, and nothing is written there.

Containers run as an account without an entry in `/etc/passwd`, and without `HOME`.
"""

_NO_HOME = Path("/nonexistent")
"""The home of an account that shall have none, by Debian's convention (base-passwd)."""

_APP = "keyconsole"
_DATA_DIR = "KEYCONSOLE_DATA_DIR"
_VARIABLES = {
    "data": _DATA_DIR,
    "config": "KEYCONSOLE_CONFIG",
    "state": f"XDG_STATE_HOME or {_DATA_DIR}",
    "cache": "XDG_CACHE_HOME",
}
"""For each kind of path, the variables that set another place."""


def data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Returns the directory of the database and the root key of a service on this machine."""
    return _override(_DATA_DIR, environ) or _default("data")


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Returns the file of the profiles and the console's settings. It need not exist."""
    return _override("KEYCONSOLE_CONFIG", environ) or _default("config") / "config.toml"


def state_dir() -> Path:
    """Returns the directory of state that may be lost; in the data directory without HOME."""
    state, data = _default("state"), data_dir()
    return data / "state" if is_nowhere(state) and not is_nowhere(data) else state


def token_file(profile: str) -> Path:
    """Returns the file of a profile's operator token, apart from the settings people share."""
    return state_dir() / "tokens" / profile


def cache_dir() -> Path:
    """Returns the directory of files that can be made again."""
    return _default("cache")


def is_nowhere(path: Path) -> bool:
    """Returns if the path would be in a home directory that there is not."""
    return path.is_relative_to(NOWHERE)


def shown(path: Path) -> str:
    """Returns a path, or what names one where there is no home directory."""
    return f"nowhere: set {_variable(path)}, or HOME" if is_nowhere(path) else str(path)


def make_private(directory: Path) -> Path:
    """Makes the directory and every missing parent, for its owner alone (0700).

    Raises `ConfigurationError`. One that exists keeps its mode.
    """
    if is_nowhere(directory):
        variable = _variable(directory)
        raise ConfigurationError(f"This account has no home directory: set {variable}, or HOME.")
    try:
        from keyconsole.local import privatefile

        privatefile.make_directory(directory)
    except OSError as error:
        reason = (error.strerror or "it is in the way").lower()
        raise ConfigurationError(f"{directory} cannot be made: {reason}.") from error
    return directory


def private_data_dir() -> Path:
    """Makes and returns the data directory. Raises `ConfigurationError`, with what to do."""
    directory = data_dir()
    try:
        return make_private(directory)
    except ConfigurationError as error:
        elsewhere = "" if is_nowhere(directory) else f" {_DATA_DIR} names another place."
        raise ConfigurationError(f"{error.message}{elsewhere}") from error


def write_private(path: Path, text: str) -> None:
    """Replaces a file by one of mode 0600, whole or not at all.

    A link stays a link: what it points to is replaced, and keeps its owner as root writes it.
    Raises `ConfigurationError`.
    """
    from keyconsole.local.outputfile import whole_file

    try:
        if is_nowhere(path):
            make_private(path)  # which says what to set
        make_private(Path(os.path.realpath(path)).parent)
        with whole_file(path, replace=True) as file:
            file.write(text)
    except KeyconsoleError as error:
        raise ConfigurationError(f"{error.message}{_elsewhere(path)}") from error


def _override(name: str, environ: Mapping[str, str]) -> Path | None:
    if not (given := environ.get(name, "").strip()):
        return None
    # Not Path.expanduser, which raises where there is no home.
    expanded = os.path.expanduser(given)  # noqa: PTH111
    if expanded.startswith("~"):
        raise ConfigurationError(
            f"{name} begins with ~, and there is no such home directory: write the whole path."
        )
    try:
        return Path(os.path.abspath(expanded))  # noqa: PTH100
    except FileNotFoundError:
        raise ConfigurationError(
            f"{name} is not a whole path, and the directory that this is in was removed."
        ) from None


def _default(kind: str) -> Path:
    """Returns the XDG directory of a kind of path."""
    try:
        found: Path = getattr(PlatformDirs(_APP), f"user_{kind}_path")
    except RuntimeError:  # HOME is not set, and the account is not in /etc/passwd
        return NOWHERE / kind
    return NOWHERE / kind if found.is_relative_to(_NO_HOME) else found


def _variable(path: Path) -> str:
    return _VARIABLES[path.relative_to(NOWHERE).parts[0]]


def _elsewhere(path: Path) -> str:
    """Returns a sentence on what names another place for a path, if it is one of the defaults."""
    if is_nowhere(path):
        return ""
    found = (name for kind, name in _VARIABLES.items() if path.is_relative_to(_default(kind)))
    return next((f" {name} names another place." for name in found), "")
