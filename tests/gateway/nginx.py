"""A real nginx with the configuration that the documentation gives, and something to protect."""

import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "gateways.md"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

_AROUND = """
daemon off;
{user}
pid {scratch}/nginx.pid;
error_log stderr notice;
events {{}}
http {{
    access_log off;
    client_body_temp_path {scratch}/body;
    proxy_temp_path {scratch}/proxy;
    fastcgi_temp_path {scratch}/fastcgi;
    uwsgi_temp_path {scratch}/uwsgi;
    scgi_temp_path {scratch}/scgi;
{inside}
}}
"""


def documented(listen: str, service: str, protected: str, integration: str) -> str:
    """The configuration of the page, with addresses and the integration of a test."""
    [text] = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(), flags=re.S)
    return filled_in(
        text,
        {
            "127.0.0.1:8080": listen,
            "127.0.0.1:8321": service,
            "127.0.0.1:9000": protected,
            "int_7k2m4q9x0a1b2c3d": integration,
        },
    )


def filled_in(text: str, real: dict[str, str]) -> str:
    """A configuration with something real for each of its examples."""
    for example, instead in real.items():
        assert text.count(example) == 1, example
        text = text.replace(example, instead)
    return text


@contextmanager
def gateway(scratch: Path, service: str, protected: str, integration: str) -> Iterator[str]:
    """Nginx in front of a service and of what it protects; its address."""
    listen = free_address()
    with started(scratch, documented(listen, service, protected, integration)):
        yield f"http://{listen}"


def free_address() -> str:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


@contextmanager
def started(scratch: Path, inside: str) -> Iterator[None]:
    """Nginx with this for what it serves."""
    assert NGINX is not None
    configuration = scratch / "nginx.conf"
    configuration.write_text(
        _AROUND.format(
            scratch=scratch,
            user="user root;" if os.geteuid() == 0 else "",
            inside=inside,
        )
    )
    process = subprocess.Popen(
        [NGINX, "-p", str(scratch), "-c", str(configuration), "-e", "stderr"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    log = []
    try:
        for line in process.stderr:
            log.append(line)
            if "start worker process " in line:
                break
        else:
            raise AssertionError("".join(log))
        yield
    finally:
        process.terminate()
        process.communicate(timeout=20)


class _Protected(BaseHTTPRequestHandler):
    """Says whom the gateway let through, and whether the secret came along."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("X-Seen-Key", self.headers.get("X-Key-Id", ""))
        self.send_header("X-Seen-Secret", self.headers.get("Authorization", "none"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET  # noqa: N815 - the name is http.server's

    def log_message(self, *_: object) -> None:
        """Nothing to standard error."""


@contextmanager
def protected() -> Iterator[str]:
    """Something that is protected; its host and port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Protected) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
