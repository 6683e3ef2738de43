"""The slowest lists that can be asked for: `python -m benchmarks.worst_queries [--keep DIRECTORY]`.

Every filter, every order and hostile texts at 1,000,000 keys, on SQLite, or with `--postgresql` on
a server that it starts. Builds the keys once (a directory that is kept is used again; with
`--database-url` beside it, a database that is kept) and asks the service itself, in this process,
through its HTTP interface. Meanwhile somebody in another workspace revokes keys, one after another.
Ends with 1 when the p99 of a list or of the revokes is above its goal.
"""

import argparse
import asyncio
import contextlib
import gc
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
from benchmarks.bulk_revoke import COMPLETE, fill
from benchmarks.million import RARE, build

from keyconsole.core.queries.keys import KeyQuery
from keyconsole.service.app import ServiceApp, create_app
from keyconsole.service.clock import system_clock
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings

GOAL_MS = 100.0
ROUNDS = 20
ALIKE = "a" * 90
"""What 20,000 labels begin with, beside the million."""
TEXTS = {
    "rare": RARE,
    "common": "prod",
    "common, of one system": "webhook",
    "absent": "does-not-exist",
    "absent, its trigrams are not": "gatewayprod",
    "one letter": "w",
    "one letter, absent": "ж",
    "two letters": "xo",
    "two letters, absent": "qq",
    "90 a": ALIKE,
    "100 a": "a" * 100,
    "500 a": "a" * 500,
    "a, and b at the end": "a" * 60 + "b",
    "wildcards": "%_%_%",
    "backslashes": "\\\\%",
    "quotes": "'\"'",
    "syntax of FTS5": '"aaa" OR NEAR(b c) * ^d',
    "combining marks": "a\u0301\u0301\u0301",
    "Chinese": "支付宝",
    "emoji": "🔑🔑🔑",
    "end of a public key": "6g3k",
}
QUERIES = (
    "status:active",
    "status:unconfirmed",
    "status:disabled",
    "status:expired",
    "status:revoked",
    "status:revoked,active",
    "unused:90d",
    "unused:150w",
    "age:<7d",
    "age:365d",
    "by:person7",
    "by:nobody",
    "env:prod",
    "env:nowhere",
    "from:10.1.4.7",
    "from:10.",
    "from:10.99.",
    "due:rotation",
    "created:2026-01-31",
    "expires:30d",
    "expires:never",
    "expires:never by:nobody",
    "revoked:7d",
    "revoked:>=2020-01-01",
    "label:*gateway*prod*",
    "label:*a*a*a*a*a*a*a*b",
    "label:?????",
    "owner:person7",
    "owner:payments",
    "owner:nobody",
    "due:owner",
    "tag:team",
    "tag:team=pay",
    "tag:team=nobody",
    "scope:api",
    "scope:none",
    "integration:*",
    "integration:nowhere",
    "status:active env:prod by:nobody prod",
    "status:disabled env:prod from:10.1. prod",
    "status:active unused:90d env:prod by:person7 gateway",
)
SORTS = ("label", "-label", "created_at", "-created_at", "last_used_at", "-last_used_at")


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """What is asked for, by name."""
    for sort in SORTS:
        yield f"everything, {sort}", {"sort": sort}
        yield f"a common text, {sort}", {"query": "prod", "sort": sort}
        yield f"in force, {sort}", {"query": "status:active", "sort": sort}
    for name, text in TEXTS.items():
        yield f"text, {name}", {"query": str(KeyQuery(text=text)), "sort": "label"}
    for query in QUERIES:
        yield query, {"query": query, "sort": "label"}


