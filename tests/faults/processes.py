"""What happens to the processes of a service: killed, cut off, without a disk, by a wrong clock.

Each kind is a function of the running service. Rounds are played with two workers, on SQLite and,
where it applies, on PostgreSQL; then the service is started again, and every key whose revoke was
acknowledged is presented to it.
"""

import asyncio
import os
import random
import resource
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
from tests.faults.kinds import NAME, moved_and_backup_put_there
from tests.faults.rounds import Outcome
from tests.service.databases import Engine, a_database
from tests.service.processes import Running, serving
from tests.service.promise import Process
from tests.service.test_workers import children_of
from tests.service.world import COMPLETE

from keyconsole.core.credential import parse
from keyconsole.service.app import create_app
from keyconsole.service.clock import DAY, elapsed_clock, system_clock
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.sqlite.backup import back_up

PATIENCE = httpx.Timeout(30)
NO_ANSWER = (httpx.TransportError,)


class JumpingClock:
    """The clock of the machine, until somebody sets it."""

    def __init__(self) -> None:
        self.offset = 0

    def __call__(self) -> int:
        return system_clock() + self.offset


@dataclass
class Scene:
    """A service that runs, and what a fault can reach of it."""

    data: Path
    backup: Path
    url: str
    """Of the database on PostgreSQL; empty on SQLite."""
    clock: JumpingClock
    running: Running | None = None


Fault = Callable[[Scene], Awaitable[None]]


async def parent_killed(scene: Scene) -> None:
    assert scene.running is not None
    scene.running.process.kill()
    await asyncio.to_thread(scene.running.process.wait)


async def worker_killed(scene: Scene) -> None:
    """Its place is taken by another one, which opens the same database."""
    os.kill(random.choice(_workers(scene)), signal.SIGKILL)


async def worker_killed_on_another_file(scene: Scene) -> None:
    workers = _workers(scene)
    await asyncio.to_thread(moved_and_backup_put_there, scene.data, scene.backup)
    os.kill(random.choice(workers), signal.SIGKILL)


async def disk_full(scene: Scene) -> None:
    """No file of the workers grows any more, and nothing is written to one."""
    for worker in _workers(scene):
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


async def connections_cut(scene: Scene) -> None:
    connection = await asyncpg.connect(scene.url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
    finally:
        await connection.close()


async def clock_set_back(scene: Scene) -> None:
    scene.clock.offset = -3 * DAY


async def clock_set_ahead(scene: Scene) -> None:
    scene.clock.offset = 400 * DAY


def _workers(scene: Scene) -> list[int]:
    assert scene.running is not None
    return children_of(scene.running.process.pid)


BOTH = (Engine.SQLITE, Engine.POSTGRESQL)
KINDS: dict[str, tuple[Fault, Engine]] = {
    f"{fault.__name__}-{engine}": (fault, engine)
    for fault, engines in (
        (parent_killed, BOTH),
        (worker_killed, BOTH),
        (worker_killed_on_another_file, (Engine.SQLITE,)),
        (disk_full, (Engine.SQLITE,)),
        (connections_cut, (Engine.POSTGRESQL,)),
        (clock_set_back, BOTH),
        (clock_set_ahead, BOTH),
    )
    for engine in engines
}
CLOCKS = {clock_set_back, clock_set_ahead}
"""Faults of a service in this process."""
RED = {*CLOCKS, disk_full, worker_killed_on_another_file}
"""Faults that readiness has to tell. After the others the service is ready again, or gone."""
REFUSING = {disk_full, worker_killed_on_another_file}
"""Faults after which nothing may be acknowledged."""


async def play(kind: str, where: Path, keys: int, dice: random.Random) -> Outcome:
    """Make keys, revoke them one after another with a fault meanwhile, and start again."""
    fault, engine = KINDS[kind]
    outcome = Outcome(faults=1)
    async with AsyncExitStack() as stack:
        url = ""
        if engine is Engine.POSTGRESQL:
            url = await stack.enter_async_context(a_database())
        scene = Scene(where / "data", where / "backup.db", url, JumpingClock())
        settings = ServiceSettings.from_environment(scene.data, environ=environ(url))
        made = await initialize(settings, workspace="Acme", account="ops@acme.example")
        revoked: list[str] = []
        async with _served(scene, settings, in_process=fault in CLOCKS) as http:
            process = Process(http, made.operator_token)
            answer = await process.post("/v1/integrations", COMPLETE | {"name": "Salesforce"})
            integration = str(answer.json()["id"])
            secrets = [(await process.create(integration)).json()["secret"] for _ in range(keys)]
            if engine is Engine.SQLITE:
                back_up(scene.data / NAME, scene.backup)
            striking = None
            moment = dice.randrange(1, keys - 1)
            for number, secret in enumerate(secrets):
                if number == moment:
                    striking = asyncio.create_task(_strike(fault, scene, dice.random() * 0.004))
                if number == moment + 1 and striking is not None:
                    await striking
                is_after = number > moment and fault in REFUSING
                if await revoke(process, secret, outcome, is_after=is_after):
                    revoked.append(secret)
            if fault in RED:
                outcome.unnoticed += await _is_green(http)
        if fault is worker_killed_on_another_file:
            _put_back(scene)
        scene.clock.offset = 0
        async with _served(scene, settings, in_process=True) as http:
            for secret in revoked:
                answer = await Process(http, made.operator_token).verify(secret)
                outcome.accepted += answer.status_code != httpx.codes.UNAUTHORIZED
    return outcome


def environ(url: str) -> dict[str, str]:
    """The settings of a service of which nothing is too much."""
    settings = {"KEYCONSOLE_RATE_LIMITS": "off"}
    return settings | ({"KEYCONSOLE_DATABASE_URL": url} if url else {})


@asynccontextmanager
async def _served(
    scene: Scene, settings: ServiceSettings, *, in_process: bool
) -> AsyncIterator[httpx.AsyncClient]:
    if in_process:
        app = create_app(settings, clock=scene.clock, elapsed=elapsed_clock)
        await app.start()
        transport = httpx.ASGITransport(app=app)
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://keys") as http:
                yield http
        finally:
            await app.aclose()
        return
    with serving(scene.data, scene.data.parent, 2, **environ(scene.url)) as running:
        assert await asyncio.to_thread(running.says, "Application startup complete", 2, 300)
        scene.running = running
        # A connection that is kept may be one to a worker that is killed.
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(base_url=running.url, timeout=PATIENCE, limits=limits) as http:
            yield http


async def _strike(fault: Fault, scene: Scene, delay: float) -> None:
    await asyncio.sleep(delay)
    await fault(scene)


async def revoke(
    process: Process, secret: str, outcome: Outcome, *, is_after: bool = False
) -> bool:
    """Revoke a key and present it; whether the revoke was acknowledged."""
    outcome.asked += 1
    try:
        answer = await process.post(f"/v1/keys/kcp_{parse(secret).pid}/revoke")
        if answer.status_code != httpx.codes.OK:
            return False
    except NO_ANSWER:
        return False
    outcome.acknowledged += 1
    outcome.late += is_after
    with suppress(*NO_ANSWER):
        outcome.accepted += (await process.verify(secret)).status_code == httpx.codes.OK
    return True


async def _is_green(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).status_code == httpx.codes.OK
    except NO_ANSWER:
        return False


def _put_back(scene: Scene) -> None:
    for path in scene.data.glob(f"{NAME}*"):
        path.unlink()
    for path in (scene.data.parent / "away").iterdir():
        shutil.move(path, scene.data / path.name)
