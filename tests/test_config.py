"""A typo is a warning with its place; what it may have meant for safety counts as meant."""

import os
from pathlib import Path

import pytest

from keyconsole.local import config
from keyconsole.local.config import Config


def load(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return config.load(path)


def test_without_a_file_everything_is_as_it_is_by_default(tmp_path: Path) -> None:
    found = config.load(tmp_path / "nothing" / "config.toml")

    assert (found.default_profile, found.profiles, found.warnings) == (None, {}, ())
    assert found.console.theme == "keyconsole-dark"
    assert found.is_readable


def test_the_example_of_the_contract_is_read(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        """
default_profile = "prod"

[profiles.prod]
url = "https://keys.example.com"
workspace = "acme"
danger = true
read_only = false
token_command = ["op", "read", "op://ops/keyconsole/token"]
ca_file = "/etc/ssl/acme.pem"

[console]
theme = "keyconsole-dark"
clipboard = "auto"
reveal_seconds = 60
mouse = "auto"
""",
    )

    assert found.warnings == ()
    prod = found.profiles["prod"]
    assert (prod.danger, prod.read_only, prod.fault) == (True, False, None)
    assert prod.token_command == ("op", "read", "op://ops/keyconsole/token")
    assert prod.ca_file == Path("/etc/ssl/acme.pem")
    assert "read_only" in prod.given
    assert found.console.given == {"theme", "clipboard", "reveal_seconds", "mouse"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[profiles\n", "line 1, column 10"),
        ("a = \n", "line 1, column 5"),
        ('x = "', "at its end"),
        ("a = 1\na = 2\n", "line 2, column 6"),
    ],
)
def test_what_is_not_toml_says_where(text: str, sentence: str, tmp_path: Path) -> None:
    found = load(tmp_path, text)

    assert not found.is_readable
    (warning,) = found.warnings
    assert sentence in warning
    assert warning.endswith("nothing in it applies.")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "\n[console]\n  theem = 'x'\n",
            "line 3, column 3: theem is not a setting; did you mean theme.",
        ),
        ("[console]\nmouse = true\n", "line 2, column 1: mouse must be one of auto, on, off."),
        ("[console]\nreveal_seconds = 0\n", "line 2, column 1: reveal_seconds must be a whole"),
        ("[console]\nreveal_seconds = true\n", "line 2, column 1: reveal_seconds must be"),
        ("[console]\ntheme = 'neon'\n", "line 2, column 1: there is no theme neon; there is"),
        ("console = 3\n", "line 1, column 1: console must be a table."),
        ("default_profile = 3\n", "line 1, column 1: default_profile must be text in quotes."),
        ("[profiles]\nprod = 3\n", "prod is not a table, [profiles.prod]"),
        ("[profiles.'a b']\nurl = 'https://a'\n", "a profile's name is letters, digits"),
        (
            "zzz = 1\n",
            "line 1, column 1: zzz is not a setting; there are default_profile, profiles",
        ),
        ("[profiles.p]\nurl = 'https://a'\ntoken = 'kco_hunter2'\n", "no token belongs into this"),
    ],
)
def test_what_is_not_understood_is_a_warning_and_the_rest_applies(
    text: str, sentence: str, tmp_path: Path
) -> None:
    found = load(tmp_path, text)

    assert found.is_readable
    (warning,) = found.warnings
    assert warning.startswith(str(tmp_path / "config.toml"))
    assert sentence in warning
    assert "hunter2" not in warning
    assert found.console == config.ConsoleSettings(given=found.console.given)


@pytest.mark.parametrize(
    "line",
    ["read_only = 'yes'", "read_only = 1", "readonly = true", "read-only = 'yes'", "Read_Only = 1"],
)
def test_a_switch_for_safety_that_is_not_understood_is_on(line: str, tmp_path: Path) -> None:
    found = load(tmp_path, f"[profiles.p]\nurl = 'https://a'\n{line}\n")

    assert found.profiles["p"].read_only
    assert len(found.warnings) == 1


def test_a_switch_for_safety_that_is_off_stays_off(tmp_path: Path) -> None:
    found = load(tmp_path, "[profiles.p]\nurl = 'https://a'\nreadonly = false\n")

    assert not found.profiles["p"].read_only


@pytest.mark.parametrize(
    "line",
    [
        "token_command = 'op read x'",
        "token_command = []",
        "token_command = ['op', 3]",
        "ca_file = 3",
        "proxy = true",
        "workspace = 3",
        "keyring = 'yes'",
    ],
)
def test_a_profile_is_not_used_without_what_it_needs(line: str, tmp_path: Path) -> None:
    found = load(tmp_path, f"[profiles.p]\nurl = 'https://a'\n{line}\n[profiles.q]\nurl = 'x'\n")

    assert "cannot be used" in (found.profiles["p"].fault or "")
    assert "line 3, column 1" in (found.profiles["p"].fault or "")
    assert found.profiles["q"].fault is None


def test_plain_http_is_never_allowed_by_a_typo(tmp_path: Path) -> None:
    found = load(tmp_path, "[profiles.p]\nurl = 'http://a'\nallow_plain_http = 'yes'\n")

    assert not found.profiles["p"].allow_plain_http


def test_a_profile_without_an_address_says_so(tmp_path: Path) -> None:
    found = load(tmp_path, "[profiles.p]\ndanger = true\n[profiles.local]\nurl = 'https://a'\n")

    assert found.profiles["p"].fault == (
        f"The profile p has no url: give it one in {tmp_path / 'config.toml'}."
    )
    assert "is the embedded service and has no url" in (found.profiles["local"].fault or "")


def test_the_embedded_service_can_be_read_only(tmp_path: Path) -> None:
    local = load(tmp_path, "[profiles.local]\nread_only = true\n").profiles["local"]

    assert (local.read_only, local.fault) == (True, None)


def test_a_path_is_read_from_where_the_file_is(tmp_path: Path) -> None:
    text = "[profiles.p]\nurl = 'https://a'\nca_file = 'ca.pem'\n"

    assert load(tmp_path, text).profiles["p"].ca_file == tmp_path / "ca.pem"


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_what_is_no_text_is_told(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.mkdir() if content is None else path.write_bytes(content)

    found = config.load(path)

    assert not found.is_readable
    assert len(found.warnings) == 1


def test_the_themes_are_those_of_the_console() -> None:
    from keyconsole.console.theme import THEME_NAME

    assert THEME_NAME in config.THEMES


def test_a_pipe_in_the_place_of_the_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    os.mkfifo(path)

    read = config.load(path)

    assert not read.is_readable
    assert "is not a file" in read.warnings[0]
