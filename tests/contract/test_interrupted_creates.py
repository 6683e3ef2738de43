"""Connections that are cut at random points: every key is made once, every secret arrives."""

import asyncio
import json
import random
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from tests.contract.conftest import Made
from tests.service.processes import serving
from tests.service.world import COMPLETE

from keyconsole.core.errors import ExitCode

KEYS = 200
AT_ONCE = 8
SEED = 20261125


class CutError(Exception):
    """The connection was cut on purpose."""


class Creating:
    """Creates over a bare socket, which can be cut after any byte, sent or received."""

    def __init__(self, url: str, token: str, integration: str) -> None:
        self.host, self.port = urlsplit(url).hostname, urlsplit(url).port
        self.token = token
        self.path = f"/v1/integrations/{integration}/keys"

    def request(self, number: int) -> bytes:
        body = json.dumps({"label": f"key-{number}"}).encode()
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: keys\r\nConnection: close\r\n"
            f"Authorization: Bearer {self.token}\r\nIdempotency-Key: nonce-{number:030d}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def send(self, number: int, chance: random.Random | None) -> tuple[int, dict[str, str]]:
        """The answer; raises `CutError` where chance would have it."""
        request = self.request(number)
        where = chance.choice(("sending", "waiting", "reading")) if chance else "nowhere"
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            if chance and where == "sending":
                writer.write(request[: chance.randrange(len(request))])
                await writer.drain()
                raise CutError
            writer.write(request)
            await writer.drain()
            if chance and where == "waiting":
                await asyncio.wait(
                    {asyncio.ensure_future(reader.read(1))}, timeout=chance.random() / 50
                )
                raise CutError
            if chance:
                await reader.read(chance.randrange(1, 400))
                raise CutError
            answer = await reader.read()
        finally:
            writer.transport.abort()
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)


async def _one(
    creating: Creating, number: int, chance: random.Random, free: asyncio.Semaphore
) -> str:
    """The secret of a key that was asked for one to three times in vain, and then in earnest."""
    async with free:
        for _ in range(chance.randrange(1, 4)):
            try:
                await creating.send(number, chance)
            except CutError:
                continue
        while True:
            status, answer = await creating.send(number, None)
            if status != 409:  # the one that was cut may still run
                assert status == 201, answer
                return answer["secret"]
            assert answer["error"] == "idempotency-in-progress", answer


async def test_creates_cut_at_random_points_make_each_key_once_and_lose_no_secret(
    made: Made, tmp_path: Path
) -> None:
    headers = {"Authorization": f"Bearer {made.token}"}
    with serving(
        made.data_dir, tmp_path, 1, **made.environ, KEYCONSOLE_RATE_LIMITS="off"
    ) as running:
        async with httpx.AsyncClient(base_url=running.url, headers=headers) as client:
            integration = (
                await client.post("/v1/integrations", json=COMPLETE | {"name": "Salesforce"})
            ).json()["id"]
            creating = Creating(running.url, made.token, integration)
            chance, free = random.Random(SEED), asyncio.Semaphore(AT_ONCE)
            secrets = await asyncio.gather(
                *(
                    _one(creating, number, random.Random(chance.random()), free)
                    for number in range(KEYS)
                )
            )
            listed = (await client.get("/v1/keys", params={"limit": 500})).json()["items"]
            assert len(set(secrets)) == len(listed) == KEYS
            for secret in secrets:
                answer = await client.get(
                    "/v1/forward-auth", headers={"Authorization": f"Bearer {secret}"}
                )
                assert answer.status_code == 200
            created = await client.get("/v1/audit", params={"action": "key.created", "limit": 500})
            assert len(created.json()["items"]) == KEYS
        assert await asyncio.to_thread(running.stop) == ExitCode.DONE
