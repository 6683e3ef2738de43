"""djangorestframework-api-key, installed by its name into an environment that is thrown away.

The same three things: a key is verified, made, and listed a hundred at a time. Served as its users
serve it, by gunicorn with threads, on connections that stay open; SQLite with NORMAL commits.
"""

import os
import subprocess
import venv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from benchmarks.servers import Server

_PACKAGES = (
    "djangorestframework-api-key==3.1.0",
    "djangorestframework",
    "django<6",
    "gunicorn",
    "psycopg[binary]",
)


class Rival:
    """The rival in its environment, ready to be served."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._bin = directory / "venv" / "bin"
        self.secrets = directory / "secrets"
        directory.mkdir(parents=True, exist_ok=True)

    def install(self) -> None:
        """Make the environment; takes a minute."""
        if not (self._bin / "gunicorn").exists():
            venv.create(self._bin.parent, with_pip=True)
            subprocess.run(
                [
                    self._bin / "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    *_PACKAGES,
                ],
                check=True,
            )

    def serving(self, name: str, database: str = "") -> "AbstractContextManager[Server]":
        """One process of it; `database` is `host/name` of a PostgreSQL on a socket."""
        from benchmarks.servers import serving

        environ = {
            "RIVAL_DATABASE": database,
            "RIVAL_DIRECTORY": str(self._directory),
            "PYTHONPATH": str(Path(__file__).parent),
        }
        subprocess.run(
            [self._bin / "python", "-c", "import rival_site; rival_site.fill()"],
            env=os.environ | environ,
            check=True,
        )
        return serving(
            name,
            [
                *(str(self._bin / "gunicorn"), "rival_site:application", "--bind=127.0.0.1:0"),
                *("--worker-class=gthread", "--workers=1", "--threads=4", "--keep-alive=60"),
            ],
            self._directory / "log",
            "/verify",
            "Authorization: Api-Key {secret}",
            **environ,
        )
