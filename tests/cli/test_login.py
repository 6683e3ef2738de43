"""Signing in and out, and the profiles that come of it."""

import json
import stat
from pathlib import Path

import pytest
from tests.cli.conftest import Known, Run

from keyconsole.core.credential import Kind, mint


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def config(home: Path) -> Path:
    return home / "config" / "keyconsole" / "config.toml"


def token(home: Path, profile: str) -> Path:
    return home / "state" / "keyconsole" / "tokens" / profile


def test_a_token_from_standard_input_is_checked_and_kept(
    served: str, known: Known, home: Path, run: Run
) -> None:
    done = run("login", served, "--profile", "prod", "--danger", stdin=f"{known.admin}\n")

    assert done.code == 0
    assert done.err == (
        "Signed in: plain keyconsole now opens prod. "
        "This machine's own service: keyconsole --profile local\n"
    )
    assert "admin@acme.example" in done.out
    assert "Workspace  local (admin)\n" in done.out
    assert "keys:revoke" in done.out
    assert known.admin[21:] not in done.out
    assert mode(config(home)) == mode(token(home, "prod")) == 0o600
    assert mode(config(home).parent) == mode(token(home, "prod").parent) == 0o700
    assert known.admin not in config(home).read_text()
    listed = run("keys", "list", "--json")
    assert (listed.code, len(json.loads(listed.out)["items"])) == (0, 2)


def test_a_token_is_asked_for_unseen_on_a_terminal(
    served: str,
    known: Known,
    run: Run,
    answering: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = answering([known.admin])  # type: ignore[operator]
    monkeypatch.setattr("tests.cli.conftest._Piped.isatty", lambda _: True)

    done = run("login", served, "--json")

    assert done.code == 0, done.err
    assert len(asked) == 1
    assert json.loads(done.out)["email"] == "admin@acme.example"


def test_a_token_file_is_read(served: str, known: Known, tmp_path: Path, run: Run) -> None:
    path = tmp_path / "token"
    path.write_text(known.admin)
    path.chmod(0o600)

    assert run("login", served, "--token-file", str(path)).code == 0

    path.chmod(0o640)
    refused = run("login", served, "--token-file", str(path))
    assert (refused.code, refused.out) == (1, "")
    assert f"chmod 600 {path}" in refused.err


@pytest.mark.parametrize(
    ("stdin", "code", "words"),
    [
        ("", 1, "it is empty"),
        ("kco_nonsense", 1, "not a credential"),
        (mint(Kind.API_KEY).text, 1, "it is an API key"),
        (mint(Kind.OPERATOR_TOKEN).text, 3, "not"),
    ],
    ids=["empty", "nonsense", "key", "stranger"],
)
def test_what_does_not_sign_in_is_not_kept(
    stdin: str, code: int, words: str, served: str, home: Path, run: Run
) -> None:
    done = run("login", served, stdin=stdin)

    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert not stdin or stdin[5:] not in done.err
    assert not config(home).exists()
    assert not (home / "state").exists()


def test_where_nothing_answers_nothing_is_kept(
    unreachable: str, known: Known, home: Path, run: Run
) -> None:
    done = run("login", unreachable, stdin=known.admin)

    assert (done.code, done.out) == (6, "")
    assert not config(home).exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://keys.example.com", "use https"),
        ("ftp://keys.example.com", "looks like https://"),
        ("https://me:pw@keys.example.com", "no user name or password"),
    ],
)
def test_an_address_that_cannot_be_is_told(url: str, words: str, home: Path, run: Run) -> None:
    done = run("login", url, stdin="x")

    assert (done.code, done.out) == (1, "")
    assert words in done.err
    assert "pw" not in done.err


def test_what_is_in_the_file_stays_comments_too(
    served: str, known: Known, home: Path, run: Run
) -> None:
    config(home).parent.mkdir(parents=True)
    before = (
        '# mine\n[console]\nmouse = "off"  # on ssh\n\n[profiles.old]\nurl = "https://a.example"\n'
    )
    config(home).write_text(before)

    assert run("login", served, "--profile", "new.one", stdin=known.admin).code == 0
    assert run("login", served, "--profile", "new.one", "--read-only", stdin=known.admin).code == 0

    after = config(home).read_text()
    for line in before.splitlines():
        assert line in after
    assert '[profiles."new.one"]' in after
    assert after.count("new.one") == 2
    assert 'default_profile = "new.one"' in after
    assert after.count("read_only = true") == 1
    assert run("integrations", "create", "x").code == 3


