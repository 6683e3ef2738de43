"""`service run` on each database, asked by the byte: what a client library would never send."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from tests.service.databases import Engine
from tests.service.processes import Running, serving
from tests.service.world import COMPLETE, fresh_nonce, initialized, store_of

from keyconsole.service.clock import system_clock
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store import clockstate

SHORT = b"/v1/forward-auth"
USUAL = b"/v1/forward%2Dauth"
"""The same path, which has to be taken apart before it is known to be."""
LAST = b"GET /livez HTTP/1.1\r\nHost: keys\r\nConnection: close\r\n\r\n"
"""After what is asked: it tells where that ended."""


class Serving:
    """A service, its admin's token and the secret of a key."""

    def __init__(self, running: Running, database: str, token: str, secret: str) -> None:
        self.running = running
        self.database = database
        self.token = token.encode()
        self.secret = secret.encode()

    def call(self, *parts: bytes) -> socket.socket:
        """A connection over which this was said."""
        url = urlsplit(self.running.url)
        peer = socket.create_connection((url.hostname, url.port), timeout=20)
        peer.sendall(b"".join(parts))
        return peer

    def exchange(self, *parts: bytes) -> bytes:
        """What was answered until the service closed."""
        with closing(self.call(*parts, LAST)) as peer:
            return heard(peer)


def heard(peer: socket.socket) -> bytes:
    """What the other side says until it closes."""
    answer = bytearray()
    while more := peer.recv(65536):
        answer += more
    return bytes(answer)


def statuses(answers: bytes) -> list[int]:
    return [int(each[:3]) for each in answers.split(b"HTTP/1.1 ")[1:]]


@asynccontextmanager
async def a_serving(engine: Engine, tmp_path: Path) -> AsyncIterator[Serving]:
    """A service with one key."""
    data_dir = tmp_path / "data"
    async with initialized(data_dir, engine) as (token, server_url):
        url = server_url or f"sqlite:///{data_dir / 'keyconsole.db'}"
        await _be_of_today(ServiceSettings.from_environment(data_dir, url, environ={}))
        with serving(data_dir, tmp_path, KEYCONSOLE_DATABASE_URL=url) as running:
            secret = await asyncio.to_thread(_key, running.url, token)
            yield Serving(running, url, token, secret)


async def _be_of_today(settings: ServiceSettings) -> None:
    """Let what a clock of tests made look as if a service had run until now."""
    store = store_of(settings)
    try:
        async with store.write() as tx:
            now = system_clock()
            await clockstate.beat(tx, now, now)
    finally:
        await store.aclose()


def _key(url: str, token: str) -> str:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": fresh_nonce()}
    with httpx.Client(base_url=url, headers=headers) as operator:
        made = operator.post("/v1/integrations", json=COMPLETE | {"name": "S"}).json()["id"]
        key = operator.post(f"/v1/integrations/{made}/keys", json={"label": "one"})
    return str(key.json()["secret"])


def asked(path: bytes, secret: bytes, *lines: bytes, method: bytes = b"GET") -> bytes:
    head = [method + b" " + path + b" HTTP/1.1", b"Host: keys"]
    if secret:
        head.append(b"Authorization: Bearer " + secret)
    return b"\r\n".join([*head, *lines, b"", b""])
