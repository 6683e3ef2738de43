"""Deadlines, broken networks, and what a cancelled caller leaves behind."""

import asyncio
import errno
import socket
import ssl
from typing import Any

import httpx
import pytest
from tests.client.support import KEY, ME, TOKEN, answering, connect, drip, failing

from keyconsole.client import KeyServiceClient, unreachable
from keyconsole.core.errors import (
    InvalidRequestError,
    KeyconsoleError,
    ServiceFailedError,
    ServiceUnreachableError,
    UnexpectedAnswerError,
)
from keyconsole.wire import RevokeRequest


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (
            caused(httpx.ConnectError("x"), ConnectionRefusedError()),
            ServiceUnreachableError,
            "keys.example.com refused the connection.",
        ),
        (
            caused(
                httpx.ConnectError("All connection attempts failed"),
                ExceptionGroup("x", [OSError(errno.ENETUNREACH, "x"), ConnectionRefusedError()]),
            ),
            ServiceUnreachableError,
            "keys.example.com cannot be reached: network is unreachable.",
        ),
        (
            caused(httpx.ConnectError("x"), socket.gaierror(-2, "Name or service not known")),
            ServiceUnreachableError,
            "keys.example.com cannot be found: no address by this name.",
        ),
        (
            caused(httpx.ConnectError("x"), untrusted()),
            ServiceUnreachableError,
            "The certificate of keys.example.com is not trusted: self-signed certificate.",
        ),
        (
            caused(httpx.ConnectError("x"), ssl.SSLError(1, "WRONG_VERSION_NUMBER")),
            ServiceUnreachableError,
            "keys.example.com does not speak TLS at this address.",
        ),
        (
            httpx.ConnectError("x"),
            ServiceUnreachableError,
            "keys.example.com cannot be reached.",
        ),
        (
            httpx.ConnectTimeout("x"),
            ServiceUnreachableError,
            "keys.example.com did not answer within 10 s.",
        ),
        (
            httpx.ReadError("x"),
            ServiceUnreachableError,
            "keys.example.com closed the connection before it had answered.",
        ),
        (
            caused(httpx.ReadError("x"), ConnectionResetError(errno.ECONNRESET, "x")),
            ServiceUnreachableError,
            "keys.example.com closed the connection before it had answered.",
        ),
        (
            httpx.RemoteProtocolError("Server disconnected without sending a response."),
            ServiceUnreachableError,
            "keys.example.com closed the connection before it had answered.",
        ),
        (
            httpx.RemoteProtocolError("illegal status line: bytearray(b'SSH-2.0')"),
            UnexpectedAnswerError,
            "keys.example.com does not speak HTTP.",
        ),
    ],
)
async def test_each_broken_network_has_its_sentence(
    error: Exception, kind: type[KeyconsoleError], sentence: str
) -> None:
    with pytest.raises(kind) as caught:
        await failing(error).me()

    assert caught.value.message == sentence
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("peer", "hint"),
    [
        ("127.0.0.1:8321", " keyconsole service run starts a service there."),
        ("localhost:9000", " keyconsole service run --port 9000 starts a service there."),
        ("[::1]:8321", " keyconsole service run starts a service there."),
        ("127.0.0.1", ""),
        ("10.0.0.5:8321", ""),
        ("127.0.0.1.example.com:8321", ""),
    ],
)
def test_a_refusal_of_this_machine_is_told_with_what_starts_a_service(peer: str, hint: str) -> None:
    error = caused(httpx.ConnectError("x"), ConnectionRefusedError())

    assert unreachable.sentence(peer, error).message == f"{peer} refused the connection.{hint}"
    told = unreachable.sentence(peer, error, "127.0.0.1:8321").message
    assert told == "The proxy 127.0.0.1:8321 refused the connection."


async def test_a_proxy_that_lets_nothing_through_is_named() -> None:
    error = unreachable.sentence("keys.example.com", httpx.ProxyError("403"), "proxy:3128")

    assert error.message == (
        "The proxy proxy:3128 does not let a connection to keys.example.com through."
    )


