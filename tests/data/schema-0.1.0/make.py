"""Writes the databases of schema 0004 that lie beside this file; read README.md first.

    PYTHONPATH=. .venv/bin/python tests/data/schema-0.1.0/make.py PG_DUMP POSTGRESQL_URL

Never run again once version 0.1.0 is released: later code writes a later schema. `POSTGRESQL_URL`
names an empty database, `PG_DUMP` a program of the version of its server.
"""

import asyncio
import gzip
import hashlib
import itertools
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from keyconsole.service.app import ServiceApp, create_app
from keyconsole.service.clock import DAY, HOUR, MINUTE, told
from keyconsole.service.initialize import initialize
from keyconsole.service.rootkeys import root_id
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.sqlite.backup import back_up

HERE = Path(__file__).parent
BEGINNING = datetime(2026, 1, 5, 8, tzinfo=UTC)
LABELS: dict[str, dict[str, Any]] = {
    "api-gateway-prod": {},
    "café-facturación-prod": {"metadata": {"équipe": "trésorerie"}},
    "支払いサービス-本番": {"allowed_ips": ["10.1.0.0/16", "2001:db8::/32"]},
    "Überwachung Köln-Süd": {"metadata": {"owner": "ops", "ticket": "OPS-17"}},
    "nightly export of the invoices " + "x" * 69: {},
}
"""Keys that stay active, with what else is said of each."""


class Clock:
    """A clock that is moved by hand."""

    now = round(BEGINNING.timestamp() * 1000)

    def __call__(self) -> int:
        return self.now


class Caller:
    """Sends requests with an operator token; each POST has a nonce of its own."""

    nonces = itertools.count()

    def __init__(self, app: ServiceApp, token: str = "") -> None:
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, client=("10.1.4.7", 4711)),
            base_url="http://keys",
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    async def send(self, method: str, path: str, expected: int = 200, **body: Any) -> Any:
        nonce = f"frozen-{next(self.nonces):026d}"
        headers = {"Idempotency-Key": nonce, "If-Match": '"1"'}
        answer = await self.http.request(method, f"/v1/{path}", json=body or None, headers=headers)
        assert answer.status_code == expected, answer.text
        return answer.json() if answer.content else None

    async def key(self, integration: str, label: str, **fields: Any) -> tuple[str, str]:
        path = f"integrations/{integration}/keys"
        made = await self.send("POST", path, 201, label=label, **fields)
        return made["key"]["public_key"], made["secret"]

    async def verify(self, secret: str, agent: str = "billing/2.3") -> None:
        headers = {"Authorization": f"Bearer {secret}", "User-Agent": agent}
        await self.http.get("/v1/forward-auth", headers=headers)


@asynccontextmanager
async def running(settings: ServiceSettings, clock: Clock) -> AsyncIterator[ServiceApp]:
    app = create_app(settings, clock=clock)
    await app.start()
    app.runtime.checkpoints.start()
    yield app
    await app.aclose()


async def fill(settings: ServiceSettings) -> dict[str, Any]:
    """Fill an empty database through the API. Returns what a test needs to ask it."""
    clock = Clock()
    acme = await initialize(settings, workspace="Acme", account="ops@acme.example", clock=clock)
    other = await initialize(
        settings, workspace="Zweigstelle Köln", account="büro@köln.example", clock=clock
    )
    async with running(settings, clock) as app:
        admin, gateway = Caller(app, acme.operator_token), Caller(app)
        facts = await fill_acme(app, clock, admin, gateway, acme.workspace_id)
        branch = await fill_branch(clock, Caller(app, other.operator_token), gateway)
        await app.runtime.recorder.flush()
    return {
        "now": clock() + HOUR,
        "operator_token": acme.operator_token,
        "other_operator_token": other.operator_token,
        "workspaces": [acme.workspace_id, other.workspace_id],
        **facts,
        "other_live": branch,
    }


