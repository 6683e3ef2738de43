"""Something to protect: it answers with what it was sent, and remembers it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast


@dataclass(frozen=True)
class Seen:
    """One request as it arrived behind a gateway; the names of headers are in lower case."""

    target: str
    headers: list[tuple[str, str]]
    body: int

    def all(self, name: str) -> list[str]:
        """Returns every value of a header."""
        return [value for each, value in self.headers if each == name]


@dataclass(frozen=True)
class Upstream:
    """Where it listens, and what arrived, by path."""

    address: str
    seen: dict[str, Seen] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    seen: dict[str, Seen]


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        headers = [(name.lower(), value) for name, value in self.headers.items()]
        length = int(self.headers.get("Content-Length", "0"))
        seen = Seen(self.path, headers, len(self.rfile.read(length)))
        cast("_Server", self.server).seen[self.path.partition("?")[0]] = seen
        body = json.dumps({"connections": [], "totalCount": 0}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_PATCH = do_OPTIONS = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, *_: object) -> None:
        """Writes nothing to standard error."""


@contextmanager
def upstream() -> Iterator[Upstream]:
    """Something that is protected, until the context ends."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        found = Upstream(f"127.0.0.1:{server.server_address[1]}")
        server.seen = found.seen
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield found
        server.shutdown()
        thread.join()
