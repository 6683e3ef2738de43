"""Where things live: XDG directories, `KEYCONSOLE_DATA_DIR` and `KEYCONSOLE_CONFIG` before them.

Naming a path touches no disk. A missing or read-only configuration is for its reader to bear;
only what has to be written is made, by `make_private` and `write_private`.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from platformdirs import PlatformDirs

from keyconsole.errors import ConfigurationError, KeyconsoleError

PRIVATE = 0o700

_APP = "keyconsole"


def data_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The database and the root key of the embedded service and of a bare `service run`."""
    return _override("KEYCONSOLE_DATA_DIR", environ) or PlatformDirs(_APP).user_data_path


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The profiles and the console's settings. It need not exist."""
    default = PlatformDirs(_APP).user_config_path / "config.toml"
    return _override("KEYCONSOLE_CONFIG", environ) or default


def state_dir() -> Path:
    """What is remembered between runs and may be lost."""
    return PlatformDirs(_APP).user_state_path


def token_file(profile: str) -> Path:
    """Where the operator token of a profile is kept, apart from the settings people share."""
    return state_dir() / "tokens" / profile


def cache_dir() -> Path:
    """What can be made again."""
    return PlatformDirs(_APP).user_cache_path


def make_private(directory: Path) -> Path:
    """The directory, made if need be, it and every missing parent for its owner alone (0700).

    Raises `ConfigurationError`. One that exists keeps its mode.
    """
    try:
        for missing in reversed([directory, *directory.parents]):
            if not missing.is_dir():
                missing.mkdir(mode=PRIVATE, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "it is in the way").lower()
        raise ConfigurationError(f"{directory} cannot be made: {reason}.") from error
    return directory


def private_data_dir() -> Path:
    """The data directory, made if need be. Raises `ConfigurationError`, with what to do."""
    try:
        return make_private(data_dir())
    except ConfigurationError as error:
        raise ConfigurationError(
            f"{error.message} KEYCONSOLE_DATA_DIR names another place."
        ) from error


def write_private(path: Path, text: str) -> None:
    """Put a file of mode 0600 in the place of the one before, whole or not at all.

    A link stays a link: what it points to is replaced, and keeps its owner as root writes it.
    Raises `ConfigurationError`.
    """
    from keyconsole.outputfile import whole_file

    make_private(Path(os.path.realpath(path)).parent)
    try:
        with whole_file(path, replace=True) as file:
            file.write(text)
    except KeyconsoleError as error:
        raise ConfigurationError(error.message) from error


def _override(name: str, environ: Mapping[str, str]) -> Path | None:
    given = environ.get(name)
    # Not Path.expanduser, which raises where there is no home.
    return Path(os.path.abspath(os.path.expanduser(given))) if given else None  # noqa: PTH100, PTH111
