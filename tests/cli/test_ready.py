"""`service ready`: the exit code of a health check, and why it is not 0."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from keyconsole.cli.ready import ready


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    """A server on the port that it yields, with one answer for `/readyz`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/readyz"
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(port: int) -> int:
    assert ready.callback is not None
    return int(ready.callback(host="127.0.0.1", port=port))


def test_a_service_that_is_ready_is_told_by_the_exit_code_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with answering(200, b'{"status":"ready"}') as port:
        assert ask(port) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (json.dumps({"detail": "The disk is full."}).encode(), "The disk is full.\n"),
        (b"<html>", "It is not ready: status 503.\n"),
        (json.dumps({"detail": "\x1b[31mred"}).encode(), "<U+001B>[31mred\n"),
    ],
)
def test_why_it_is_not_ready_is_said(
    capsys: pytest.CaptureFixture[str], body: bytes, said: str
) -> None:
    with answering(503, body) as port:
        assert ask(port) == 1
    assert capsys.readouterr() == ("", said)


def test_nothing_that_answers_is_not_ready(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(200, b"") as port:
        pass
    assert ask(port) == 1
    assert capsys.readouterr().err == f"No service answers on 127.0.0.1 port {port}.\n"


@pytest.mark.parametrize("host", ["a b", "", f"{'a' * 70}.example"])
def test_what_is_no_address_does_not_answer(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ready.callback is not None
    assert ready.callback(host=host, port=1) == 1
    assert capsys.readouterr().err == f"No service answers on {host} port 1.\n"
