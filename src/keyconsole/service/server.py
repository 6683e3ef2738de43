"""`service run`: the app under uvicorn, with one process or several on one socket."""

import contextlib
import gc
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn

from keyconsole.core.errors import ConfigurationError
from keyconsole.core.safetext import show
from keyconsole.core.urls import without_password
from keyconsole.service import logs, openfiles, supervisor
from keyconsole.service.app import ServiceApp, create_app
from keyconsole.service.protocol import BoundedProtocol
from keyconsole.service.settings import ServiceSettings

_GRACE_SECONDS = 10
_BACKLOG = 2048

IDLE_SECONDS = 75
"""Seconds that a connection is kept between two requests.

Longer than gateways keep theirs: one that sends while the service hangs up gets no answer, which
is a refusal for its caller.
"""


def run(
    settings: ServiceSettings, host: str = "127.0.0.1", port: int = 8321, workers: int = 1
) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what began.

    Prints `listening on http://…` to standard error once it is, and what it serves. On a
    terminal the logs are lines for a person. Raises `ConfigurationError` when the settings, the
    database, the root key or the address cannot be used.
    """
    _configure_logs(settings.log_level)
    openfiles.require_enough()
    listening = _listen(host, port)
    with listening:
        if workers == 1:
            _serve(settings, listening)
        else:
            _supervise(settings, listening, workers)


def build() -> ServiceApp:
    """Returns the app of one worker process, from the environment that its parent set."""
    settings = ServiceSettings.from_environment(Path(os.environ[supervisor.DATA_DIR]))
    _configure_logs(settings.log_level)
    supervisor.end_with_parent()
    return create_app(replace(settings, expected_database=os.environ[supervisor.DATABASE]))


class _Server(uvicorn.Server):
    def __init__(self, app: ServiceApp, database_url: str) -> None:
        super().__init__(uvicorn.Config(app, **_OPTIONS))
        self._app = app
        self._database_url = database_url

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Takes signals to the end: uvicorn raises them again once it has shut down.

        Not before it serves: a start, which may wait for another process, ends by a signal.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        with super().capture_signals():
            yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What is loaded by now stays: to look for garbage among it held requests up for 40 ms.
        gc.collect()
        gc.freeze()
        if self.started and sockets:
            _announce(sockets[0], self._database_url, is_new=self._app.runtime.is_new)


def _serve(settings: ServiceSettings, listening: socket.socket) -> None:
    app = create_app(settings)
    server = _Server(app, settings.database_url)
    with contextlib.suppress(SystemExit):  # of uvicorn, where the app does not start
        server.run(sockets=[listening])
    if not server.started:
        raise ConfigurationError(app.refusal or "The service could not start.")


def _supervise(settings: ServiceSettings, listening: socket.socket, workers: int) -> None:
    # Children start afresh: what the parent was told goes to them by environment.
    os.environ[supervisor.DATA_DIR] = str(settings.data_dir)
    os.environ.update(settings.to_environment())
    with supervisor.hold(settings) as held:
        os.environ[supervisor.DATABASE] = held.identity
        config = uvicorn.Config(
            "keyconsole.service.server:build", factory=True, workers=workers, **_OPTIONS
        )
        listening.listen(_BACKLOG)
        _announce(listening, settings.database_url, is_new=held.is_new)
        supervisor.Supervisor(config, listening, held).serve()


def _listen(host: str, port: int) -> socket.socket:
    if not host.strip():  # which the system takes for every network
        raise ConfigurationError(
            "--host is empty: 127.0.0.1 is this machine alone, 0.0.0.0 every network it is in."
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, UnicodeError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or "It is no address"
        raise ConfigurationError(
            f"Cannot listen on {host} port {port}: {reason}. Choose another --port."
        ) from error
    listening.set_inheritable(True)
    return listening


def _announce(listening: socket.socket, database_url: str, *, is_new: bool) -> None:
    """Prints the address. It ends its line: programs read it there."""
    host, port = listening.getsockname()[:2]
    host = f"[{host}]" if ":" in host else host
    lines = [f"listening on http://{host}:{port}", f"serving {without_password(database_url)}"]
    if is_new:
        lines.append("the database was not there: a new, empty one was made")
    if _is_watched():
        lines.append("Ctrl-C stops it")
    sys.stderr.write("".join(f"{show(line)}\n" for line in lines))
    sys.stderr.flush()


def _is_watched() -> bool:
    return sys.stderr.isatty()


def _configure_logs(level: str) -> None:
    logs.configure(level)
    if _is_watched():
        for handler in logging.getLogger().handlers:
            handler.setFormatter(PlainLines(handler.formatter))


class PlainLines(logging.Formatter):
    """The JSON lines of another formatter for a person: time, what happened, and its details.

    It is a line an event; only where an error came from stands below it.
    """

    def __init__(self, inner: logging.Formatter | None) -> None:
        super().__init__()
        self._inner = inner or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """Returns the text of the other formatter, safe to show."""
        line = self._inner.format(record)
        try:
            event = json.loads(line)
        except ValueError:
            return show(line)
        time, level = str(event.pop("timestamp", ""))[11:19], event.pop("level", "")
        event.pop("logger", None)
        what, trace = event.pop("event", ""), str(event.pop("exception", "") or "")
        details = " ".join(f"{name}={value}" for name, value in event.items())
        urgent = "" if level in {"info", "debug"} else f"{level}: "
        first = f"{time} {urgent}{what} {details}".rstrip()
        return "\n".join(show(each) for each in (first, *trace.splitlines()))


_OPTIONS: dict[str, Any] = {
    "http": BoundedProtocol,
    "ws": "none",
    "loop": "uvloop",
    "lifespan": "on",
    "timeout_keep_alive": IDLE_SECONDS,
    "proxy_headers": False,
    "server_header": False,
    "access_log": False,
    "log_config": None,
    "timeout_graceful_shutdown": _GRACE_SECONDS,
}
