"""Forward-auth answered where its head is parsed says what it says behind ASGI, to the letter."""

import asyncio
import re
import socket
from typing import Any, cast

import pytest
import uvicorn
from tests.service.raw import SHORT, USUAL, Serving, asked, statuses

from keyconsole.service.protocol import BoundedProtocol
from keyconsole.service.verification.forward_auth import Answer


def sorted_out(answer: bytes) -> list[bytes]:
    """The answers without what differs from one to the next."""
    for pattern in (rb"req_[0-9a-f]+-[0-9]+", rb"date: [^\r]+", rb"content-length: [1-9][^\r]+"):
        answer = re.sub(pattern, b"*", answer)
    return answer.split(b"\r\n")


CASES: list[tuple[bytes, bytes, tuple[bytes, ...]]] = [
    (b"GET", b"", ()),
    (b"HEAD", b"", ()),
    (b"POST", b"", (b"Content-Length: 5", b"", b"hello")),
    (b"POST", b"", (b"Transfer-Encoding: chunked", b"", b"5", b"hello", b"0")),
    (b"GET", b"?integration=int_0000000000000000", ()),
    (b"GET", b"?profile=nginx&integration=a&integration=b", ()),
    (b"GET", b"/orders/7?x=%2e", ()),
    (b"GET", b"", (b"Connection: close",)),
    (b"GET", b"", (b"Expect: 100-continue",)),
    (b"GET", b"", (b"X-Integration-Id: other",)),
    (b"GET", b"/orders?profile=nginx&integration=int_0000000000000000", ()),
    (b"OPTIONS", b"?", ()),
    (b"OPTIONS", b"", (b"Origin: https://a", b"Access-Control-Request-Method: PUT")),
]


async def test_it_answers_as_the_usual_way_does(served: Serving) -> None:
    strangers = (b"", served.secret[:-1] + b"!")
    for method, rest, lines in CASES:
        for secret in (served.secret, *strangers):
            ways = []
            for path in (SHORT, USUAL):
                request = asked(path + rest, secret, *lines, method=method)
                ways.append(sorted_out(served.exchange(request)))
            short, usual = ways
            assert short == usual, (method, rest, lines)
            assert short[0].startswith(b"HTTP/1.1 ")


async def test_a_key_gets_through_again_and_again_on_one_connection(served: Serving) -> None:
    answers = served.exchange(asked(SHORT, served.secret) * 200)
    assert answers.count(b"x-key-id: ") == 200
    assert len(set(re.findall(rb"req_[0-9a-f]+-[0-9]+", answers))) == 201


async def test_requests_sent_at_once_are_answered_in_their_order(served: Serving) -> None:
    kinds = [
        asked(SHORT, served.secret),
        asked(USUAL, b""),
        asked(b"/livez", b""),
        asked(SHORT, b""),
    ]
    answers = served.exchange(b"".join(kinds) * 10)
    assert statuses(answers) == [200, 401, 200, 401] * 10 + [200]


async def test_what_only_begins_like_it_is_somewhere_else(served: Serving) -> None:
    answers = served.exchange(asked(SHORT + b"ority", served.secret))
    assert statuses(answers) == [404, 200]


async def test_an_old_client_is_answered_and_hung_up_on(served: Serving) -> None:
    old = asked(SHORT, served.secret).replace(b"HTTP/1.1", b"HTTP/1.0")
    answer = served.exchange(old)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close\r\n" in answer


async def test_whoever_hangs_up_while_it_is_answered_is_no_error(served: Serving) -> None:
    for _ in range(50):
        served.call(asked(SHORT, served.secret)).close()
    assert served.exchange(asked(SHORT, served.secret)).startswith(b"HTTP/1.1 200 ")
    served.running.stop()
    assert not [
        line for line in served.running.log if '"level": "error"' in line or "Traceback" in line
    ]


async def test_a_bug_in_it_is_a_500_and_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken:
        def __init__(self, *, late: bool) -> None:
            self._late = late

        async def answer(self, scope: object) -> Answer:
            if self._late:
                await asyncio.get_running_loop().run_in_executor(None, int)
            raise ZeroDivisionError

    class App:
        def __init__(self, *, late: bool) -> None:
            self.verification = Broken(late=late)

    for late in (False, True):
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            cast("Any", App(late=late)),
            http=BoundedProtocol,
            lifespan="off",
            interface="asgi3",
            proxy_headers=False,
            log_config=None,
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(asked(SHORT, b""))
            assert (await reader.read()).startswith(b"HTTP/1.1 500 ")
            writer.close()
            await writer.wait_closed()
        finally:
            server.should_exit = True
            await running
    assert caplog.text.count("a verification failed") == 2
