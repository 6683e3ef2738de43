"""What can stand between a command and its service: certificates, portals, redirects, proxies."""

import datetime as dt
import http.server
import json
import shutil
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import trustme
from tests.cli.conftest import Known, Run, serving

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@contextmanager
def tls(known: Known, tmp_path: Path, certificate: trustme.LeafCert) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with serving(shutil.copytree(known.data_dir, tmp_path / "tls"), context) as url:
        yield url


@pytest.fixture
def good(known: Known, tmp_path: Path, authority: trustme.CA) -> Iterator[str]:
    with tls(known, tmp_path, authority.issue_cert("127.0.0.1")) as url:
        yield url


def test_an_authority_of_one_s_own_is_believed_when_it_is_named(
    good: str, ca_file: str, known: Known, home: Path, run: Run
) -> None:
    done = run("login", good, "--profile", "prod", "--ca-file", ca_file, stdin=known.admin)
    assert done.code == 0, done.err

    assert f'ca_file = "{ca_file}"' in (home / "config/keyconsole/config.toml").read_text()
    listed = run("keys", "list", "--json")
    assert (listed.code, len(json.loads(listed.out)["items"])) == (0, 2)


def test_an_authority_that_is_not_named_is_not_believed(
    good: str, known: Known, home: Path, run: Run
) -> None:
    done = run("login", good, stdin=known.admin)

    assert (done.code, done.out) == (6, "")
    assert "is not trusted" in done.err
    assert "--ca-file" in done.err
    assert not (home / "config").exists()


def test_another_authority_does_not_help(good: str, known: Known, tmp_path: Path, run: Run) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)

    assert run("login", good, "--ca-file", str(other), stdin=known.admin).code == 6


def test_an_expired_certificate_says_so(
    known: Known, tmp_path: Path, authority: trustme.CA, ca_file: str, home: Path, run: Run
) -> None:
    expired = authority.issue_cert(
        "127.0.0.1",
        not_before=NOW - dt.timedelta(days=30),
        not_after=NOW - dt.timedelta(days=1),
    )
    with tls(known, tmp_path, expired) as url:
        done = run("login", url, "--ca-file", ca_file, stdin=known.admin)

    assert (done.code, done.out) == (6, "")
    assert "certificate has expired" in done.err


def test_a_certificate_for_another_host_says_so(
    known: Known, tmp_path: Path, authority: trustme.CA, ca_file: str, home: Path, run: Run
) -> None:
    with tls(known, tmp_path, authority.issue_cert("keys.example.com")) as url:
        done = run("login", url, "--ca-file", ca_file, stdin=known.admin)

    assert (done.code, done.out) == (6, "")
    assert "is not trusted" in done.err
    assert "127.0.0.1" in done.err


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_authority_that_cannot_be_read_is_told(
    content: str | None, tmp_path: Path, known: Known, home: Path, run: Run
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)

    done = run("login", "https://keys.example.com", "--ca-file", str(path), stdin=known.admin)

    assert (done.code, done.out) == (1, "")
    assert str(path) in done.err


class _Portal(http.server.BaseHTTPRequestHandler):
    seen: list[tuple[str, str | None]] = []

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization")))
        status, headers, body = self.server.answer  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def answering_with(status: int, headers: dict[str, str], body: bytes) -> Iterator[str]:
    """Something that is no key service."""
    _Portal.seen = []
    with socketserver.TCPServer(("127.0.0.1", 0), _Portal) as server:
        server.answer = (status, headers, body)  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


PAGE = b"<html>\x1b]0;evil\x07 Please accept our terms</html>"


@pytest.mark.parametrize("status", [200, 403, 511])
def test_a_captive_portal_is_recognised_and_not_shown(
    status: int, known: Known, home: Path, run: Run
) -> None:
    with answering_with(status, {"Content-Type": "text/html"}, PAGE) as url:
        done = run("login", url, stdin=known.admin)

    assert (done.code, done.out) == (6, "")
    assert "accept our terms" not in done.err
    assert "\x1b" not in done.err
    assert done.err.count("\n") == 1


def test_a_redirect_is_told_and_not_followed(
    served: str, known: Known, home: Path, run: Run
) -> None:
    with answering_with(302, {"Location": f"{served}/v1/me"}, b"") as url:
        done = run("login", url, stdin=known.admin)

    assert (done.code, done.out) == (6, "")
    assert "redirects are not followed" in done.err
    assert not (home / "config").exists()


def test_a_proxy_is_asked_only_when_it_is_named(
    unchanged: str, known: Known, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps({"items": [], "next_cursor": None}).encode()
    with answering_with(200, {"Content-Type": "application/json"}, body) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy)
        assert len(json.loads(run("keys", "list", "--json").out)["items"]) == 2
        assert _Portal.seen == []

        done = run("keys", "list", "--json", "--proxy", proxy.replace("//", "//me:hunter2@"))

        assert json.loads(done.out)["items"] == []
        assert urlsplit(_Portal.seen[0][0]).netloc == urlsplit(unchanged).netloc
    info = run("info", "--proxy", "http://me:hunter2@proxy:3128")
    assert "hunter2" not in info.out
    assert "http://(redacted)@proxy:3128" in info.out


def test_a_proxy_that_does_not_answer_is_named_and_not_the_service(
    unchanged: str, run: Run
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        place = f"127.0.0.1:{free.getsockname()[1]}"

    done = run("keys", "list", "--proxy", f"http://me:hunter2@{place}")

    assert (done.code, done.out) == (6, "")
    assert done.err == f"keyconsole: The proxy {place} refused the connection.\n"


def test_what_is_no_proxy_is_told(unchanged: str, run: Run) -> None:
    done = run("keys", "list", "--proxy", "socks5://me:hunter2@proxy")

    assert (done.code, done.out) == (1, "")
    assert "looks like http://proxy" in done.err
    assert "hunter2" not in done.err


def test_plain_http_to_another_machine_is_refused_unless_asked_for(
    home: Path, known: Known, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYCONSOLE_URL", "http://keys.example.com")
    monkeypatch.setenv("KEYCONSOLE_TOKEN", known.admin)

    done = run("keys", "list")

    assert (done.code, done.out) == (1, "")
    assert "--allow-plain-http" in done.err
    sent: list[httpx.Request] = []

    async def answer(_: object, request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"items": [], "next_cursor": None}, request=request)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)
    assert run("keys", "list", "--allow-plain-http").code == 0
    assert sent[0].url.host == "keys.example.com"


def test_a_token_never_shows_in_an_error_of_tls(
    good: str, known: Known, home: Path, run: Run
) -> None:
    done = run("login", good.replace("https", "http"), stdin=known.admin)

    assert (done.code, done.out) == (6, "")
    assert known.admin[5:] not in done.err
