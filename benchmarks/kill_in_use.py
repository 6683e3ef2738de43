"""Revoke a key that is in use at 500 requests a second, against `service run` in its own process.

    python benchmarks/kill_in_use.py [--rate 500] [--seconds 3] [--gateways 16] [--workers 1]

Prints how fast it was asked for, and when the last request was let in: sent and seen before or
after the time in the receipt, the answer to the revoke, and the word of the verification path.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx

COMPLETE = {
    "name": "Salesforce",
    "provider": "salesforce",
    "environment": "production",
    "client_id": "3MVG9",
    "redirect_uri": "https://acme.example/callback",
    "scopes": ["api"],
}
WARM = 200
KEYCONSOLE = [sys.executable, "-m", "keyconsole"]


@dataclass
class Traffic:
    """Every answer: when it was asked for, when it was there, and its status."""

    answers: list[tuple[float, float, int]] = field(default_factory=list)
    is_warm: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False

    async def ask(self, url: str, secret: str, pause: float) -> None:
        """One gateway, at its share of the rate; it does not wait for a slow answer twice."""
        async with httpx.AsyncClient(base_url=url, timeout=30) as http:
            due = time.time()
            while not self.is_over:
                await asyncio.sleep(max(0.0, due - time.time()))
                sent = time.time()
                due = max(due + pause, sent)
                answer = await http.get(
                    "/v1/forward-auth", headers={"authorization": f"Bearer {secret}"}
                )
                self.answers.append((sent, time.time(), answer.status_code))
                if len(self.answers) > WARM:
                    self.is_warm.set()


def serve(environ: dict[str, str], workers: int) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [*KEYCONSOLE, "service", "run", "--port", "0", "--workers", str(workers)],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    line = next(each for each in process.stdout if each.startswith("listening on "))
    # A process whose log nobody reads waits for a reader.
    threading.Thread(target=process.stdout.read, daemon=True).start()
    return process, line.split()[-1]


async def kill(url: str, token: str, asked: argparse.Namespace) -> None:
    async with httpx.AsyncClient(
        base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=30
    ) as http:
        integration = (await http.post("/v1/integrations", json=COMPLETE)).json()["id"]
        made = await http.post(
            f"/v1/integrations/{integration}/keys",
            json={"label": "api-gateway-prod"},
            headers={"idempotency-key": "a-benchmark-that-kills"},
        )
        public_key, secret = made.json()["key"]["public_key"], made.json()["secret"]
        traffic = Traffic()
        pause = asked.gateways / asked.rate
        async with asyncio.TaskGroup() as gateways:
            for _ in range(asked.gateways):
                gateways.create_task(traffic.ask(url, secret, pause))
            await traffic.is_warm.wait()
            await asyncio.sleep(asked.seconds)
            sent = time.time()
            receipt = (await http.post(f"/v1/keys/{public_key}/revoke", json={})).json()
            answered = time.time()
            proof = (await http.post("/v1/identify", json={"public_key": public_key})).json()
            await asyncio.sleep(asked.seconds)
            traffic.is_over = True
    tell(traffic, sent, answered, receipt["revoked_at"], proof["checked_at"])


def tell(traffic: Traffic, sent: float, answered: float, revoked: str, checked: str) -> None:
    before = [each for each in traffic.answers if each[0] < sent]
    accepted = [each for each in traffic.answers if each[2] == 200]
    after = [each for each in traffic.answers if each[0] > answered]
    let_in = sum(status == 200 for _, _, status in after)
    last = accepted[-1]
    span = before[-1][0] - before[0][0]
    print(f"asked for {len(before) / span:.0f} times a second; load {os.getloadavg()[0]:.1f}")
    print(f"revoked in {(answered - sent) * 1000:.1f} ms; {len(accepted):,} let in before it")
    print(f"sent after the receipt: {len(after):,}, of them let in: {let_in}")
    for name, moment in (
        ("the receipt's time", datetime.fromisoformat(revoked).timestamp()),
        ("the answer", answered),
        ("the word of the verification path", datetime.fromisoformat(checked).timestamp()),
    ):
        ahead = [(moment - each) * 1000 for each in last[:2]]
        print(f"{name}: {ahead[0]:.1f} ms after the last 200 was sent, {ahead[1]:.1f} after seen")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--gateways", type=int, default=16)
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
        environ = kept | {
            "HOME": scratch,
            "KEYCONSOLE_DATA_DIR": str(Path(scratch) / "data"),
            "KEYCONSOLE_RATE_LIMITS": "off",
        }
        made = subprocess.run(
            [*KEYCONSOLE, "service", "init", "--workspace", "acme", "--account", "a@b.example",
             "--json"],
            env=environ, check=True, capture_output=True, text=True,
        )  # fmt: skip
        process, url = serve(environ, asked.workers)
        try:
            asyncio.run(kill(url, json.loads(made.stdout)["operator_token"], asked))
        finally:
            process.terminate()
            process.wait(20)


if __name__ == "__main__":
    main()
