"""A real PostgreSQL of our own, which a test may stop, start again and turn into a standby."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.service.store.postgres import places

LOGGED = ("log_statement = all", "log_line_prefix = '%a|'")
"""The settings that `Server.statements` needs."""

_CONFIGURATION = """
listen_addresses = ''
fsync = off
shared_buffers = 16MB
max_connections = 40
"""


class Server:
    """One server on a socket in a directory; its address stays the same when it starts again."""

    def __init__(self, directory: Path, *settings: str, programs: Path | None = None) -> None:
        self._programs = programs or places.programs(directory)
        self.url = f"postgresql://postgres@/postgres?host={directory}"
        self.data = directory / "data"
        self._log = directory / "log"
        self._paused: list[int] = []
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8")
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"{_CONFIGURATION}unix_socket_directories = '{directory}'\n")
            file.writelines(f"{setting}\n" for setting in settings)
        self.start()

    def start(self) -> None:
        self._run("pg_ctl", "--wait", f"--log={self._log}", "start")

    def stop(self) -> None:
        """As with a power cut, which asks nobody to finish."""
        self._run("pg_ctl", "--wait", "--mode=immediate", "stop")

    def pause(self) -> None:
        """Stops every process of the server, as on a machine that hangs: connections stay open."""
        first = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(first, signal.SIGSTOP)  # it starts no others while it is stopped
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        self._paused = [first, *map(int, children)]
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Lets the processes that were stopped go on: of a list made now one may be missing."""
        self._signal(signal.SIGCONT)

    def restart_as_standby(self) -> None:
        self.stop()
        (self.data / "standby.signal").touch()
        self.start()

    def promote(self) -> None:
        self._run("pg_ctl", "--wait", "promote")

    def statements(self, application: str) -> list[str]:
        """The statements that a program sent, as the server logged them before it ran them.

        Only a server with the settings `LOGGED` writes them down.
        """
        return [
            line
            for line in self._log.read_text().splitlines()
            if line.startswith(f"{application}|LOG:  execute ")
        ]

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._paused:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _run(self, program: str, *arguments: str) -> None:
        user = places.account()
        done = subprocess.run(
            [self._programs / program, f"--pgdata={self.data}", *arguments],
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            cwd=self.data.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            text=True,
        )
        assert done.returncode == 0, done.stderr


@contextmanager
def a_server(*settings: str, programs: Path | None = None) -> Iterator[Server]:
    """A server; lines of its configuration may be given besides those that tests have."""
    directory = places.new_directory()
    try:
        server = Server(directory, *settings, programs=programs)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory)
