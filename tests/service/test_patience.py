"""Ten seconds a request: whoever is slower gets an answer, and nothing is half done."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.types import Message
from tests.service.databases import Engine
from tests.service.processes import Running, serving
from tests.service.world import World, fresh_nonce

from keyconsole.service import protocol
from keyconsole.service.middleware import deadline

SOON = 0.2

ENGINES = [Engine.SQLITE]


Impatience = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Impatience:
    """A deadline that is near, for the one request that is to miss it."""

    @contextmanager
    def within() -> Iterator[None]:
        with monkeypatch.context() as patched:
            patched.setattr(deadline, "DEADLINE_SECONDS", SOON)
            yield

    return within


async def send(
    world: World, method: str, path: str, *parts: bytes, answered: list[Message] | None = None
) -> list[Message]:
    """What the app answers to a body of which only these parts ever come."""
    left = list(parts)
    answered = [] if answered is None else answered

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(0), "more_body": True}
        await asyncio.Event().wait()
        raise AssertionError

    async def keep(message: Message) -> None:
        answered.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "server": ("keys", 80),
        "client": ("127.0.0.1", 1),
        "headers": [
            (b"authorization", f"Bearer {world.admin.token}".encode()),
            (b"idempotency-key", fresh_nonce().encode()),
        ],
    }
    await world.app(scope, receive, keep)
    return answered


def headers_of(answered: list[Message]) -> dict[bytes, bytes]:
    return dict(answered[0]["headers"])


async def test_a_body_that_does_not_come_is_answered_and_nothing_is_made(
    world: World, impatient: Impatience
) -> None:
    integration = await world.admin.integration()
    path = f"/v1/integrations/{integration}/keys"
    with impatient():
        answered = await send(world, "POST", path, b'{"label":"x"')
    assert answered[0]["status"] == 408
    assert headers_of(answered)[b"connection"] == b"close"
    assert b"request-timeout" in answered[1]["body"]
    assert (await world.admin.get("/v1/keys")).json()["items"] == []
    assert (await world.admin.create(integration)).status_code == 201


async def test_a_store_that_takes_too_long_is_answered_and_the_write_comes_to_its_end(
    world: World, impatient: Impatience, monkeypatch: pytest.MonkeyPatch
) -> None:
    integration = await world.admin.integration()
    kind = type(world.runtime.store)
    real = kind.write
    goes_on = asyncio.Event()

    def write(store: Any, workspaces: Any = None) -> Any:
        @asynccontextmanager
        async def slow() -> AsyncIterator[Any]:
            await goes_on.wait()
            async with real(store, workspaces) as tx:
                yield tx

        return slow()

    monkeypatch.setattr(kind, "write", write)
    nonce = fresh_nonce()
    with impatient():
        late = await world.admin.create(integration, nonce, label="x")
    assert (late.status_code, late.json()["error"]) == (503, "store-unavailable")
    assert late.headers["retry-after"] == "1"
    goes_on.set()
    await world.app.writes.join()
    again = await world.admin.create(integration, nonce, label="x")
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_read_that_takes_too_long_is_ended(
    world: World, impatient: Impatience, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def for_ever() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(world.runtime.recorder, "catch_up", for_ever)
    with impatient():
        answer = await world.admin.get("/v1/keys")
    assert (answer.status_code, answer.json()["error"]) == (503, "store-unavailable")
    assert world.runtime.requests.outcomes[("GET", "/v1/keys", 503)] == 1


async def test_a_read_that_takes_its_time_to_end_is_answered_before(
    world: World, impatient: Impatience, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, goes_on = asyncio.Event(), asyncio.Event()

    async def reluctant() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
            await goes_on.wait()

    monkeypatch.setattr(world.runtime.recorder, "catch_up", reluctant)
    answered: list[Message] = []
    with impatient():
        reading = asyncio.create_task(send(world, "GET", "/v1/keys", answered=answered))
        async with asyncio.timeout(5):
            await ended.wait()
            while len(answered) < 2:  # noqa: ASYNC110 - a list of messages has no event
                await asyncio.sleep(0)
    assert [each.get("status") for each in answered] == [503, None]
    assert b"store-unavailable" in answered[1]["body"]
    goes_on.set()
    await reading
    assert len(answered) == 2


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("service")
    (directory / "sitecustomize.py").write_text(
        f"from keyconsole.service import protocol\nprotocol.HEAD_SECONDS = {SOON}\n"
    )
    path = f"{directory}:{Path(protocol.__file__).parents[2]}"
    with serving(directory, directory, PYTHONPATH=path) as running:
        yield running


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"G",
        b"GET /livez HTTP/1.1\r\nHost: keys\r\n",
        b"GET /livez HTTP/1.1\r\nHost: keys\r\n\r\nGET /livez HTTP/1.1\r\nHos",
    ],
)
def test_a_head_that_does_not_come_is_not_waited_for(running: Running, part: bytes) -> None:
    url = urlsplit(running.url)
    with closing(socket.create_connection((url.hostname, url.port), timeout=20)) as peer:
        peer.sendall(part)
        answer = bytearray()
        while more := peer.recv(65536):
            answer += more
    assert answer.count(b'{"status":"live"}') == part.count(b"\r\n\r\n")
    assert b"408 Request Timeout" in answer
