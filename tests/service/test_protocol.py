"""What a stranger may send before anybody looks at it."""

import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import repeat
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.service.processes import Running, serving

from keyconsole.service.initialize import initialize
from keyconsole.service.protocol import MAX_HEAD, MAX_HEADERS
from keyconsole.service.settings import ServiceSettings

MEBIBYTE = 1 << 20
LINE = b"GET /livez HTTP/1.1\r\nHost: keys\r\n"
LAST = LINE + b"Connection: close\r\n\r\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("service")
    with serving(directory, directory) as running:
        yield running


def exchange(running: Running, parts: Iterable[bytes]) -> tuple[bytes, int]:
    """What was answered until the service closed, and how many bytes it let be sent."""
    url = urlsplit(running.url)
    sent = 0
    with closing(socket.create_connection((url.hostname, url.port), timeout=20)) as peer:
        try:
            for part in parts:
                peer.sendall(part)
                sent += len(part)
        except OSError:
            return b"", sent
        answer = bytearray()
        try:
            while more := peer.recv(65536):
                answer += more
        except ConnectionResetError:
            pass
        return bytes(answer), sent


def hang_up(running: Running, part: bytes) -> None:
    """Send this and be gone."""
    url = urlsplit(running.url)
    with closing(socket.create_connection((url.hostname, url.port), timeout=20)) as peer:
        peer.sendall(part)


def memory(running: Running) -> int:
    """The resident memory of the process, in bytes."""
    pages = Path(f"/proc/{running.process.pid}/statm").read_text().split()[1]
    return int(pages) * 4096


