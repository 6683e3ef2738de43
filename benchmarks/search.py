"""The slowest lists that can be asked for: every filter, every order and hostile texts.

The service is asked in this process, through its HTTP interface. Meanwhile somebody in another
workspace revokes keys, one after another.
"""

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import uvloop
from benchmarks.bulk import fill
from benchmarks.figures import Figures, amount
from benchmarks.filled import COMPLETE
from benchmarks.million import RARE, build
from benchmarks.run import Run

from keyconsole.core.queries.keys import KeyQuery
from keyconsole.service.app import ServiceApp, create_app
from keyconsole.service.clock import system_clock
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings

ASKED = 20
"""How often each list is asked for in a round; its p99 is the slowest of these."""
TOLD = 0.05
"""Seconds above which a list is named below the table."""
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


Case = tuple[str, str, dict[str, Any]]
"""The kind of a list, its name, and how it is asked for."""


def cases() -> Iterator[Case]:
    """What is asked for."""
    for sort in SORTS:
        yield "orders", f"everything, {sort}", {"sort": sort}
        yield "orders", f"a common text, {sort}", {"query": "prod", "sort": sort}
        yield "orders", f"in force, {sort}", {"query": "status:active", "sort": sort}
    for name, text in TEXTS.items():
        yield "texts", name, {"query": str(KeyQuery(text=text)), "sort": "label"}
    for query in QUERIES:
        yield "filters", query, {"query": query, "sort": "label"}


def measure(run: Run) -> None:
    """Note every figure of the section, on either database."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(_measure(run, "SQLite", ""))
        with run.postgresql() as url:
            if url:
                loop.run(_measure(run, "PostgreSQL", url))


async def _measure(run: Run, database: str, url: str) -> None:
    directory = run.fresh("searched") if url else run.directory / "million"
    token = (await asyncio.to_thread(build, directory, run.keys, database_url=url)).strip()
    settings = ServiceSettings.from_environment(
        directory, url, environ={"KEYCONSOLE_RATE_LIMITS": "off"}
    )
    app = create_app(settings)
    await app.start()
    try:
        async with _signed_in(app, token) as http:
            await _add_alike(app, http)
            async with _revoking(app, settings) as revokes:
                gc.collect()
                gc.freeze()  # as a service that runs does, once it has started
                slow: dict[str, float] = {}
                for figures in run.each_round():
                    revokes.clear()
                    slow.clear()  # the last round is told
                    await _round(http, figures, database, slow, 3 if run.is_dry else ASKED)
                    figures.note(f"revokes, {database}", _high(revokes))
    finally:
        await app.aclose()
    for name, seconds in sorted(slow.items(), key=lambda each: -each[1]):
        run.notes.append(f"{database}, {name}: {amount(seconds, 's')}")


async def _round(
    http: httpx.AsyncClient, figures: Figures, database: str, slow: dict[str, float], asked: int
) -> None:
    highest: dict[str, float] = {}
    for kind, name, parameters in cases():
        high = await _slowest(http, parameters, asked)
        highest[kind] = max(high, highest.get(kind, 0.0))
        if high > TOLD:
            slow[name] = high
    for kind, seconds in highest.items():
        figures.note(f"{kind}, {database}", seconds)


async def _slowest(http: httpx.AsyncClient, asked: dict[str, Any], times: int) -> float:
    """The slowest of a first page and the one after it."""
    took = []
    for _ in range(times):
        page, seconds = await _timed(http, asked | {"limit": 100})
        took.append(seconds)
        if page["next_cursor"]:
            _, seconds = await _timed(http, asked | {"cursor": page["next_cursor"]})
            took.append(seconds)
    return max(took)


async def _timed(http: httpx.AsyncClient, asked: dict[str, Any]) -> tuple[dict[str, Any], float]:
    began = time.perf_counter()
    answer = await http.get("/v1/keys", params=asked)
    took = time.perf_counter() - began
    if answer.status_code != 200:
        raise RuntimeError(f"{asked}: {answer.text}")
    page: dict[str, Any] = answer.json()
    return page, took


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
            times.append(time.perf_counter() - began)
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


def _high(times: list[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.99))] if times else 0.0
