"""Starts the server that all processes of a run share, and stops it when the run has ended.

The program returns when the server is started and has written its URL to a file. A process in the
background waits for the lock of the run, which is free as soon as the process that started the run
has ended, even by SIGKILL.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests import shared
from tests.service.store.postgres.server import a_server

_ROOT = Path(__file__).parents[4]
_CONNECTIONS = 40
"""As many as one process of the tests may hold."""
_NO_VACUUM = "autovacuum = off"
"""Nothing that a test measures or plans with changes behind its back."""


def url() -> str:
    """Returns the URL of the server of this run, which is started if nobody has done so."""
    address = shared.directory() / "url"
    with shared.lock("starting"):
        if not address.exists():
            # In a session of its own: Ctrl-C ends the run, and the end of the run ends the server.
            subprocess.run(
                [sys.executable, "-m", __name__, str(address)],
                check=True,
                cwd=_ROOT,
                start_new_session=True,
            )
    return address.read_text()


def _main(address: Path) -> None:
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    with shared.lock(shared.CUSTODIAN):
        with a_server(
            "autovacuum = off", f"max_connections = {_CONNECTIONS * processes}"
        ) as server:
            address.write_text(server.url)
            if os.fork():
                os._exit(0)
            _let_go_of_output()
            with shared.lock(shared.RUN):
                pass
        shutil.rmtree(shared.directory(), ignore_errors=True)


def _let_go_of_output() -> None:
    """Closes what somebody may be reading until its end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for each in range(3):
        os.dup2(nothing, each)


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
