"""One limited key, three processes on one database, and many times the load that it may have.

    python -m benchmarks.limits [--seconds 60] [--times 10] [--rate 100/10s] [--postgres]

Prints what was let in against what is promised: in any T seconds at most requests * (1 + T /
seconds), and what was offered in one second. T reaches from when the first of some requests was
sent until the last was answered. Ends with 1 where more was let in.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from benchmarks.filled import COMPLETE
from benchmarks.servers import Server, service

from keyconsole.core.limits import Rate, typed_rate
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings

PROCESSES = 3


class Passed(NamedTuple):
    """A request that was let in: when it was sent, and when it was answered, in seconds."""

    sent: float
    answered: float


class Offered(NamedTuple):
    """The load: so many requests a second for so long."""

    rate: Rate
    a_second: float
    seconds: float

    def promised(self, seconds: float) -> float:
        """Returns the most that may be let in within so many seconds."""
        return self.rate.requests * (1 + seconds / self.rate.seconds) + self.a_second


def main() -> int:
    """Offer the load, and hold what was let in against the promise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--times", type=float, default=10)
    parser.add_argument("--rate", default="100/10s")
    parser.add_argument("--postgres", action="store_true")
    chosen = parser.parse_args()
    rate = typed_rate(chosen.rate)
    if rate is None:
        parser.error("a rate is needed")
    offered = Offered(rate, chosen.times * rate.requests / rate.seconds, chosen.seconds)
    with ExitStack() as stack:
        data_dir = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="limits-")))
        environ: dict[str, Any] = {}
        if chosen.postgres:
            from tests.service.store.postgres.server import a_server

            environ["KEYCONSOLE_DATABASE_URL"] = stack.enter_context(a_server()).url
        settings = ServiceSettings.from_environment(data_dir, environ=environ)
        made = asyncio.run(initialize(settings, workspace="Acme", account="ops@acme.example"))
        servers = [
            stack.enter_context(service(f"process-{number}", data_dir, **environ))
            for number in range(PROCESSES)
        ]
        passed, was = asyncio.run(_offer(servers, made.operator_token, offered))
    return _told(passed, was)


async def _offer(
    servers: Sequence[Server], token: str, wanted: Offered
) -> tuple[list[Passed], Offered]:
    """Returns what was let in, and the load as it was: a busy machine offers less."""
    urls = [f"http://127.0.0.1:{server.port}" for server in servers]
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        secret = await _limited_key(http, urls[0], token, wanted.rate)
        asking = {"authorization": f"Bearer {secret}"}
        passed: list[Passed] = []

        async def ask(url: str) -> None:
            sent = time.monotonic()
            answer = await http.get(f"{url}/v1/forward-auth", headers=asking)
            if answer.status_code == httpx.codes.OK:
                passed.append(Passed(sent, time.monotonic()))
            elif answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                raise RuntimeError(answer.text)

        began, asked = time.monotonic(), 0
        async with asyncio.TaskGroup() as tasks:
            for url in cycle(urls):
                now = time.monotonic() - began
                if now > wanted.seconds:
                    break
                await asyncio.sleep(max(0, asked / wanted.a_second - now))
                tasks.create_task(ask(url))
                asked += 1
        took = time.monotonic() - began
    return passed, Offered(wanted.rate, asked / took, took)


async def _limited_key(http: httpx.AsyncClient, url: str, token: str, rate: Rate) -> str:
    http.headers["authorization"] = f"Bearer {token}"
    integration = await http.post(f"{url}/v1/integrations", json=COMPLETE)
    made = await http.post(
        f"{url}/v1/integrations/{integration.json()['id']}/keys",
        json={"label": "limited", "rate_limit": rate._asdict()},
        headers={"idempotency-key": "limited-" * 4},
    )
    made.raise_for_status()
    return str(made.json()["secret"])


def _told(passed: Sequence[Passed], offered: Offered) -> int:
    order = sorted(passed)
    worst = max(
        (last - first + 1) / offered.promised(order[last].answered - order[first].sent)
        for first in range(len(order))
        for last in range(first, len(order))
    )
    whole = offered.promised(order[-1].answered - order[0].sent)
    alone = whole - offered.a_second
    print(f"{offered.rate}, offered {offered.a_second:,.0f}/s for {offered.seconds:,.0f} s")
    print(f"let in {len(order):,}; one process alone {alone:,.0f}; promised at most {whole:,.0f}")
    print(f"in the worst span {worst:.0%} of what is promised for it")
    return int(worst > 1)


if __name__ == "__main__":
    sys.exit(main())
