"""Programs that the product is measured against, each installed into an environment of its own.

They are kept in the cache of the account, `$XDG_CACHE_HOME` or `~/.cache`, below
`keyconsole-benchmarks`, and never come near the environment of the project.
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.goals import RIVAL

PACKAGES = {
    "toolong": ("toolong==1.5.0",),
    "harlequin": ("harlequin==2.17.0",),
    RIVAL: (
        f"{RIVAL}==3.1.0",
        "djangorestframework",
        "django<6",
        "gunicorn",
        "psycopg[binary]",
    ),
}
"""By name. The first one is the rival itself."""


class InstallError(Exception):
    """A rival is not there and cannot be installed."""


def installed(name: str) -> Path:
    """The directory of its programs; makes it if need be, which takes a minute.

    Raises InstallError with the last line of what pip said.
    """
    home = _cache() / name
    stamp, wanted = home / "installed", "\n".join(PACKAGES[name])
    if stamp.exists() and stamp.read_text() == wanted:
        return home / "bin"
    print(f"Installing {name} into {home}", file=sys.stderr, flush=True)
    try:
        venv.create(home, clear=True, with_pip=True)
        subprocess.run(
            [
                home / "bin/pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                *PACKAGES[name],
            ],
            check=True,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        said = (error.stderr or "").strip() or "the environment cannot be made"
        raise InstallError(said.splitlines()[-1]) from error
    except OSError as error:
        raise InstallError(str(error)) from error
    stamp.write_text(wanted)
    return home / "bin"


def version_of(name: str) -> str:
    """The version that is measured."""
    return PACKAGES[name][0].partition("==")[2]


def _cache() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "keyconsole-benchmarks"
