"""A service with many keys, some of which have secrets that a load can present."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.service.app import create_app
from keyconsole.service.clock import DAY, system_clock
from keyconsole.service.initialize import initialize
from keyconsole.service.rootkeys import RootKey
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.verification.verifier import verifier_of

PRESENTED = 200
"""Keys that are presented, spread over all of them: so many different ones are counted a second."""
COMPLETE = {
    "name": "Salesforce",
    "provider": "salesforce",
    "environment": "production",
    "client_id": "3MVG9",
    "redirect_uri": "https://acme.example/callback",
    "scopes": ["api"],
}


@dataclass(frozen=True)
class Filled:
    """Where it is; its admin's token is in `token`, secrets in `secrets` and, broken, in `bad`."""

    data_dir: Path
    database_url: str

    @property
    def settings(self) -> ServiceSettings:
        return ServiceSettings.from_environment(self.data_dir, self.database_url, environ={})

    @property
    def secrets(self) -> Path:
        return self.data_dir / "secrets"

    @property
    def bad(self) -> Path:
        return self.data_dir / "bad"

    @property
    def token(self) -> str:
        return (self.data_dir / "token").read_text()


def filled(data_dir: Path, count: int, database_url: str = "") -> Filled:
    """A service with so many keys; one that was filled before is taken as it is."""
    made = Filled(data_dir, database_url or f"sqlite:///{data_dir / 'keyconsole.db'}")
    if not made.bad.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        asyncio.run(_fill(made, count))
    return made


async def _fill(made: Filled, count: int) -> None:
    settings = made.settings
    admin = await initialize(settings, workspace="Acme", account="ops@acme.example")
    app = create_app(settings)
    runtime = await app.start()
    try:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://keys",
            headers={"authorization": f"Bearer {admin.operator_token}"},
        ) as http:
            integration = (await http.post("/v1/integrations", json=COMPLETE)).json()
        secrets: list[str] = []
        rows = list(_rows(runtime.roots.newest, integration, count, secrets))
    finally:
        await app.aclose()
    if settings.is_postgresql:
        await _copy(settings.database_url, rows)
    else:
        _insert(settings.database_path, rows)
    (made.data_dir / "token").write_text(admin.operator_token)
    (made.data_dir / "integration").write_text(integration["id"])
    made.secrets.write_text("\n".join(secrets))
    made.bad.write_text("\n".join(_with_another_end(each) for each in secrets))


async def _copy(url: str, rows: list[dict[str, Any]]) -> None:
    import asyncpg

    server = await asyncpg.connect(url)
    try:
        records = [tuple(row.values()) for row in rows]
        await server.copy_records_to_table("api_keys", records=records, columns=[*rows[0]])
        await server.execute("VACUUM ANALYZE")
    finally:
        await server.close()


def _insert(path: Path, rows: list[dict[str, Any]]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA synchronous = OFF")
        raw.execute("PRAGMA cache_size = -400000")
        names, marks = ", ".join(rows[0]), ", ".join("?" * len(rows[0]))
        raw.execute("BEGIN")
        raw.executemany(
            f"INSERT INTO api_keys ({names}) VALUES ({marks})",
            (tuple(row.values()) for row in rows),
        )
        raw.execute("COMMIT")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _rows(
    root: RootKey, integration: dict[str, Any], count: int, secrets: list[str]
) -> Iterator[dict[str, Any]]:
    now = system_clock()
    every = max(1, count // PRESENTED)
    for number in range(count):
        if number % every:
            pid, verifier = credential.new_pid(), bytes(32)
        else:
            key = credential.mint(Kind.API_KEY)
            pid, digest = key.pid, credential.digest(key.text)
            verifier = verifier_of(root.verify_key, pid, integration["id"], digest)
            secrets.append(key.text)
        yield {
            "pid": pid,
            "integration_id": integration["id"],
            "workspace_id": integration["workspace_id"],
            "root_id": root.id,
            "verifier": verifier,
            "label": f"gateway-{number:07d}",
            "label_skeleton": f"gateway-{number:07d}",
            "created_at": now - (count - number) * DAY // count,
            "created_by": "ops@acme.example",
            "version": 1,
        }


def _with_another_end(secret: str) -> str:
    """The same with a checksum that is wrong."""
    return secret[:-1] + ("1" if secret[-1] == "0" else "0")
