"""Revoke 20,000 keys in one action while single revokes come in: how long each takes.

    python benchmarks/bulk_revoke.py [--keys 20000] [--single 40]

One process, SQLite with FULL synchronous commits. Prints the whole action, and the single revokes
that were asked for meanwhile beside those asked for before, as a ratio in this very run. The CPU
time says what is left of the rest on a machine that others use as well.
"""

import argparse
import asyncio
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

import httpx

from keyconsole.core import credential
from keyconsole.service.app import ServiceApp, create_app
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store import keys

COMPLETE = {
    "name": "Salesforce",
    "provider": "salesforce",
    "environment": "production",
    "client_id": "3MVG9",
    "redirect_uri": "https://acme.example/callback",
    "scopes": ["api"],
}


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


async def timed(http: httpx.AsyncClient, public_key: str) -> float:
    started = time.perf_counter()
    answer = await http.post(f"/v1/keys/{public_key}/revoke", json={})
    answer.raise_for_status()
    return (time.perf_counter() - started) * 1000


def told(name: str, times: list[float]) -> None:
    print(f"{name:<28} median {statistics.median(times):6.1f} ms   longest {max(times):6.1f} ms")


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=20_000)
    parser.add_argument("--single", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        settings = ServiceSettings.from_environment(Path(scratch), environ={})
        made = await initialize(settings, workspace="Acme", account="ops@acme.example")
        app = create_app(settings)
        await app.start()
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://keys",
            headers={"authorization": f"Bearer {made.operator_token}"},
            timeout=60,
        ) as http:
            integration = (await http.post("/v1/integrations", json=COMPLETE)).json()
            await fill(app, integration, "leaked", asked.keys)
            single = await fill(app, integration, "single", asked.single * 2)
            alone = [await timed(http, key) for key in single[: asked.single]]

            body = {"query": "label:leaked-*", "reason": "key_compromise"}
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            started = time.perf_counter()
            shown = (await http.post("/v1/revocations", json=body | {"dry_run": True})).json()
            dry, worked = time.perf_counter(), time.process_time()
            body |= {"expect_count": shown["count"], "selection_hash": shown["selection_hash"]}
            begun = (await http.post("/v1/revocations", json=body)).json()
            meanwhile: list[float] = []
            rest = single[asked.single :]
            while True:
                if rest:
                    meanwhile.append(await timed(http, rest.pop()))
                else:
                    await asyncio.sleep(0.2)
                at = (await http.get(f"/v1/revocations/{begun['id']}", params={"limit": 1})).json()
                if at["finished_at"] is not None:
                    break
            ended, worked = time.perf_counter(), time.process_time() - worked
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        await app.aclose()
    print(
        f"{asked.keys:,} keys: shown in {dry - started:.2f} s, dead in {ended - dry:.2f} s "
        f"({worked:.2f} s of CPU, those who ask included; load {os.getloadavg()[0]:.1f})"
    )
    print(f"peak memory grew by {(after - before) / 1024:.0f} MB")
    told("single revoke, alone", alone)
    told("single revoke, meanwhile", meanwhile)
    ratio = statistics.median(meanwhile) / statistics.median(alone)
    print(f"meanwhile / alone: {ratio:.1f}")


if __name__ == "__main__":
    asyncio.run(main())
