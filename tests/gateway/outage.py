"""Takes PostgreSQL away from a service behind nginx, and notes what every caller is told.

`python -m tests.gateway.outage` takes it away for twenty seconds each and draws the table in
docs/operations.md again.
"""

import asyncio
import math
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import httpx
from tests.gateway.products import HERE, PRODUCTS
from tests.gateway.upstream import upstream
from tests.service.processes import serving
from tests.service.promise import Process
from tests.service.store.postgres.pooler import a_pooler
from tests.service.store.postgres.server import Server, a_server
from tests.service.world import COMPLETE

from keyconsole.core.credential import parse
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings

NGINX = PRODUCTS[0]
PAUSE_SECONDS = 0.2
"""Between the answer to a caller and its next request."""
PAGE = HERE.with_name("operations.md")
BEGIN, END = "<!-- outage -->\n", "<!-- /outage -->"
LIMITS = (2, 5, 11)
"""Seconds that the table tells apart."""

DIRECT, POOLED = "nothing", "PgBouncer"
STOPPED, HUNG = "stopped", "hung"
SECONDS = {STOPPED: 20.0, HUNG: 20.0}
"""How long the server is away for the page."""
MANAGEMENT = "create, revoke, list"
"""Which of them waits for a connection, and which for an answer, is a matter of luck."""
_HEAD = (
    "| PostgreSQL | between | Request | Answer | Seconds | good again after |\n"
    "|---|---|---|---|---|---|\n"
)


class Row(NamedTuple):
    """What is asked, and how."""

    event: str
    between: str
    request: str


class Cell(NamedTuple):
    """The answers while the server is away, the longest wait for one, the time until it is well."""

    answers: frozenset[str]
    seconds: float
    recovery: float


Cells = Mapping[Row, Cell]


@dataclass(frozen=True)
class Caller:
    """Asks one thing again and again; `status` is that of the answer when all is well."""

    between: str
    request: str
    status: int
    ask: Callable[[], Awaitable[httpx.Response]]

    async def ask_until(self, ending: asyncio.Event) -> tuple[set[str], float]:
        """Asks until the event; what is answered after it does not count."""
        answers: set[str] = set()
        longest = 0.0
        while not ending.is_set():
            began = time.monotonic()
            answer = _told(await self.ask())
            if not ending.is_set():
                answers.add(answer)
                longest = max(longest, time.monotonic() - began)
                await asyncio.sleep(PAUSE_SECONDS)
        return answers, longest

    async def ask_until_well(self) -> float:
        """Returns the seconds until the answer is the usual one again."""
        began = time.monotonic()
        while True:
            if (await self.ask()).status_code == self.status:
                return time.monotonic() - began
            await asyncio.sleep(PAUSE_SECONDS)


def _told(answer: httpx.Response) -> str:
    kind = answer.headers.get("content-type", "")
    told = answer.json() if kind.startswith("application/problem+json") else {}
    problem = f" {told['error']}" if told.get("status") == answer.status_code else ""
    return f"{answer.status_code}{problem}"


@asynccontextmanager
async def callers(server: Server, scratch: Path) -> AsyncIterator[list[Caller]]:
    """Two services on one server, one of them by PgBouncer, each behind an nginx."""
    async with AsyncExitStack() as stack:
        pooler = stack.enter_context(
            a_pooler(server.data.parent, "session", "server_login_retry = 1")
        )
        urls = {DIRECT: server.url, POOLED: pooler.url(server.url)}
        settings = ServiceSettings.from_environment(scratch, server.url, environ={})
        made = await initialize(settings, workspace="Acme", account="ops@acme.example")
        protected = stack.enter_context(upstream())
        found: list[Caller] = []
        for between, url in urls.items():
            running = stack.enter_context(
                serving(scratch, scratch, KEYCONSOLE_DATABASE_URL=url, KEYCONSOLE_RATE_LIMITS="off")
            )
            process = Process(
                await stack.enter_async_context(_client(running.url)), made.operator_token
            )
            fields = COMPLETE | {"name": f"behind {between}"}
            integration = (await process.post("/v1/integrations", fields)).json()["id"]
            address = running.url.removeprefix("http://")
            listen = stack.enter_context(NGINX.started(address, protected.address, integration))
            gate = Process(
                await stack.enter_async_context(_client(listen)), "", verifies_at="/orders"
            )
            found += await _of(between, process, gate, integration)
        yield found


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)


