"""The configuration of this person, its warnings said once, and the profile used last."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from keyconsole.cli.entrypoint import say
from keyconsole.core.errors import ConfigurationError
from keyconsole.local import config, paths
from keyconsole.local.config import Config


def read_config(environ: Mapping[str, str] = os.environ) -> Config:
    """Reads `config.toml`. Its mistakes are told on standard error, and the rest of it holds."""
    found = config.load(paths.config_file(environ))
    for warning in found.warnings:
        say(f"warning: {warning}")
    return found


def last_profile(known: Config) -> str | None:
    """The profile that the console was last opened on, while there is one by that name."""
    with suppress(OSError, UnicodeDecodeError):
        name = _last_profile_file().read_text(encoding="utf-8").strip()
        return name if name in known.profiles else None
    return None


def remember_profile(name: str) -> None:
    """Stores the profile that the console opens next. A file that cannot be written is no error."""
    with suppress(ConfigurationError):
        paths.write_private(_last_profile_file(), f"{name}\n")


def _last_profile_file() -> Path:
    return paths.state_dir() / "last-profile"
