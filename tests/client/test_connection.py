"""What is checked before a single byte goes out."""

import os
import shlex
import ssl
from pathlib import Path

import pytest
from tests.client.support import KEY, TOKEN

from keyconsole.client import Connection
from keyconsole.client.connection import (
    checked_proxy,
    checked_token,
    checked_url,
    trust,
    trust_nobody,
)
from keyconsole.core.errors import ConfigurationError


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("https://keys.example.com", "https://keys.example.com"),
        (" https://keys.example.com:8443/keys/ ", "https://keys.example.com:8443/keys"),
        ("http://127.0.0.1:8321", "http://127.0.0.1:8321"),
        ("http://localhost:8321", "http://localhost:8321"),
        ("http://[::1]:8321", "http://[::1]:8321"),
    ],
)
def test_an_address_is_taken(url: str, checked: str) -> None:
    assert checked_url(url) == checked


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "looks like"),
        ("keys.example.com", "looks like"),
        ("ftp://keys.example.com", "looks like"),
        ("https://", "looks like"),
        ("https://keys.example.com:port", "looks like"),
        ("https://[::1", "looks like"),
        ("https://keys\u202e.example.com", "looks like"),
        ("https://keys.example.com/a b", "looks like"),
        ("https://ops:hunter2@keys.example.com", "no user name or password"),
        ("https://keys.example.com?token=hunter2", "no query"),
        ("https://keys.example.com#x", "no fragment"),
        ("http://keys.example.com", "use https"),
        ("http://10.0.0.1", "use https"),
        ("http://127.0.0.1.example.com", "use https"),
        ("http://localhost.example.com", "use https"),
    ],
)
def test_an_address_is_refused_with_a_sentence(url: str, word: str) -> None:
    with pytest.raises(ConfigurationError, match=word) as caught:
        checked_url(url)

    assert "hunter2" not in str(caught.value)


def test_plain_http_can_be_allowed() -> None:
    assert checked_url("http://10.0.0.1", allow_plain_http=True) == "http://10.0.0.1"


def test_a_token_is_trimmed() -> None:
    assert checked_token(f" {TOKEN}\n") == TOKEN


@pytest.mark.parametrize("token", ["", "a b", f"{TOKEN}\nX: y", "tökén", KEY.text])
def test_a_token_that_is_none_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        checked_token(token)

    assert not token or token not in str(caught.value)


def test_a_connection_shows_no_token() -> None:
    assert TOKEN not in repr(Connection("https://keys.example.com", TOKEN))


async def test_a_connection_opens_a_client() -> None:
    client = Connection("https://keys.example.com/", TOKEN, read_only=True).open()

    assert client.base_url == "https://keys.example.com"
    assert not client.is_embedded
    assert client.read_only
    assert TOKEN not in repr(client)
    await client.aclose()


def test_trust_verifies_names_and_certificates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))

    for context in (trust(None), trust_nobody()):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
        assert not context.keylog_filename
    assert not (tmp_path / "keys.log").exists()


def test_a_ca_file_that_is_missing_or_empty_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")

    with pytest.raises(ConfigurationError, match=r"cannot be read"):
        trust(tmp_path / "missing.pem")
    with pytest.raises(ConfigurationError, match=r"holds no certificate"):
        trust(tmp_path / "empty.pem")


def test_authorities_in_a_pipe_are_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe.pem")
    with pytest.raises(ConfigurationError, match=r"pipe\.pem is not a file"):
        trust(tmp_path / "pipe.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "pipe.pem"))
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE is not a file"):
        trust(None)


@pytest.mark.parametrize(
    "url", ["", "proxy:3128", "socks5://proxy", "http://", "http://pro xy", "http://p:port"]
)
def test_what_is_no_proxy_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"looks like http://proxy\.example\.com"):
        checked_proxy(url)


def test_a_proxy_may_ask_for_a_password() -> None:
    assert checked_proxy(" http://me:pw@proxy:3128 ") == "http://me:pw@proxy:3128"
    assert "pw" not in repr(Connection("https://a", TOKEN, proxy="http://me:pw@proxy:3128"))


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/$(touch${IFS}x)", "http://localhost/`id`", "http://localhost/;id",
        "http://localhost/a'b", 'http://localhost/a"b', "http://localhost/a\\b",
        "http://localhost/a|b", "http://localhost/a&b", "http://localhost/<x", "http://local$host/",
        "http://localhost/(x)", "http://localhost/*", "http://localhost/{a,b}", "http://localhost/!x",
    ],
)  # fmt: skip
def test_an_address_holds_nothing_that_a_shell_obeys(url: str) -> None:
    with pytest.raises(ConfigurationError, match="commands that people paste"):
        checked_url(url)


def test_an_address_may_have_a_path_and_a_port() -> None:
    for url in ("https://keys.example.com:8443/a/b-c_d.e~f%20", "http://[::1]:80/x"):
        assert checked_url(url) == url
        assert shlex.quote(url.replace("[", "").replace("]", "").replace("~", "")).startswith(
            "http"
        )
