"""SIGTERM: what is under way comes to its end, what was counted is written, the exit code is 0."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.service.processes import ENVIRONMENT, Running, serving
from tests.service.world import Person

from keyconsole.service.embedded import start_embedded


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Person]:
    """Somebody at the console: the embedded service on the same directory."""
    service = await start_embedded(tmp_path / "data")
    person = Person(service.app, service.token)
    yield person
    await person.http.aclose()
    await service.aclose()


async def token(console: Person) -> str:
    """An operator token that another process knows too."""
    from keyconsole.service.rules.principals import make_token
    from keyconsole.service.store import accounts

    runtime = console.http._transport.app.runtime  # type: ignore[attr-defined]
    account = (await console.get("/v1/me")).json()["account_id"]
    text, pid, record = make_token(runtime.roots.newest, account)
    async with runtime.store.write() as tx:
        await accounts.add_token(tx, pid, record, runtime.clock())
    return text


def until(running: Running, words: str) -> None:
    """Wait until the log says this."""
    assert running.says(words), "".join(running.log)


async def test_a_revoke_that_is_under_way_is_answered_and_its_use_is_written(
    console: Person, tmp_path: Path
) -> None:
    public_key, secret = await console.key(await console.integration())
    operator = await token(console)
    body = json.dumps({"reason": "superseded"}).encode()
    head = (
        f"POST /v1/keys/{public_key}/revoke HTTP/1.1\r\nHost: keys\r\n"
        f"Authorization: Bearer {operator}\r\nContent-Length: {len(body)}\r\n"
        "Expect: 100-continue\r\n\r\n"
    )
    with serving(tmp_path / "data", tmp_path) as running:
        url = urlsplit(running.url)
        with socket.create_connection((url.hostname or "", url.port or 0), timeout=20) as caller:
            caller.sendall(head.encode())
            # The route reads the body: the request is under way.
            assert caller.recv(1024).startswith(b"HTTP/1.1 100")
            async with httpx.AsyncClient(headers={"authorization": f"Bearer {secret}"}) as http:
                for _ in range(3):
                    answer = await http.get(f"{running.url}/v1/forward-auth")
                    assert answer.status_code == 200
            running.process.send_signal(signal.SIGTERM)
            until(running, "Shutting down")
            caller.sendall(body)
            assert caller.recv(4096).startswith(b"HTTP/1.1 200")
        assert running.process.wait(20) == 0

    with closing(sqlite3.connect(tmp_path / "data" / "keyconsole.db")) as raw:
        [(revoked,)] = raw.execute("SELECT revoked_at IS NOT NULL FROM api_keys").fetchall()
        [(used,)] = raw.execute("SELECT sum(count) FROM usage_hours").fetchall()
    assert (revoked, used) == (1, 3)


_STARTING = """
import pathlib, signal, sys
from keyconsole.service import openfiles, server
from keyconsole.service.settings import ServiceSettings

def wait_for_another_process():
    print("starting", flush=True)
    signal.pause()

openfiles.require_enough = wait_for_another_process
settings = ServiceSettings.from_environment(pathlib.Path(sys.argv[1]))
server.run(settings, port=0, workers=int(sys.argv[2]))
"""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_signal_ends_a_start_that_waits(workers: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _STARTING, str(tmp_path), workers],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "starting\n"
            process.terminate()
            assert process.wait(20) == -signal.SIGTERM
        finally:
            process.kill()