def test_a_second_profile_does_not_become_the_default_unasked(
    served: str, known: Known, home: Path, run: Run
) -> None:
    run("login", served, "--profile", "a", stdin=known.admin)
    assert run("login", served, "--profile", "b", stdin=known.viewer).err == ""

    listed = json.loads(run("profiles", "--json").out)["items"]
    assert [(each["name"], each["default"], each["token"]) for each in listed] == [
        ("local", False, None),
        ("a", True, "file"),
        ("b", False, "file"),
    ]

    told = run("login", served, "--profile", "b", "--default", stdin=known.viewer).err
    assert "plain keyconsole now opens b" in told
    assert 'default_profile = "b"' in config(home).read_text()
    done = run("profiles")
    assert (done.code, done.err) == (0, "")
    assert "kco_" not in done.out


def test_a_profile_is_not_pointed_elsewhere(
    served: str, known: Known, home: Path, run: Run
) -> None:
    config(home).parent.mkdir(parents=True)
    config(home).write_text('[profiles.prod]\nurl = "https://keys.example.com"\n')

    done = run("login", served, "--profile", "prod", stdin=known.admin)

    assert (done.code, done.out) == (5, "")
    assert "The profile prod is https://keys.example.com" in done.err


def test_a_profile_with_a_command_needs_no_token(
    served: str, known: Known, home: Path, run: Run
) -> None:
    config(home).parent.mkdir(parents=True)
    script = home / "token.sh"
    script.write_text(f"#!/bin/sh\necho noise >&2\necho '  {known.admin}  '\n")
    script.chmod(0o700)
    config(home).write_text(f'[profiles.prod]\nurl = "{served}"\ntoken_command = ["{script}"]\n')

    done = run("keys", "list", "--profile", "prod")
    assert (done.code, done.err) == (0, "")

    refused = run("login", served, "--profile", "prod", stdin=known.admin)
    assert (refused.code, refused.out) == (1, "")
    assert "token_command, which goes before a stored token" in refused.err


def test_an_unreadable_file_is_not_written_over(
    served: str, known: Known, home: Path, run: Run
) -> None:
    config(home).parent.mkdir(parents=True)
    config(home).write_text("[profiles\n")

    done = run("login", served, stdin=known.admin)

    assert (done.code, done.out) == (1, "")
    assert "must be repaired" in done.err
    assert config(home).read_text() == "[profiles\n"


