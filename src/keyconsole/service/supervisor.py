"""The processes of `service run --workers N`: one parent, and workers that end with it."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.clock import system_clock
from keyconsole.service.logs import log
from keyconsole.service.runtime import Runtime
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.opening import hold_database

DATA_DIR = "KEYCONSOLE_DATA_DIR"
DATABASE = "KEYCONSOLE_EXPECTED_DATABASE"
"""Variables by which a worker learns what its parent found; the second is not for people."""

START_SECONDS = 60.0
"""Seconds for a new worker to answer its parent, on a busy machine."""

END_SECONDS = 0.7
"""Seconds for a worker whose parent is gone to end in order."""


@dataclass(frozen=True, slots=True)
class Held:
    """The database that the parent opened first, and goes on holding for its workers."""

    identity: str
    is_new: bool
    look: Callable[[], str | None]
    """Says, if the database is another one by now, what was found."""


@contextlib.contextmanager
def hold(settings: ServiceSettings) -> Iterator[Held]:
    """Makes the database ready once, before the workers, and holds it until they have ended.

    Raises `ConfigurationError` for what each of them would refuse.
    """

    async def start() -> str:
        runtime = await Runtime.open(settings, system_clock)
        await runtime.aclose()
        return runtime.database

    with hold_database(settings) as (is_new, look):
        yield Held(asyncio.run(start()), is_new, look)


class Supervisor(Multiprocess):
    """Starts workers, and starts them again while the database is the one it was.

    A worker that dies when it is another one is not replaced: the others answer 503. A worker that
    is still starting is given `START_SECONDS`: uvicorn's own health check would end it after five.
    """

    def __init__(self, config: uvicorn.Config, listening: socket.socket, held: Held) -> None:
        super().__init__(config, sockets=[listening])
        self._look = held.look
        self._refusal: str | None = None
        self._starting: dict[Process, float] = {}
        self._started: set[Process] = set()

    def serve(self) -> None:
        """Serves until a signal; raises `ConfigurationError` if no worker is left."""
        self.run()
        if self._refusal is not None:
            raise ConfigurationError(self._refusal)

    def keep_subprocess_alive(self) -> None:
        """Replaces workers that died or hang, unless the database is another one."""
        reason = self._look()
        for process in list(self.processes):
            if self.should_exit.is_set():
                return
            if not self._lives(process):
                self._end(process)
                self._replace(process, reason)

    def _lives(self, process: Process) -> bool:
        if process.exitcode is not None:
            return False
        if process in self._started:
            return process.is_alive(self.config.timeout_worker_healthcheck)
        try:
            if process not in self._starting:
                self._starting[process] = time.monotonic()
                process.parent_conn.send(b"ping")
            if process.parent_conn.poll(0):
                process.parent_conn.recv()
                self._started.add(process)
        except (OSError, EOFError):
            return False
        return time.monotonic() - self._starting[process] < START_SECONDS

    def _end(self, process: Process) -> None:
        process.kill()
        process.join()
        self._starting.pop(process, None)
        self._started.discard(process)

    def _replace(self, process: Process, reason: str | None) -> None:
        if reason is not None:
            self.processes.remove(process)
            log.error("a worker ended and is not started again", reason=reason)
            if not self.processes:
                self._give_up(reason)
        elif process.exitcode == STARTUP_FAILURE:
            self._give_up("A worker could not start; its log says why.")
        else:
            log.warning("a worker ended and is started again", process=process.pid)
            following = Process(self.config, self.sockets)
            following.start()
            self.processes[self.processes.index(process)] = following

    def _give_up(self, reason: str) -> None:
        self._refusal = reason
        self.should_exit.set()


def end_with_parent() -> None:
    """Watches the parent from a thread, and ends this process soon after it is gone."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        log.error("the parent process is gone: this worker ends")
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(END_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()