def main() -> int:
    """Build, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="build here, and use what is there already")
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--database-url", default="", help="a PostgreSQL that is running")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args()
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="keyconsole-worst-"))
        url = chosen.database_url
        if chosen.postgresql and not url:
            url = stack.enter_context(_server())
        directory = chosen.keep or Path(scratch) / "keys"
        token = build(directory, chosen.keys, database_url=url).strip()
        settings = ServiceSettings.from_environment(
            directory, url, environ={"KEYCONSOLE_RATE_LIMITS": "off"}
        )
        return asyncio.run(_measure(settings, token, chosen.rounds))


@contextlib.contextmanager
def _server() -> Iterator[str]:
    from tests.service.store.postgres.server import a_server

    memory = ("shared_buffers = 256MB", "log_statement = none", "fsync = on")
    with a_server(*memory) as running:
        yield running.url


async def _measure(settings: ServiceSettings, token: str, rounds: int) -> int:
    app = create_app(settings)
    began = time.perf_counter()
    await app.start()
    print(f"started in {time.perf_counter() - began:.1f} s")
    try:
        async with _signed_in(app, token) as http:
            await _add_alike(app, http)
        async with _signed_in(app, token) as http, _revoking(app, settings) as revokes:
            gc.collect()
            gc.freeze()  # as a service that runs does, once it has started
            print(f"{'':44} {'rows':>5} {'p50 ms':>8} {'p99 ms':>8} {'next p99':>8}")
            slow = [await _row(http, name, asked, rounds) for name, asked in cases()]
            revoked = _high(revokes)
    finally:
        await app.aclose()
    print(f"{len(revokes)} revokes meanwhile in another workspace: p99 {revoked:.1f} ms")
    print(f"{sum(slow)} of {len(slow)} lists above {GOAL_MS:.0f} ms")
    return int(any(slow) or revoked > GOAL_MS)


@contextlib.asynccontextmanager
async def _signed_in(app: ServiceApp, token: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://bench",
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    ) as http:
        yield http


async def _add_alike(app: ServiceApp, http: httpx.AsyncClient) -> None:
    oldest = await http.get("/v1/keys", params={"sort": "created_at", "limit": 1})
    if oldest.json()["items"][0]["label"].startswith(ALIKE):
        return
    here = (await http.get("/v1/integrations", params={"limit": 1})).json()["items"][0]
    for _ in range(20):
        await fill(app, here, ALIKE, 1_000)


@contextlib.asynccontextmanager
async def _revoking(app: ServiceApp, settings: ServiceSettings) -> AsyncIterator[list[float]]:
    """How long each revoke takes that somebody in another workspace asks for, until the end."""
    name = f"other-{time.time_ns()}"
    made = await initialize(
        settings, workspace=name, account=f"{name}@other.example", clock=system_clock
    )
    times: list[float] = []

    async def revoke(http: httpx.AsyncClient) -> None:
        here = (await http.post("/v1/integrations", json=COMPLETE)).json()
        for number in range(100_000):
            [key] = await fill(app, here, f"other-{number}", 1)
            began = time.perf_counter()
            answer = await http.post(f"/v1/keys/{key}/revoke", json={})
            times.append((time.perf_counter() - began) * 1000)
            answer.raise_for_status()
            await asyncio.sleep(0.02)

    async with _signed_in(app, made.operator_token) as http:
        revoking = asyncio.create_task(revoke(http))
        try:
            yield times
        finally:
            revoking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await revoking


async def _row(http: httpx.AsyncClient, name: str, asked: dict[str, Any], rounds: int) -> bool:
    times, following = [], [0.0]
    rows = 0
    for _ in range(rounds):
        began = time.perf_counter()
        answer = await http.get("/v1/keys", params=asked | {"limit": 100})
        times.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            print(f"{name:44} {answer.status_code}: {answer.text}")
            return True
        page = answer.json()
        rows = len(page["items"])
        if page["next_cursor"]:
            began = time.perf_counter()
            await http.get("/v1/keys", params=asked | {"cursor": page["next_cursor"]})
            following.append((time.perf_counter() - began) * 1000)
    worst, on = _high(times), _high(following)
    print(f"{name:44} {rows:5} {statistics.median(times):8.1f} {worst:8.1f} {on:8.1f}", flush=True)
    return max(worst, on) > GOAL_MS


def _high(times: list[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.99))] if times else 0.0


if __name__ == "__main__":
    raise SystemExit(main())