async def fill_acme(
    app: ServiceApp, clock: Clock, admin: Caller, gateway: Caller, workspace: str
) -> dict[str, Any]:
    await admin.send(
        "PATCH",
        f"workspaces/{workspace}",
        settings={"max_key_age_days": 365, "warning_days": 30, "environments": ["prod", "test"]},
    )
    integrations = await make_integrations(admin)
    salesforce = integrations["Salesforce Produktion"]
    people = await make_people(admin, workspace, clock)
    live = {label: await admin.key(salesforce, label, **fields) for label, fields in LABELS.items()}
    expires = told(clock() + 20 * DAY)
    expired = await admin.key(salesforce, "migration-2026", expires_at=expires)
    rows = {
        name: await admin.key(salesforce, f"{name}-key")
        for name in ("revoked", "leaked", "disabled", "fused", "rotated", "cancelled", "rotating")
    }
    bulk = [await admin.key(integrations["Zendesk"], f"bulk-{number}") for number in range(6)]
    for day in range(30):
        clock.now += DAY
        for _, secret in [*live.values(), *rows.values(), expired]:
            for minute in range(day % 3 + 1):
                clock.now += minute * MINUTE
                await gateway.verify(secret, f"billing/2.{day % 4}")
        await app.runtime.recorder.flush()
    public = {name: key for name, (key, _) in rows.items()}
    await admin.send("PATCH", f"keys/{live['api-gateway-prod'][0]}", metadata={"team": "payments"})
    await admin.send("POST", f"keys/{live['api-gateway-prod'][0]}/acknowledge")
    until = told(clock() + 60 * DAY)
    await admin.send(
        "POST", f"keys/{live['api-gateway-prod'][0]}/review", finding="unclear", until=until
    )
    await admin.send(
        "POST",
        f"keys/{public['revoked']}/revoke",
        reason="key_compromise",
        incident="INC-4711",
        note="found in a public repository",
    )
    await gateway.http.post("/v1/revoke", data={"token": rows["leaked"][1]})
    await admin.send("POST", f"keys/{public['disabled']}/disable", note="vacation")
    await admin.send("POST", f"keys/{public['fused']}/disable", until=until, then="revoke")
    await rotate(admin, gateway, app, clock, public, rows)
    await revoke_many(admin, integrations["Zendesk"], bulk[:4])
    await admin.send("PATCH", f"integrations/{integrations['Stripe']}", status="disabled")
    for _, secret in (*rows.values(), expired):
        await gateway.verify(secret, "cron/1.0")
    denied = Caller(app, people["viewer"])
    await denied.send("POST", f"keys/{public['fused']}/revoke", 403)
    return {
        "integration": salesforce,
        "live": {label: secret for label, (_, secret) in live.items()},
        "revoked": rows["revoked"][1],
        "expired": expired[1],
        "disabled": rows["disabled"][1],
        "fused": rows["fused"][1],
    }


async def make_integrations(admin: Caller) -> dict[str, str]:
    """One of each status, and one more for a bulk revoke."""
    made = {}
    for name in ("Salesforce Produktion", "Zendesk", "Stripe"):
        answer = await admin.send(
            "POST",
            "integrations",
            201,
            name=name,
            provider=name.split()[0].lower(),
            environment="production",
            client_id="3MVG9",
            redirect_uri="https://acme.example/callback",
            scopes=["api", "refresh_token"],
        )
        made[name] = answer["id"]
    await admin.send("POST", "integrations", 201, name="下書き")
    await admin.key(made["Stripe"], "stripe-payouts-prod")
    return made


async def make_people(admin: Caller, workspace: str, clock: Clock) -> dict[str, str]:
    """Returns a token of each role; one member leaves, one token is revoked, one expires."""
    tokens = {}
    for role in ("viewer", "operator", "responder", "gateway"):
        email = f"{role}@acme.example"
        member = await admin.send("POST", "members", 201, email=email, role=role)
        token = await admin.send(
            "POST",
            "tokens",
            201,
            account_id=member["account_id"],
            workspace_id=workspace,
            label=f"{role} on the laptop",
            expires_at=told(clock() + (10 if role == "responder" else 90) * DAY),
        )
        tokens[role] = token["value"]
        if role == "operator":
            await admin.send("DELETE", f"tokens/{token['id']}", 204)
            await admin.send("DELETE", f"members/{member['account_id']}", 204)
    return tokens


