"""The management API: one call after another over HTTP, and what a request takes in process."""

import asyncio
import gc
import http.client
import itertools
import json
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import uvloop
from benchmarks.figures import Figures
from benchmarks.filled import Filled, filled
from benchmarks.goals import RIVAL
from benchmarks.rival import Rival
from benchmarks.run import Run
from benchmarks.servers import Server, service

from keyconsole.service.app import ServiceApp, create_app
from keyconsole.service.settings import ServiceSettings

CALLS = 20
CALLS_IN_PROCESS = 100
_JSON = {"Content-Type": "application/json"}
_numbers = itertools.count()


class Caller:
    """Whoever manages keys, one call at a time; `keys` says which, and nothing is the rival."""

    def __init__(self, server: Server, keys: Filled | None) -> None:
        self._server = server
        self._http = http.client.HTTPConnection("127.0.0.1", server.port)
        self._headers, self._pages, self._creates = dict(_JSON), "/keys", "/keys"
        if keys is not None:
            self._headers["Authorization"] = f"Bearer {keys.token}"
            self._pages, self._creates = "/v1/keys?limit=100&sort=-created_at", _creates_at(keys)

    def create(self) -> None:
        """Make a key of a new name."""
        body, headers = _new_key()
        self._call("POST", self._creates, body, self._headers | headers)

    def page(self) -> None:
        """Read the newest 100 keys."""
        self._call("GET", self._pages, None, self._headers)

    def note(self, name: str, call: Callable[[], None], figures: Figures) -> None:
        """Make some calls; keep the median time of one, and the CPU time of the server."""
        before, times = self._server.cpu(), []
        for _ in range(CALLS):
            began = time.perf_counter()
            call()
            times.append(time.perf_counter() - began)
        figures.note(name, statistics.median(times), (self._server.cpu() - before) / CALLS)

    def _call(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> None:
        self._http.request(method, path, body, headers)
        answer = self._http.getresponse()
        read = answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(read.decode())


def measure(run: Run) -> None:
    """Note every figure of the section."""
    many, few = filled(run.directory / "many", run.keys), filled(run.directory / "thousand", 1_000)
    with ExitStack() as stack:
        ours = Caller(stack.enter_context(service("management", many.data_dir)), many)
        small = Caller(stack.enter_context(service("few", few.data_dir)), few)
        rival = None
        if (programs := run.rival(RIVAL)) is not None:
            site = Rival(programs, run.fresh("managed-rival"))
            rival = Caller(stack.enter_context(site.serving(RIVAL)), None)
        loop = stack.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        app = _app(many)
        loop.run(app.start())
        stack.callback(lambda: loop.run(app.aclose()))
        gc.collect()
        gc.freeze()  # as a service that runs does, once it has started
        for figures in run.each_round():
            ours.note("create", ours.create, figures)
            if rival is not None:
                rival.note(f"create, {RIVAL}", rival.create, figures)
            ours.note("page", ours.page, figures)
            small.note("page, 1,000 keys", small.page, figures)
            if rival is not None:
                rival.note(f"page, {RIVAL}", rival.page, figures)
            loop.run(_in_process(app, many, figures))


def _app(keys: Filled) -> ServiceApp:
    environ = {"KEYCONSOLE_RATE_LIMITS": "off", "KEYCONSOLE_AUDIT_CHECKPOINTS": "off"}
    return create_app(
        ServiceSettings.from_environment(keys.data_dir, keys.database_url, environ=environ)
    )


async def _in_process(app: ServiceApp, keys: Filled, figures: Figures) -> None:
    headers = _JSON | {"Authorization": f"Bearer {keys.token}"}
    await _note(figures, "GET /v1/me", app, lambda: ("GET", "/v1/me", "", "", headers))
    search = "query=does-not-exist&limit=100"
    await _note(figures, "empty search", app, lambda: ("GET", "/v1/keys", search, "", headers))

    def create() -> tuple[str, str, str, str, dict[str, str]]:
        body, fresh = _new_key()
        return "POST", _creates_at(keys), "", body, headers | fresh

    await _note(figures, "create, in process", app, create)


async def _note(
    figures: Figures,
    name: str,
    app: ServiceApp,
    request: Callable[[], tuple[str, str, str, str, dict[str, str]]],
) -> None:
    """Keep the CPU time of this process for one request, whatever else it waits for."""
    requests = [request() for _ in range(CALLS_IN_PROCESS)]
    began = time.process_time()
    for each in requests:
        await _ask(app, *each)
    spent = (time.process_time() - began) / CALLS_IN_PROCESS
    figures.note(name, spent, spent)


async def _ask(
    app: ServiceApp, method: str, path: str, query: str, body: str, headers: dict[str, str]
) -> None:
    """One request as uvicorn hands it over; raises RuntimeError unless it is granted."""
    parts: list[dict[str, Any]] = [{"type": "http.request", "body": body.encode()}]
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        if parts:
            return parts.pop()
        never: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        return await never  # the client stays

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1"),
            *((name.lower().encode(), value.encode()) for name, value in headers.items()),
        ],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    if statuses not in ([200], [201]):
        raise RuntimeError(f"{method} {path}: {statuses}")


def _creates_at(keys: Filled) -> str:
    return f"/v1/integrations/{(keys.data_dir / 'integration').read_text()}/keys"


def _new_key() -> tuple[str, dict[str, str]]:
    label = f"made-{time.time_ns()}-{next(_numbers)}"
    return json.dumps({"label": label}), {"Idempotency-Key": f"{label:x<32}"}