def test_a_home_that_cannot_be_written_is_told(
    served: str, known: Known, home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("KEYCONSOLE_CONFIG", str(home / "file" / "config.toml"))

    assert run("profiles").code == 0
    done = run("login", served, stdin=known.admin)

    assert (done.code, done.out) == (1, "")
    assert "cannot be made" in done.err


def test_logging_out_forgets_the_token_and_keeps_the_profile(
    served: str, known: Known, home: Path, run: Run
) -> None:
    run("login", served, "--profile", "prod", stdin=known.admin)

    done = run("logout")

    assert (done.code, done.out) == (0, "")
    assert "Signed out of prod" in done.err
    assert not token(home, "prod").exists()
    assert "[profiles.prod]" in config(home).read_text()
    listed = run("keys", "list")
    assert (listed.code, listed.out) == (3, "")
    assert f"keyconsole login {served} --profile prod" in listed.err
    assert "or: keyconsole --profile local\n" in listed.err
    assert "No token was stored" in run("logout").err


def test_the_embedded_service_keeps_no_token(home: Path, run: Run) -> None:
    done = run("logout")

    assert (done.code, done.out) == (2, "")
    assert "local keeps no token" in done.err


def test_a_revoked_token_says_how_to_sign_in_again(
    served: str, known: Known, home: Path, run: Run
) -> None:
    run("login", served, "--profile", "prod", stdin=known.admin)
    path = token(home, "prod")
    path.write_text(path.read_text().replace(known.admin, known.stranger))

    done = run("keys", "list")

    assert (done.code, done.out) == (3, "")
    assert f"keyconsole login {served} --profile prod" in done.err


def test_a_token_file_that_others_can_read_is_refused(
    served: str, known: Known, home: Path, run: Run
) -> None:
    run("login", served, "--profile", "prod", stdin=known.admin)
    token(home, "prod").chmod(0o644)

    done = run("keys", "list")

    assert (done.code, done.out) == (1, "")
    assert "can be read by others" in done.err


def test_a_token_of_another_origin_is_refused(
    served: str, known: Known, home: Path, run: Run
) -> None:
    run("login", served, "--profile", "prod", stdin=known.admin)
    config(home).write_text(config(home).read_text().replace(served, "http://localhost:1"))

    done = run("keys", "list")

    assert (done.code, done.out) == (1, "")
    assert f"belongs to {served} and is not sent to http://localhost:1" in done.err


def test_a_variable_that_goes_first_is_told(
    served: str, known: Known, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYCONSOLE_TOKEN", known.viewer)

    done = run("login", served, stdin=known.admin)

    assert done.code == 0
    assert "admin@acme.example" in done.out
    assert "goes before the token that was just stored" in done.err


def test_the_workspace_of_a_profile_narrows_lists(
    served: str, known: Known, home: Path, run: Run
) -> None:
    run("login", served, "--profile", "p", "--workspace", "local", stdin=known.admin)
    assert len(json.loads(run("integrations", "list", "--json").out)["items"]) == 2
    assert run("integrations", "create", "New").code == 0
    assert run("audit", "list", "--limit", "1").code == 0

    run("login", served, "--profile", "p", "--workspace", "elsewhere", stdin=known.admin)
    done = run("integrations", "list")

    assert (done.code, done.out) == (4, "")
    assert "You are in no workspace elsewhere" in done.err


def profiles(run: Run) -> dict[str, bool]:
    items = json.loads(run("profiles", "--json").out)["items"]
    return {item["name"]: item["default"] for item in items}


@pytest.fixture
def two(served: str, known: Known, home: Path, run: Run) -> None:
    """Signed in as a, the default, and as b."""
    for name in ("a", "b"):
        run("login", served, "--profile", name, stdin=known.admin)


def test_another_profile_can_become_the_default(two: None, home: Path, run: Run) -> None:
    done = run("profiles", "default", "b")

    assert (done.code, done.out, done.err) == (0, "", "Plain keyconsole now opens b.\n")
    assert profiles(run) == {"local": False, "a": False, "b": True}

    assert run("profiles", "default", "local").code == 0
    assert profiles(run) == {"local": True, "a": False, "b": False}
    assert json.loads(run("keys", "list", "--json").out)["items"] == []


def test_a_profile_is_removed_with_its_token_and_the_others_stay(
    two: None, home: Path, run: Run
) -> None:
    before = config(home).read_text()
    config(home).write_text(f"# mine\n{before}")

    done = run("profiles", "remove", "a", "--yes")

    assert (done.code, done.out) == (0, "")
    assert (
        done.err == "a is removed, and its token is forgotten. Plain keyconsole now opens local.\n"
    )
    assert not token(home, "a").exists()
    assert token(home, "b").exists()
    assert profiles(run) == {"local": True, "b": False}
    assert config(home).read_text().startswith("# mine\n")
    assert "default_profile" not in config(home).read_text()
    assert run("keys", "list", "--profile", "b").code == 0


def test_removing_needs_yes_without_a_terminal(two: None, run: Run) -> None:
    done = run("profiles", "remove", "a")

    assert (done.code, done.out) == (2, "")
    assert "--yes" in done.err
    assert "a" in profiles(run)


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_removing_asks_a_person(
    answer: str, code: int, two: None, home: Path, run: Run, answering: object
) -> None:
    asked = answering([answer])  # type: ignore[operator]

    done = run("profiles", "remove", "b")

    assert done.code == code
    assert "Remove the profile b" in asked[0]
    assert token(home, "b").exists() == (code == 1)
    assert ("b" in profiles(run)) == (code == 1)


@pytest.mark.parametrize("command", ["default", "remove"])
def test_a_profile_that_is_not_there_is_a_wrong_use(command: str, two: None, run: Run) -> None:
    done = run("profiles", command, "nope")

    assert (done.code, done.out) == (2, "")
    assert "There is no profile nope. There is local, a, b." in done.err


def test_this_machine_s_own_service_cannot_be_removed(two: None, run: Run) -> None:
    done = run("profiles", "remove", "local", "--yes")

    assert (done.code, done.out) == (2, "")
    assert "it is always there" in done.err


@pytest.mark.parametrize("command", [["default", "a"], ["remove", "a", "--yes"]])
def test_a_file_that_cannot_be_read_is_not_changed(
    command: list[str], two: None, home: Path, run: Run
) -> None:
    config(home).write_text("[profiles\n")

    done = run("profiles", *command)

    assert (done.code, done.out) == (1, "")
    assert "must be repaired" in done.err
    assert config(home).read_text() == "[profiles\n"
    assert token(home, "a").exists()


def test_profiles_are_a_document_a_line_too(two: None, run: Run) -> None:
    done = run("profiles", "--jsonl")

    items = [json.loads(line) for line in done.out.splitlines()]
    assert items == json.loads(run("profiles", "--json").out)["items"]
    assert len(items) == 3
    assert run("profiles", "--json", "--jsonl").code == 2
