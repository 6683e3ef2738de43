"""Revoke many keys in one action while single revokes come in: how long each takes.

One process, SQLite with FULL commits.
"""

import asyncio
import statistics
import time
from typing import Any

import httpx
import uvloop
from benchmarks.figures import Figures
from benchmarks.filled import COMPLETE
from benchmarks.run import Run

from keyconsole.core import credential
from keyconsole.service.app import ServiceApp, create_app
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store import keys

KEYS = 20_000
SINGLE = 40


async def fill(app: ServiceApp, integration: dict[str, str], prefix: str, count: int) -> list[str]:
    pids = [credential.new_pid() for _ in range(count)]
    rows = [
        {
            "pid": pid,
            "integration_id": integration["id"],
            "workspace_id": integration["workspace_id"],
            "root_id": app.runtime.roots.newest.id,
            "verifier": bytes(32),
            "label": f"{prefix}-{number}",
            "label_skeleton": f"{prefix}-{number}",
            "created_at": 1,
            "created_by": "ops@acme.example",
            "version": 1,
        }
        for number, pid in enumerate(pids)
    ]
    async with app.runtime.store.write() as tx:
        await keys.add_all(tx, rows)
    return [credential.public_key(pid) for pid in pids]


def measure(run: Run) -> None:
    """Note every figure of the section."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        for figures in run.each_round():
            loop.run(_round(run, figures))


async def _round(run: Run, figures: Figures) -> None:
    settings = ServiceSettings.from_environment(run.fresh("bulk"), environ={})
    made = await initialize(settings, workspace="Acme", account="ops@acme.example")
    app = create_app(settings)
    await app.start()
    try:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://keys",
            headers={"authorization": f"Bearer {made.operator_token}"},
            timeout=60,
        ) as http:
            integration = (await http.post("/v1/integrations", json=COMPLETE)).json()
            await fill(app, integration, "leaked", min(run.keys, KEYS))
            single = await fill(app, integration, "single", SINGLE)
            began, spent = time.perf_counter(), time.process_time()
            meanwhile = await _revoked(http, single)
            figures.note("bulk revoke", time.perf_counter() - began, time.process_time() - spent)
    finally:
        await app.aclose()
    figures.note("single revoke", statistics.median(meanwhile))
    figures.note("slowest single revoke", max(meanwhile))


async def _revoked(http: httpx.AsyncClient, single: list[str]) -> list[float]:
    """Revoke all that leaked; how long each single revoke took, of those asked for meanwhile."""
    body: dict[str, Any] = {"query": "label:leaked-*", "reason": "key_compromise"}
    shown = (await http.post("/v1/revocations", json=body | {"dry_run": True})).json()
    body |= {"expect_count": shown["count"], "selection_hash": shown["selection_hash"]}
    begun = (await http.post("/v1/revocations", json=body)).json()
    meanwhile: list[float] = []
    while True:
        if single:
            meanwhile.append(await _timed(http, single.pop()))
        else:
            await asyncio.sleep(0.05)
        at = (await http.get(f"/v1/revocations/{begun['id']}", params={"limit": 1})).json()
        if at["finished_at"] is not None:
            return meanwhile


async def _timed(http: httpx.AsyncClient, public_key: str) -> float:
    began = time.perf_counter()
    answer = await http.post(f"/v1/keys/{public_key}/revoke", json={})
    answer.raise_for_status()
    return time.perf_counter() - began
