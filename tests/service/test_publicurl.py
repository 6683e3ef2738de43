"""The public URL, and the metadata that is published only with one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.service.databases import Engine
from tests.service.world import World

from keyconsole.core.credential import Kind, mint
from keyconsole.core.errors import ConfigurationError
from keyconsole.service.checkup import check
from keyconsole.service.publicurl import checked_public_url, metadata_path
from keyconsole.service.settings import ServiceSettings

ENGINES = [Engine.SQLITE]
PLAIN = "/.well-known/oauth-authorization-server"
BELOW = PLAIN + "/teams/keys"
ROUTES = {PLAIN, PLAIN + "/{path}", ""}


@pytest.mark.parametrize(
    ("typed", "url", "path"),
    [
        ("https://keys.example.com", "https://keys.example.com", PLAIN),
        (" https://keys.example.com/ ", "https://keys.example.com", PLAIN),
        ("HTTPS://Keys.Example.com:8443", "https://keys.example.com:8443", PLAIN),
        ("https://keys.example.com/teams/keys/", "https://keys.example.com/teams/keys", BELOW),
        ("https://[2001:db8::5]:8443/teams/keys", "https://[2001:db8::5]:8443/teams/keys", BELOW),
        ("http://localhost:8321", "http://localhost:8321", PLAIN),
        ("http://127.8.9.1:8321", "http://127.8.9.1:8321", PLAIN),
        ("http://[::1]:8321", "http://[::1]:8321", PLAIN),
    ],
)
def test_a_public_url_is_an_issuer(typed: str, url: str, path: str) -> None:
    assert checked_public_url(typed) == url
    assert metadata_path(url) == path


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("keys.example.com", "such as https"),
        ("//keys.example.com", "such as https"),
        ("ftp://keys.example.com", "such as https"),
        ("https://", "such as https"),
        ("https:///keys", "such as https"),
        ("https://:443", "such as https"),
        ("https://keys..example.com", "such as https"),
        ("https://keys_1.example.com", "such as https"),
        ("https://keys.example.com:99999", "such as https"),
        ("https://keys.example.com:x", "such as https"),
        ("https://[::1", "such as https"),
        ("https://ключи.example.com", "such as https"),
        ("https://keys.exa\nmple.com", "such as https"),
        ("https://keys.example.com/a b", "path"),
        ("https://keys.example.com\\@evil.example", "user name"),
        ("https://keys.example.com\\.evil.example", "such as https"),
        ("https://ops@keys.example.com", "user name"),
        ("https://ops:hunter2@keys.example.com", "user name"),
        ("https://keys.example.com?x=hunter2", "query"),
        ("https://keys.example.com/?", "query"),
        ("https://keys.example.com/#", "fragment"),
        ("http://keys.example.com", "https, since"),
        ("http://127.0.0.1.evil.example", "https, since"),
        ("http://10.0.0.1", "https, since"),
        ("https://keys.example.com//keys", "path"),
        ("https://keys.example.com/../keys", "path"),
        ("https://keys.example.com/%6beys", "path"),
        ("https://keys.example.com/$(touch x)", "path"),
    ],
)
def test_anything_else_is_refused_in_a_sentence_without_its_secrets(
    url: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        ServiceSettings.from_environment(tmp_path, environ={"KEYCONSOLE_PUBLIC_URL": url})
    assert refused.value.message.startswith("KEYCONSOLE_PUBLIC_URL ")
    assert words in refused.value.message
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize(
    ("url", "quoted"),
    [
        ("ftp://x", "ftp://x"),
        (" keys.example.com", "keys.example.com"),
        ("https://ops:hun@ter2@keys", "https://(redacted)@keys"),
        ("https://ops:hun?t#er2@keys", "https://(redacted)@keys"),
        ("ops:hunter2@keys", "…@keys"),
        ("https://keys?x=hunter2", "https://keys"),
        ("https://keys\x1b[31m", "https://keys<U+001B>[31m"),
    ],
)
def test_what_is_refused_is_quoted_without_its_secrets(url: str, quoted: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        checked_public_url(url)
    assert refused.value.message.partition(" It is set to: ")[2] == quoted


def test_a_token_in_what_is_refused_is_not_quoted() -> None:
    token = mint(Kind.OPERATOR_TOKEN).text
    with pytest.raises(ConfigurationError) as refused:
        checked_public_url(f"ftp://keys/{token}")
    assert token[20:] not in refused.value.message


def test_without_one_there_is_none(tmp_path: Path) -> None:
    for environ in ({}, {"KEYCONSOLE_PUBLIC_URL": " "}):
        assert ServiceSettings.from_environment(tmp_path, environ=environ).public_url is None


async def published(world: World, url: str | None) -> dict[str, Any]:
    """The metadata by the addresses that somebody may look at, with a Host of their choice."""
    world.runtime.settings = replace(world.settings, public_url=url)
    found = {}
    for path in (PLAIN, PLAIN + "/", BELOW, BELOW + "/", PLAIN + "/teams", "/teams/keys" + PLAIN):
        answer = await world.gateway.get(path, headers={"host": "evil.example"})
        assert answer.status_code in (200, 404)
        if answer.status_code == 200:
            found[path] = answer.json()
        else:
            assert answer.json()["error"] == "not-found"
        assert "evil.example" not in answer.text
    assert {route for _, route, _ in world.runtime.requests.outcomes} <= ROUTES
    return found


async def test_metadata_is_where_the_public_url_says_and_nowhere_else(world: World) -> None:
    assert await published(world, None) == {}
    for url, path in (("https://keys.example", PLAIN), ("https://keys.example/teams/keys", BELOW)):
        assert await published(world, url) == {
            path: {
                "issuer": url,
                "introspection_endpoint": f"{url}/v1/introspect",
                "introspection_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                    "Bearer",
                ],
                "revocation_endpoint": f"{url}/v1/revoke",
                "revocation_endpoint_auth_methods_supported": [
                    "none",
                    "client_secret_basic",
                    "client_secret_post",
                ],
                "response_types_supported": [],
                "grant_types_supported": [],
            }
        }


async def test_service_check_names_it_and_warns_of_plain_http(world: World) -> None:
    def told(url: str | None) -> list[tuple[str, bool]]:
        found = check(replace(world.settings, public_url=url)).findings
        return [(each.message, each.warns) for each in found if each.name == "public url"]

    assert told(None) == []
    metadata = f"https://keys.example{PLAIN}"
    assert told("https://keys.example") == [
        (f"https://keys.example, with OAuth metadata at {metadata}", False)
    ]
    [(message, warns)] = told("http://localhost:8321")
    assert warns
    assert "plain http" in message