async def _of(between: str, process: Process, gate: Process, integration: str) -> list[Caller]:
    good, revoked, spare = [(await process.create(integration)).json()["secret"] for _ in range(3)]

    def revoke(secret: str) -> Awaitable[httpx.Response]:
        return process.post(f"/v1/keys/kcp_{parse(secret).pid}/revoke")

    assert (await revoke(revoked)).status_code == 200
    return [
        Caller(between, "`/livez`", 200, lambda: process.http.get("/livez")),
        Caller(between, "`/readyz`", 200, lambda: process.http.get("/readyz")),
        Caller(between, "good key, through nginx", 200, lambda: gate.verify(good)),
        Caller(between, "revoked key, through nginx", 401, lambda: gate.verify(revoked)),
        Caller(between, MANAGEMENT, 201, lambda: process.create(integration)),
        Caller(between, MANAGEMENT, 200, lambda: revoke(spare)),
        Caller(between, MANAGEMENT, 200, lambda: process.get("/v1/keys")),
    ]


async def measured(server: Server, asking: Iterable[Caller], seconds: Mapping[str, float]) -> Cells:
    """Stops the server, then lets it hang, for so long each; all callers ask meanwhile."""
    asking = list(asking)
    cells: dict[Row, Cell] = {}
    for event, take, give_back in (
        (STOPPED, server.stop, server.start),
        (HUNG, server.pause, server.resume),
    ):
        for caller in asking:
            assert (await caller.ask()).status_code == caller.status, caller.request
        ending = asyncio.Event()
        await asyncio.to_thread(take)
        try:
            telling = asyncio.gather(*(each.ask_until(ending) for each in asking))
            await asyncio.sleep(seconds[event])
            ending.set()
        finally:
            await asyncio.to_thread(give_back)
        well = await asyncio.gather(*(each.ask_until_well() for each in asking))
        told = await telling
        for caller, (answers, longest), recovery in zip(asking, told, well, strict=True):
            row = Row(event, caller.between, caller.request)
            known = cells.get(row, Cell(frozenset(), 0, 0))
            cells[row] = Cell(
                known.answers | answers,
                max(known.seconds, longest),
                max(known.recovery, recovery),
            )
    return cells


def drawn(cells: Cells) -> str:
    """Returns the table: requests that are answered alike share a line."""
    lines: dict[tuple[str, str, str], list[str]] = {}
    for row, cell in cells.items():
        rest = (
            f"{', '.join(sorted(cell.answers))} | {_limit(cell.seconds)} | {_limit(cell.recovery)}"
        )
        lines.setdefault((row.event, row.between, rest), []).append(row.request)
    text = "".join(
        f"| {event} | {between} | {'; '.join(requests)} | {rest} |\n"
        for (event, between, rest), requests in lines.items()
    )
    return _HEAD + text


def _limit(seconds: float) -> str:
    return f"< {next((most for most in LIMITS if seconds < most), math.inf)}"


def read() -> Cells:
    """Returns what the page says; its seconds are limits."""
    cells: dict[Row, Cell] = {}
    rows = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].splitlines()[2:]
    for row in rows:
        event, between, requests, answers, seconds, recovery = row.strip("| ").split(" | ")
        for request in requests.split("; "):
            cells[Row(event, between, request)] = Cell(
                frozenset(answers.split(", ")), float(seconds[2:]), float(recovery[2:])
            )
    return cells


async def measure(scratch: Path, seconds: Mapping[str, float]) -> Cells:
    """Starts everything, measures, and stops everything."""
    with a_server() as server:
        async with callers(server, scratch) as asking:
            return await measured(server, asking, seconds)


def main() -> None:
    """Measures for as long as the page says, and writes the table."""
    if NGINX.missing:
        raise SystemExit(NGINX.missing)
    with tempfile.TemporaryDirectory() as scratch:
        cells = asyncio.run(measure(Path(scratch), SECONDS))
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + drawn(cells) + END + rest.partition(END)[2])


if __name__ == "__main__":
    main()
