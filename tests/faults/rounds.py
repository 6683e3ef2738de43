"""One round: a service, keys that are revoked one after another, and a fault at a random moment."""

import asyncio
import random
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
from tests.faults.kinds import LINKED, NAME, Fault
from tests.service.promise import Process
from tests.service.world import COMPLETE

from keyconsole.core.credential import parse
from keyconsole.service.app import ServiceApp, create_app
from keyconsole.service.clock import system_clock
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.sqlite.backup import back_up

NOTICED_SECONDS = 1.5
"""A second, and what a busy machine adds to it."""


@dataclass(slots=True)
class Outcome:
    """What became of the revokes of one round, or of many."""

    faults: int = 0
    asked: int = 0
    acknowledged: int = 0
    accepted: int = 0
    """Verifications that passed after their revoke was acknowledged: each breaks the promise."""
    late: int = 0
    """Revokes that were acknowledged though they began after the fault: each breaks it too."""
    unnoticed: int = 0
    """Faults after which `/readyz` stayed green: each breaks what readiness says."""

    def add(self, other: "Outcome") -> None:
        for name in ("faults", "asked", "acknowledged", "accepted", "late", "unnoticed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def is_kept(self) -> bool:
        return not (self.accepted or self.late or self.unnoticed)


@dataclass(frozen=True, slots=True)
class Stock:
    """A database with keys that nobody has revoked, and backups of it."""

    data_dir: Path
    token: str = field(repr=False)
    secrets: list[str] = field(repr=False)
    backup: Path


@asynccontextmanager
async def serving(data_dir: Path) -> AsyncIterator[tuple[ServiceApp, httpx.AsyncClient]]:
    """A started service in this process. It maps no file: cutting a mapped one ends a process."""
    settings = ServiceSettings.from_environment(data_dir, environ={})
    app = create_app(replace(settings, rate_limits=False), clock=system_clock)
    await app.start()
    transport = httpx.ASGITransport(app=app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://keys") as http:
            yield app, http
    finally:
        await app.aclose()


async def a_stock(where: Path, keys: int) -> Stock:
    """Make a database with so many keys."""
    data_dir = where / "stock"
    settings = ServiceSettings.from_environment(data_dir, environ={})
    made = await initialize(settings, workspace="Acme", account="ops@acme.example")
    async with serving(data_dir) as (_, http):
        process = Process(http, made.operator_token)
        answer = await process.post("/v1/integrations", COMPLETE | {"name": "Salesforce"})
        integration = str(answer.json()["id"])
        secrets = [(await process.create(integration)).json()["secret"] for _ in range(keys)]
    with closing(sqlite3.connect(data_dir / NAME)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    backup = where / "backup.db"
    back_up(data_dir / NAME, backup)
    shutil.copyfile(data_dir / NAME, where / "plain.db")
    return Stock(data_dir, made.operator_token, secrets, backup)


async def play(stock: Stock, kind: str, fault: Fault, where: Path, dice: random.Random) -> Outcome:
    """Revoke every key of a copy of the stock, and do the fault meanwhile."""
    data_dir = where / "data"
    shutil.copytree(stock.data_dir, data_dir)
    if kind in LINKED:
        (where / "real").mkdir()
        (data_dir / NAME).rename(where / "real" / NAME)
        (data_dir / NAME).symlink_to(where / "real" / NAME)
    outcome = Outcome(faults=1)
    moment = dice.randrange(1, len(stock.secrets) - 1)
    delay = dice.random() * 0.004
    done = asyncio.Event()

    async def strike() -> None:
        await asyncio.sleep(delay)
        await asyncio.to_thread(fault, data_dir, stock.backup)
        done.set()

    async with serving(data_dir) as (_, http):
        process = Process(http, stock.token)
        striking: asyncio.Task[None] | None = None
        for number, secret in enumerate(stock.secrets):
            if number == moment:
                striking = asyncio.create_task(strike())
            if number == moment + 1:
                await done.wait()
            await _revoke(process, secret, outcome, is_after=done.is_set())
        if striking is not None:
            await striking
        await asyncio.sleep(0)
        if (await http.get("/readyz")).status_code != httpx.codes.SERVICE_UNAVAILABLE:
            outcome.unnoticed += 1
    return outcome


async def _revoke(process: Process, secret: str, outcome: Outcome, *, is_after: bool) -> None:
    outcome.asked += 1
    answer = await process.post(f"/v1/keys/kcp_{parse(secret).pid}/revoke")
    if answer.status_code != httpx.codes.OK:
        return
    outcome.acknowledged += 1
    outcome.late += is_after
    verified = await process.verify(secret)
    outcome.accepted += verified.status_code == httpx.codes.OK