async def rotate(
    admin: Caller,
    gateway: Caller,
    app: ServiceApp,
    clock: Clock,
    public: dict[str, str],
    rows: dict[str, tuple[str, str]],
) -> None:
    """A rotation that was completed, one that was cancelled, one under way."""
    for name in ("rotated", "cancelled", "rotating"):
        path = f"keys/{public[name]}/rotation"
        begun = await admin.send("POST", path, 201, quiet_minutes=30)
        await gateway.verify(begun["secret"])
        await gateway.verify(rows[name][1])
        await app.runtime.recorder.flush()
        clock.now += HOUR
        if name == "rotated":
            await admin.send("POST", f"{path}/complete", now=True)
        elif name == "cancelled":
            await admin.send("POST", f"{path}/cancel")


async def revoke_many(admin: Caller, integration: str, keys: list[tuple[str, str]]) -> None:
    asked: dict[str, Any] = {
        "keys": [{"public_key": key} for key, _ in keys],
        "reason": "superseded",
    }
    found = await admin.send("POST", "revocations", **asked, dry_run=True)
    begun = await admin.send(
        "POST",
        "revocations",
        202,
        **asked,
        expect_count=found["count"],
        selection_hash=found["selection_hash"],
    )
    while not (await admin.send("GET", f"revocations/{begun['id']}"))["finished_at"]:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def fill_branch(clock: Clock, admin: Caller, gateway: Caller) -> str:
    """A second workspace, whose labels may be those of the first. Returns a secret."""
    integration = await admin.send(
        "POST",
        "integrations",
        201,
        name="HubSpot",
        provider="hubspot",
        environment="sandbox",
        client_id="c-1",
        redirect_uri="https://köln.example/zurück",
        scopes=["crm"],
    )
    _, secret = await admin.key(integration["id"], "api-gateway-prod")
    for number in range(40):
        clock.now += MINUTE
        await admin.key(integration["id"], f"agent-{number:02d}-köln")
    await gateway.verify(secret)
    return secret


def make_root(directory: Path) -> None:
    """A root key that everybody can compute, so that it protects nothing anywhere else."""
    root = hashlib.sha256(b"keyconsole: throw-away root of the tests").digest()
    path = directory / "root-keys"
    path.touch(0o600)
    path.write_text(f"{root_id(root)} {root.hex()}\n")


def compress(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content, mtime=0))


def dump(program: str, url: str) -> bytes:
    """The database as statements that a driver can run in one go on PostgreSQL 14 or newer."""
    command = [program, "--inserts", "--rows-per-insert=200", "--no-owner", "--no-acl", url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    kept = [
        line
        for line in text.splitlines()
        # Of psql alone, or of newer servers.
        if not re.match(r"\\|--|SET transaction_timeout|SET default_table_access_method", line)
    ]
    return re.sub(r"\n{2,}", "\n", "\n".join(kept)).encode() + b"\n"


async def main(program: str, url: str) -> None:
    facts: dict[str, Any] = {}
    for engine, database_url in (("sqlite", None), ("postgresql", url)):
        with tempfile.TemporaryDirectory() as scratch:
            directory = Path(scratch)
            make_root(directory)
            settings = ServiceSettings.from_environment(
                directory, database_url, environ={"KEYCONSOLE_RATE_LIMITS": "off"}
            )
            facts[engine] = await fill(settings)
            if database_url is None:
                copy = directory / "copy.db"
                back_up(settings.database_path, copy)
                compress(HERE / "sqlite.db.gz", copy.read_bytes())
            else:
                compress(HERE / "postgresql.sql.gz", dump(program, database_url))
            checkpoints = (directory / "audit-checkpoints.jsonl").read_text()
            (HERE / f"{engine}-checkpoints.jsonl").write_text(checkpoints)
            (HERE / "root-keys").write_text((directory / "root-keys").read_text())
    (HERE / "facts.json").write_text(
        json.dumps(facts, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
