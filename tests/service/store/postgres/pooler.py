"""A real PgBouncer before the server of the tests, whose pool mode a test may change."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from tests.service.store.postgres import places

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
PORT = 6432
_SECONDS = 20.0

_CONFIGURATION = """
[databases]
* = host={server}
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {directory}
auth_type = trust
auth_file = {directory}/users
admin_users = postgres
max_client_conn = 200
default_pool_size = {size}
pool_mode = {mode}
{more}
"""


class Pooler:
    """A pooler that listens in a directory."""

    def __init__(self, directory: Path, server: Path) -> None:
        self._directory, self._server = directory, server

    def url(self, server_url: str) -> str:
        """Returns the URL of a database by way of the pooler."""
        place = server_url.partition("?")[0]
        return f"{place}?host={self._directory}&port={PORT}"

    def write(self, mode: str, *more: str, size: int = 40) -> None:
        (self._directory / "users").write_text('"postgres" ""\n')
        (self._directory / "pgbouncer.ini").write_text(
            _CONFIGURATION.format(
                server=self._server,
                directory=self._directory,
                port=PORT,
                size=size,
                mode=mode,
                more="\n".join(more),
            )
        )
        places.give(self._directory)

    async def reload(self, mode: str) -> None:
        self.write(mode)
        admin = await asyncpg.connect(
            host=str(self._directory), port=PORT, user="postgres", database="pgbouncer"
        )
        # Its console answers simple statements only.
        await admin.execute("RELOAD")
        await admin.close()


@contextmanager
def a_pooler(server: Path, mode: str, *more: str, size: int = 40) -> Iterator[Pooler]:
    """A pooler for the server whose socket is in a directory."""
    assert PROGRAM is not None
    directory = places.new_directory()
    user = places.account()
    pooler = Pooler(directory, server)
    pooler.write(mode, *more, size=size)
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(
            [PROGRAM, "-q", directory / "pgbouncer.ini"],
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            stdout=log,
            stderr=log,
        )
        try:
            deadline = time.monotonic() + _SECONDS
            while not _listens(directory / f".s.PGSQL.{PORT}"):
                assert process.poll() is None, (directory / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield pooler
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(directory)


def _listens(path: Path) -> bool:
    # The socket is there a moment before anybody listens on it.
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(str(path)) == 0
