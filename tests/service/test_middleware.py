"""Each middleware alone, around an app of the test."""

import asyncio
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keyconsole.service.middleware import deadline, disconnect
from keyconsole.service.middleware.deadline import DeadlineMiddleware
from keyconsole.service.middleware.disconnect import DisconnectMiddleware
from keyconsole.service.middleware.write_shield import WriteShieldMiddleware
from keyconsole.service.tasks import TaskSet

OK: Message = {"type": "http.response.start", "status": 200, "headers": []}


async def ask(app: ASGIApp, method: str, *arriving: Message) -> list[Message]:
    """What is answered where only these messages of the request ever come."""
    left, answered = list(arriving), []

    async def receive() -> Message:
        if left:
            return left.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        answered.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": "/v1/integrations",
        "headers": [],
        "state": {"request_id": "req_1"},
    }
    await app(scope, receive, send)
    return answered


async def test_a_body_that_is_late_ends_as_if_the_client_had_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deadline, "DEADLINE_SECONDS", 0.01)
    received: list[Message] = []
    writes = TaskSet()

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        received.append(await receive())
        await send(OK)

    answered = await ask(DeadlineMiddleware(WriteShieldMiddleware(app, writes)), "POST")
    await writes.join()
    assert received == [{"type": "http.disconnect"}]
    assert [each["status"] for each in answered if "status" in each] == [408]


async def test_a_change_goes_on_after_its_time_and_answers_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deadline, "DEADLINE_SECONDS", 0.01)
    goes_on, done = asyncio.Event(), asyncio.Event()
    writes = TaskSet()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await goes_on.wait()
        await send(OK)
        done.set()

    answered = await ask(DeadlineMiddleware(WriteShieldMiddleware(app, writes)), "POST")
    goes_on.set()
    await writes.join()
    assert done.is_set()
    assert [each["status"] for each in answered if "status" in each] == [503]


@pytest.mark.parametrize(
    "arriving",
    [
        [{"type": "http.disconnect"}],
        [{"type": "http.request", "body": b""}, {"type": "http.disconnect"}],
    ],
)
async def test_a_read_ends_with_its_client(
    monkeypatch: pytest.MonkeyPatch, arriving: list[Message]
) -> None:
    monkeypatch.setattr(disconnect, "LISTEN_AFTER_SECONDS", 0.0)
    ended: list[str] = []

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("here")

    assert await ask(DisconnectMiddleware(app), "GET", *arriving) == []
    assert ended == ["here"]


async def test_a_change_does_not_end_with_its_client() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(OK)

    assert await ask(DisconnectMiddleware(app), "POST", {"type": "http.disconnect"}) == [OK]
