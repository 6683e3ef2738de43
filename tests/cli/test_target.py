"""Which service is meant, and that nothing falls back silently."""

from pathlib import Path
from typing import Any

import pytest

from keyconsole.cli.options import ServiceOptions
from keyconsole.cli.target import Target, find_target
from keyconsole.core.credential import Kind, mint
from keyconsole.core.errors import (
    ConfigurationError,
    KeyconsoleError,
    NotPermittedError,
    UsageError,
)
from keyconsole.local import config, secrets
from keyconsole.local.config import Config
from keyconsole.local.secrets import Source

URL = "https://keys.example.com:8443/"
TOKEN = mint(Kind.OPERATOR_TOKEN).text
NOTHING = Config(Path("/nowhere/config.toml"))


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "config.toml"
    path.write_text(
        """
        default_profile = "prod"
        [profiles.prod]
        url = "https://keys.example.com"
        danger = true
        workspace = "acme"
        ca_file = "acme.pem"
        [profiles.audit]
        url = "https://audit.example.com"
        read_only = true
        [profiles.op]
        url = "https://op.example.com"
        token_command = ["false"]
        [profiles.empty]
        danger = true
        [profiles.plain]
        url = "http://10.0.0.1"
        """
    )
    return config.load(path)


def find(known: Config = NOTHING, environ: dict[str, str] | None = None, **flags: Any) -> Target:
    return find_target(ServiceOptions(**flags), known, environ=environ or {})


def test_without_an_address_or_a_profile_it_is_the_embedded_service() -> None:
    target = find(read_only=True)

    assert (target.profile, target.url, target.read_only) == ("local", None, True)
    assert target.token_source is None


def test_an_address_and_a_token_are_a_remote_service() -> None:
    environ = {"KEYCONSOLE_URL": URL, "KEYCONSOLE_TOKEN": f"{TOKEN}\n"}

    target = find(environ=environ, read_only=True)
    connection = target.sign_in()

    assert target.profile == "keys.example.com:8443"
    assert connection.url == "https://keys.example.com:8443"
    assert connection.token == TOKEN
    assert connection.read_only
    assert TOKEN not in repr(target) + repr(connection)


def test_an_address_without_a_token_is_not_signed_in() -> None:
    with pytest.raises(NotPermittedError, match=r"not signed in at keys\.example\.com:8443"):
        find(environ={"KEYCONSOLE_URL": URL}).sign_in()


def test_a_token_without_an_address_is_not_used_for_something_else() -> None:
    with pytest.raises(ConfigurationError, match=r"belongs to one service"):
        find(environ={"KEYCONSOLE_TOKEN": TOKEN})


@pytest.mark.parametrize("token", [TOKEN[:-1], f"{TOKEN[:-1]}!", mint(Kind.API_KEY).text])
def test_a_token_that_is_none_needs_no_round_trip_and_is_not_shown(token: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find(environ={"KEYCONSOLE_URL": URL, "KEYCONSOLE_TOKEN": token}).sign_in()

    assert token[21:] not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("environ", "flags", "profile"),
    [
        ({}, {}, "prod"),
        ({"KEYCONSOLE_PROFILE": "audit"}, {}, "audit"),
        ({"KEYCONSOLE_PROFILE": "audit"}, {"profile": "op"}, "op"),
        ({"KEYCONSOLE_URL": URL}, {}, "keys.example.com:8443"),
        ({"KEYCONSOLE_URL": URL}, {"profile": "local"}, "local"),
        ({"KEYCONSOLE_PROFILE": "local"}, {}, "local"),
    ],
)
def test_flag_goes_before_environment_before_file(
    environ: dict[str, str], flags: dict[str, Any], profile: str, profiles: Config
) -> None:
    assert find(profiles, environ, **flags).profile == profile


def test_the_last_profile_is_taken_where_no_default_is_named(profiles: Config) -> None:
    without = Config(profiles.path, profiles=profiles.profiles)

    assert find_target(ServiceOptions(), without, last="audit", environ={}).profile == "audit"
    assert find_target(ServiceOptions(), profiles, last="audit", environ={}).profile == "prod"


def test_a_profile_is_what_its_table_says(profiles: Config) -> None:
    target = find(profiles, {"KEYCONSOLE_TOKEN": TOKEN})
    connection = target.sign_in()

    assert (target.danger, target.workspace) == (True, "acme")
    assert connection.ca_file == profiles.path.parent / "acme.pem"
    assert find(profiles, profile="audit").read_only


def test_a_flag_goes_before_the_profile(profiles: Config) -> None:
    target = find(
        profiles,
        {"KEYCONSOLE_TOKEN": TOKEN},
        ca_file=Path("/other.pem"),
        proxy="http://proxy:3128",
        read_only=True,
    )

    connection = target.sign_in()

    assert (connection.ca_file, connection.proxy) == (Path("/other.pem"), "http://proxy:3128")
    assert connection.read_only


@pytest.mark.parametrize(
    ("flags", "environ", "words"),
    [
        ({"profile": "prdo"}, {}, "There is no profile prdo. There is local, audit"),
        ({}, {"KEYCONSOLE_PROFILE": "prdo"}, "There is no profile prdo"),
        ({"profile": "empty"}, {}, "The profile empty has no url"),
        ({"profile": "plain"}, {}, "plain http would show the token"),
        ({}, {"KEYCONSOLE_PROFILE": "local", "KEYCONSOLE_URL": URL}, "unset one"),
        ({"profile": "local", "token_file": Path("x")}, {}, "takes none"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(
    flags: dict[str, Any], environ: dict[str, str], words: str, profiles: Config
) -> None:
    with pytest.raises(KeyconsoleError) as caught:
        find(profiles, environ, **flags)

    assert words in caught.value.message


def test_a_default_profile_that_is_not_there_is_no_other_one(profiles: Config) -> None:
    known = Config(profiles.path, default_profile="gone", profiles=profiles.profiles)

    with pytest.raises(ConfigurationError, match=r"names it as default_profile: There is no"):
        find(known)


def test_plain_http_to_another_machine_has_to_be_asked_for(profiles: Config) -> None:
    assert find(profiles, profile="plain", allow_plain_http=True).url == "http://10.0.0.1"


def test_a_file_that_cannot_be_read_may_have_said_read_only(tmp_path: Path) -> None:
    unreadable = Config(tmp_path, is_readable=False)

    assert find(unreadable).read_only
    assert not find(unreadable, profile="local").read_only


def test_another_address_gets_no_stored_token(profiles: Config) -> None:
    secrets.store("prod", secrets.Stored(TOKEN, "https://keys.example.com:443"), keyring=False)
    assert find(profiles).sign_in().token == TOKEN

    environ = {"KEYCONSOLE_PROFILE": "prod", "KEYCONSOLE_URL": "https://keys.example.com:8443"}
    with pytest.raises(ConfigurationError, match=r"belongs to https://keys\.example\.com:443"):
        find(profiles, environ).sign_in()


def test_naming_a_target_runs_nothing(profiles: Config) -> None:
    target = find(profiles, profile="op")

    assert target.token_source is Source.COMMAND
    assert not target.signs_in_at_once
    with pytest.raises(ConfigurationError, match=r"ended with 1; run it by itself"):
        target.sign_in()


def test_an_unknown_profile_is_a_wrong_use(profiles: Config) -> None:
    with pytest.raises(UsageError):
        find(profiles, profile="nope")