def status(answer: bytes) -> list[int]:
    return [int(each[:3]) for each in answer.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize(
    "head",
    [
        LINE + b"X: " + b"x" * MAX_HEAD + b"\r\n\r\n",
        LINE + b"X" * MAX_HEAD + b": x\r\n\r\n",
        LINE + b"".join(b"X-%d: %b\r\n" % (n, b"x" * 1000) for n in range(70)) + b"\r\n",
        LINE + b"X: y\r\n" * MAX_HEADERS + b"\r\n",
        b"GET /livez?" + b"x" * MAX_HEAD + b" HTTP/1.1\r\nHost: keys\r\n\r\n",
        LINE + b"X: " + b"x" * MAX_HEAD * 8,
    ],
    ids=["value", "name", "together", "many", "target", "unfinished"],
)
def test_a_head_too_large_is_431_and_the_end(running: Running, head: bytes) -> None:
    for parts in ([head], [head[i : i + 1000] for i in range(0, len(head), 1000)]):
        answer, _ = exchange(running, parts)
        assert status(answer) in ([431], [])
    assert status(exchange(running, [LAST])[0]) == [200]


ASKING = b"POST %b HTTP/1.1\r\n"
HOST = b"Host: keys\r\n"


@pytest.mark.parametrize(
    "head",
    [
        ASKING,
        ASKING + HOST * 2,
        ASKING + HOST + b"Host: other\r\n",
        ASKING + b"Host: keys@other\r\n",
        ASKING + HOST + b"Transfer-Encoding: xchunked\r\n",
        ASKING + HOST + b"Transfer-Encoding: identity\r\n",
        ASKING + HOST + b"Transfer-Encoding: gzip, chunked\r\n",
        ASKING + HOST + b"Transfer-Encoding: chunked, identity\r\n",
        ASKING + HOST + b"Transfer-Encoding : chunked\r\n",
        ASKING + HOST + b"Transfer-Encoding: chunked\r\n" * 2,
        ASKING + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        ASKING + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        ASKING + HOST + b"Content-Length: 5\r\nContent-Length: 5\r\n",
        ASKING + HOST + b"Content-Length: 5, 5\r\n",
        ASKING + HOST + b"Content-Length: +5\r\n",
        ASKING + HOST + b"X: one\r\n two\r\n",
        ASKING + b"Host: keys\n",
        ASKING.replace(b"1.1", b"1.0") + HOST + b"Transfer-Encoding: chunked\r\n",
        ASKING.replace(b"1.1", b"2.0") + HOST,
        ASKING.replace(b" HTTP/1.1", b""),
        b"NONSENSE %b\r\n",
        ASKING + HOST + b"X: y\r\n" * (MAX_HEADERS + 1),
        ASKING + HOST + b"X: " + b"y" * MAX_HEAD + b"\r\n",
    ],
)
def test_what_two_servers_may_read_differently_is_refused_and_the_last(
    running: Running, head: bytes
) -> None:
    for path in (b"/v1/forward-auth", b"/v1/forward-auth/orders", b"/livez"):
        rest = b"0\r\n\r\n" if b"chunked" in head else b""
        answer, _ = exchange(running, [head % path + b"\r\n" + rest + LAST])
        expected, reason = (400, b"request-malformed")
        if len(head) > 2 * MAX_HEADERS:
            expected, reason = (431, b"head-too-large")
        if not answer:  # it hung up while more was sent than it takes
            assert expected == 431
            continue
        assert status(answer) == [expected]
        front, _, body = answer.partition(b"\r\n\r\n")
        assert b"\r\nx-auth-reason: %b\r\n" % reason in front
        assert b"\r\ncontent-type: application/problem+json\r\n" in front
        problem = json.loads(body)
        assert (problem["status"], problem["error"]) == (expected, reason.decode())
        assert "instance" not in problem


def test_an_old_client_needs_no_host(running: Running) -> None:
    answer, _ = exchange(running, [b"GET /livez HTTP/1.0\r\n\r\n"])
    assert status(answer) == [200]


def test_who_would_rather_speak_otherwise_is_answered_as_usual(running: Running) -> None:
    for wish in (b"websocket", b"h2c"):
        head = (
            b"GET %b HTTP/1.1\r\nHost: keys\r\nConnection: Upgrade\r\nUpgrade: "
            + wish
            + b"\r\n\r\n"
        )
        for path, expected in ((b"/v1/forward-auth", 401), (b"/livez", 200)):
            for parts in (
                [head % path + LAST],
                [head % path, LAST],
                [LINE + b"\r\n" + head % path],
            ):
                answer, _ = exchange(running, parts)
                assert status(answer)[-1] == expected
                assert b"\r\nconnection: close\r\n" in answer


@pytest.mark.parametrize("step", [1000, MAX_HEAD * 4])
def test_a_head_within_the_limits_is_read(running: Running, step: int) -> None:
    filling = b"".join(b"X-%d: %b\r\n" % (n, b"x" * 320) for n in range(190))
    head = LAST.replace(b"Connection", filling + b"Connection")
    assert 0.9 * MAX_HEAD < len(head) < MAX_HEAD
    answer, _ = exchange(running, (head[i : i + step] for i in range(0, len(head), step)))
    assert status(answer) == [200]


def test_many_requests_in_one_piece_are_each_small(running: Running) -> None:
    answer, _ = exchange(running, [(LINE + b"\r\n") * 5_000 + LAST])
    assert status(answer) == [200] * 5_001


def test_a_body_is_not_a_head(running: Running) -> None:
    head = b"POST /livez HTTP/1.1\r\nHost: keys\r\nContent-Length: %d\r\n\r\n" % MEBIBYTE
    answer, _ = exchange(running, [head, b"x" * MEBIBYTE, LAST])
    assert status(answer) == [405, 200]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux says how much it is")
@pytest.mark.parametrize(
    "start",
    [
        LINE + b"X: ",
        b"GET /",
        b"POST /livez HTTP/1.1\r\nHost: keys\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
        b"POST /livez HTTP/1.1\r\nHost: keys\r\nTransfer-Encoding: chunked\r\n\r\n1;",
    ],
    ids=["header", "target", "trailer", "extension"],
)
def test_no_memory_is_taken_by_what_does_not_end(running: Running, start: bytes) -> None:
    exchange(running, [LAST])
    before = memory(running)
    _, sent = exchange(running, [start, *repeat(b"x" * MEBIBYTE, 60)])
    assert sent < 30 * MEBIBYTE
    assert memory(running) - before < 20 * MEBIBYTE


async def test_whoever_hangs_up_leaves_no_error_behind(tmp_path: Path) -> None:
    settings = ServiceSettings.from_environment(tmp_path / "data", environ={})
    made = await initialize(settings, workspace="Acme", account="ops@acme.example")
    with serving(tmp_path / "data", tmp_path) as running:
        head = (
            "POST /v1/integrations HTTP/1.1\r\nHost: keys\r\nContent-Length: 100\r\n"
            f"Authorization: Bearer {made.operator_token}\r\n\r\n"
        )
        hang_up(running, head.encode() + b"{")
        exchange(running, [LINE + b"X: " + b"x" * MEBIBYTE])
        assert status(exchange(running, [LAST])[0]) == [200]
        assert running.stop() == 0
    log = "".join(running.log)
    for word in ("Traceback", "ASGI", '"error"'):
        assert word not in log
