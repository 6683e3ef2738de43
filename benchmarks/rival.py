"""djangorestframework-api-key, served as its users serve it.

The same three things: a key is verified, made, and listed a hundred at a time. By gunicorn with
threads, on connections that stay open; SQLite with NORMAL commits.
"""

import os
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.servers import Server, serving


class Rival:
    """The rival in the environment of its `programs`, with its data in a directory."""

    def __init__(self, programs: Path, directory: Path) -> None:
        self._programs = programs
        self._directory = directory
        self.secrets = directory / "secrets"

    def serving(self, name: str, database: str = "") -> AbstractContextManager[Server]:
        """One process of it; `database` is `host/name` of a PostgreSQL on a socket."""
        environ = {
            "RIVAL_DATABASE": database,
            "RIVAL_DIRECTORY": str(self._directory),
            "PYTHONPATH": str(Path(__file__).parent),
        }
        subprocess.run(
            [self._programs / "python", "-c", "import rival_site; rival_site.fill()"],
            env=os.environ | environ,
            check=True,
        )
        return serving(
            name,
            [
                *(str(self._programs / "gunicorn"), "rival_site:application"),
                *("--bind=127.0.0.1:0", "--worker-class=gthread"),
                *("--workers=1", "--threads=4", "--keep-alive=60"),
            ],
            self._directory / "log",
            "/verify",
            "Authorization: Api-Key {secret}",
            **environ,
        )
