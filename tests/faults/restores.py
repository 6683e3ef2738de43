"""A service that is killed for good: its backup is restored, and its revokes are made again.

Keys are revoked one after another by two workers with a log of revokes, and a backup is made at a
random moment among them. Then the service is killed, the backup is restored elsewhere, and every
key whose revoke was acknowledged is presented to it.
"""

import asyncio
import random
import shutil
import subprocess
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
from tests.faults.kinds import NAME
from tests.faults.processes import PATIENCE, environ, revoke
from tests.faults.rounds import Outcome
from tests.service.databases import Engine, a_database
from tests.service.processes import serving
from tests.service.promise import Process
from tests.service.store.postgres import places
from tests.service.world import COMPLETE

from keyconsole.service.app import create_app
from keyconsole.service.initialize import initialize
from keyconsole.service.restoring import restore
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.sqlite.backup import back_up

KINDS = {f"backup_restored-{engine}": engine for engine in Engine}


async def play(kind: str, where: Path, keys: int, dice: random.Random) -> Outcome:
    """Make keys, revoke them with a backup meanwhile, kill the service and restore."""
    outcome = Outcome(faults=1)
    data, anew, log = where / "data", where / "anew", where / "revokes"
    backup = where / "backup"
    async with AsyncExitStack() as stack:
        url, restored_url = "", ""
        if KINDS[kind] is Engine.POSTGRESQL:
            url, restored_url = [await stack.enter_async_context(a_database()) for _ in "12"]
        settings = environ(url) | {"KEYCONSOLE_REVOCATIONS_LOG": str(log)}
        made = await initialize(
            ServiceSettings.from_environment(data, environ=settings),
            workspace="Acme",
            account="ops@acme.example",
        )
        revoked = []
        with serving(data, where, 2, **settings) as running:
            assert await asyncio.to_thread(running.says, "Application startup complete", 2, 300)
            async with httpx.AsyncClient(base_url=running.url, timeout=PATIENCE) as http:
                process = Process(http, made.operator_token)
                answer = await process.post("/v1/integrations", COMPLETE | {"name": "Salesforce"})
                integration = str(answer.json()["id"])
                secrets = [
                    str((await process.create(integration)).json()["secret"]) for _ in range(keys)
                ]
                moment = dice.randrange(keys)
                for number, secret in enumerate(secrets):
                    if number == moment:
                        await asyncio.to_thread(_back_up, data, url, backup)
                    if await revoke(process, secret, outcome):
                        revoked.append(secret)
            running.process.kill()
        anew.mkdir(mode=0o700)
        shutil.copy(data / "root-keys", anew)
        if url:
            await asyncio.to_thread(_run, "pg_restore", f"--dbname={restored_url}", str(backup))
        there = ServiceSettings.from_environment(anew, environ=environ(restored_url))
        await restore(there, None if url else backup, _all_of(log))
        app = create_app(there)
        await app.start()
        stack.push_async_callback(app.aclose)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://keys") as http:
            for secret in revoked:
                answer = await Process(http, made.operator_token).verify(secret)
                outcome.accepted += answer.status_code != httpx.codes.UNAUTHORIZED
    return outcome


def _all_of(log: Path) -> list[Path]:
    """The file of each process that wrote one."""
    return sorted(log.parent.glob(f"{log.name}*"))


def _back_up(data: Path, url: str, backup: Path) -> None:
    if url:
        _run("pg_dump", "--format=custom", f"--file={backup}", url)
    else:
        back_up(data / NAME, backup)


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [places.own_programs() / program, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