async def test_a_service_that_never_answers_ends_with_the_deadline() -> None:
    async def handler(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(ServiceUnreachableError, match=r"did not answer within 0.01 s"):
        await connect(handler, timeout=0.01).me()


async def test_a_body_that_drips_for_ever_ends_with_the_deadline() -> None:
    async def handler(_: httpx.Request) -> httpx.Response:
        async def body() -> Any:
            while True:
                yield b" "
                await asyncio.sleep(0)

        return httpx.Response(200, content=body())

    with pytest.raises(ServiceUnreachableError, match=r"did not answer within 0.02 s"):
        await connect(handler, timeout=0.02).me()


async def test_the_last_round_trip_is_timed() -> None:
    client = answering(json=ME)
    assert client.latency_ms is None

    await client.me()

    assert client.latency_ms is not None
    assert client.latency_ms > 0


# The embedded service


class App:
    """An ASGI app whose writes wait until they are let go."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.go_on = asyncio.Event()
        self.ended: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        self.started.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.ended.append("cancelled")
            raise
        self.ended.append("committed")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


async def test_a_cancelled_write_to_the_embedded_service_is_carried_out() -> None:
    app = App()
    client = KeyServiceClient.embedded(app, TOKEN)
    caller = asyncio.create_task(client.revoke_key(KEY.public_key, RevokeRequest()))
    await app.started.wait()

    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    app.go_on.set()
    await client.aclose()

    assert app.ended == ["committed"]


async def test_a_write_past_its_deadline_is_carried_out_too() -> None:
    app = App()
    client = KeyServiceClient.embedded(app, TOKEN, timeout=0.01)

    with pytest.raises(ServiceUnreachableError, match=r"The embedded service did not answer"):
        await client.revoke_key(KEY.public_key, RevokeRequest())
    app.go_on.set()
    await client.aclose()

    assert app.ended == ["committed"]


async def test_a_cancelled_read_ends_where_nothing_of_the_service_is_torn() -> None:
    app = App()
    client = KeyServiceClient.embedded(app, TOKEN)
    caller = asyncio.create_task(client.me())
    await app.started.wait()

    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller

    app.go_on.set()
    await client.aclose()
    assert app.ended == ["committed"]


async def test_closing_waits_for_a_write_no_longer_than_the_deadline() -> None:
    client = KeyServiceClient.embedded(App(), TOKEN, timeout=0.01)
    with pytest.raises(ServiceUnreachableError):
        await client.revoke_key(KEY.public_key, RevokeRequest())

    async with asyncio.timeout(5):
        await client.aclose()

    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def raising(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError(f"broken with {KEY.text}")


async def silent(scope: Any, receive: Any, send: Any) -> None:
    await receive()


async def twice(scope: Any, receive: Any, send: Any) -> None:
    for _ in range(2):
        await send({"type": "http.response.start", "status": 200, "headers": []})


@pytest.mark.parametrize("app", [raising, silent, twice])
async def test_what_breaks_in_the_embedded_service_is_a_failure_of_the_service(app: Any) -> None:
    client = KeyServiceClient.embedded(app, TOKEN)

    with pytest.raises((ServiceFailedError, UnexpectedAnswerError)) as caught:
        await client.revoke_key(KEY.public_key, RevokeRequest())

    assert caught.value.message.startswith("The embedded service")
    assert caught.value.__context__ is None
    assert KEY.text not in repr(caught.value)
    await client.aclose()


async def test_the_body_is_read_as_it_comes() -> None:
    body = drip(b" ", 5)

    with pytest.raises(UnexpectedAnswerError):
        await answering(headers={"Content-Type": "application/json"}, content=body).me()

    assert [chunk async for chunk in body] == []


@pytest.mark.parametrize("cookie", [b"a=b", "a=é".encode(), b"a=\xff", b"a=b; max-age=9e9"])
async def test_no_cookie_is_kept(cookie: bytes) -> None:
    asked = []

    def service(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("Cookie"))
        return httpx.Response(200, headers=[(b"Set-Cookie", cookie)], json=ME)

    client = connect(service)
    await client.me()
    await client.me()
    assert asked == [None, None]


async def test_a_cursor_too_long_for_an_address_is_a_refusal() -> None:
    page = {"items": [], "next_cursor": "x" * 70_000}
    client = answering(200, json=page)
    cursor = (await client.audit()).next_cursor
    with pytest.raises(InvalidRequestError) as caught:
        await client.keys(cursor=cursor)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
