"""Asks a server on this machine for one thing, over and over: the load of the measurements.

A process of its own, so that it shares no interpreter with what it measures. It reads orders from
standard input, a line of JSON each, and answers each with a line: how many requests were answered
in how many seconds, with what statuses, and how long they took. It keeps so many connections, each
with one request under way, and ends after so many seconds or so many requests, whatever comes
first. With a rate it asks at fixed times, whether answers came or not, and counts from the time at
which a request was due; so an answer that is late is not hidden by those that waited for it.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

CONNECTIONS = 16
MOST = 200_000
"""Requests of one order."""


class Line(asyncio.Protocol):
    """A connection with one request under way at most."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._received = b""
        self.due = 0.0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport

    def ask(self, request: bytes, due: float) -> None:
        self.due = due
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        head = received.find(b"\r\n\r\n")
        if head < 0 or len(received) < head + 4 + _length(received[:head]):
            self._received = received
            return
        self._received = b""
        self._run.answered(self, received[9:12])

    def connection_lost(self, _error: Exception | None) -> None:
        self._run.lost(self)


def _length(head: bytes) -> int:
    at = head.lower().find(b"\r\ncontent-length:")
    return int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


class Run:
    """One order being carried out."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._port: int = order["port"]
        self._requests = cycle([_request(order, name) for name in _names(order)])
        self._rate: float | None = order.get("rate")
        self._seconds: float = order["seconds"]
        self._most: int = min(order.get("most", MOST), MOST)
        self._connections: int = order.get("connections", CONNECTIONS)
        self._idle: deque[Line] = deque()
        self._overdue: deque[float] = deque()
        self._took: list[float] = []
        self._statuses: Counter[str] = Counter()
        self._asked = 0
        self._loop = asyncio.get_running_loop()
        self._over = self._loop.create_future()

    async def carry_out(self) -> dict[str, Any]:
        lines = []
        for _ in range(self._connections):
            _, line = await self._loop.create_connection(
                lambda: Line(self), "127.0.0.1", self._port
            )
            lines.append(line)
        began = time.perf_counter()
        self._ends = began + self._seconds
        if self._rate is None:
            for line in lines:
                self._ask(line, time.perf_counter())
        else:
            self._idle.extend(lines)
            self._pace(began)
        self._loop.call_later(self._seconds + 5, self._end)  # where nothing answers any more
        await self._over
        seconds = time.perf_counter() - began
        for line in lines:
            line.transport.abort()
        took = sorted(self._took)
        return {
            "answered": len(took),
            "seconds": seconds,
            "statuses": self._statuses,
            "p50": statistics.median(took) if took else None,
            "p99": took[int(len(took) * 0.99)] if took else None,
        }

    def answered(self, line: Line, status: bytes) -> None:
        now = time.perf_counter()
        self._took.append(now - line.due)
        self._statuses[status.decode()] += 1
        if now >= self._ends or len(self._took) >= self._most:
            self._end()
        elif self._rate is None:
            self._ask(line, now)
        elif self._overdue:
            self._ask(line, self._overdue.popleft())
        else:
            self._idle.append(line)

    def lost(self, _line: Line) -> None:
        if not self._over.done():
            self._over.set_exception(ConnectionError("the server hung up"))

    def _ask(self, line: Line, due: float) -> None:
        if self._asked < self._most:
            self._asked += 1
            line.ask(next(self._requests), due)

    def _pace(self, due: float) -> None:
        assert self._rate is not None
        now = time.perf_counter()
        while due <= now:
            if self._idle:
                self._ask(self._idle.popleft(), due)
            else:
                self._overdue.append(due)
            due += 1 / self._rate
        if now >= self._ends:
            self._end()
        elif not self._over.done():
            self._loop.call_later(due - now, self._pace, due)

    def _end(self) -> None:
        if not self._over.done():
            self._over.set_result(None)


def _names(order: dict[str, Any]) -> list[str]:
    return Path(order["secrets"]).read_text().split() if "secrets" in order else [""]


def _request(order: dict[str, Any], secret: str) -> bytes:
    head = [f"{order.get('method', 'GET')} {order['path']} HTTP/1.1", "Host: 127.0.0.1"]
    head += [each.replace("{secret}", secret) for each in order.get("headers", ())]
    return "\r\n".join([*head, "User-Agent: load/1", "", ""]).encode()


class Load:
    """The process, as whoever measures sees it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, **order: Any) -> dict[str, Any]:
        """Carry one order out."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def load() -> Iterator[Load]:
    """The load, ready for orders."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Load(process)
        finally:
            process.kill()


def main() -> None:
    import uvloop

    for line in sys.stdin:
        order = json.loads(line)

        async def carry_out(order: dict[str, Any] = order) -> dict[str, Any]:
            return await Run(order).carry_out()

        print(json.dumps(uvloop.run(carry_out())), flush=True)


if __name__ == "__main__":
    main()
