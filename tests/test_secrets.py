"""One order, one origin, one owner; and no token in any sentence."""

import os
import stat
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from keyconsole.core.credential import Kind, mint
from keyconsole.core.errors import ConfigurationError, NotPermittedError
from keyconsole.local import paths, secrets, tokencommand
from keyconsole.local.config import Profile
from keyconsole.local.secrets import Source, Stored

URL = "https://keys.example.com"
ORIGIN = "https://keys.example.com:443"
FLAG, VARIABLE, COMMAND, KEYRING, FILE = (mint(Kind.OPERATOR_TOKEN).text for _ in range(5))


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """A keyring that is a dictionary."""
    kept: dict[tuple[str, str], str] = {}
    module = types.ModuleType("keyring")
    functions: dict[str, Any] = {
        "get_password": lambda service, name: kept.get((service, name)),
        "set_password": lambda service, name, text: kept.update({(service, name): text}),
        "delete_password": lambda service, name: kept.pop((service, name)),
    }
    for name, function in functions.items():
        setattr(module, name, function)
    monkeypatch.setitem(sys.modules, "keyring", module)
    return kept


def profile(**settings: Any) -> Profile:
    return Profile("prod", URL, **settings)


def printing(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", f"print({text!r})")


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def find(known: Profile | None, url: str = URL, **given: Any) -> str:
    given.setdefault("environ", {})
    return secrets.find_token(url, known, **given)


def test_the_first_source_that_is_set_decides(
    state: Path, keyring: dict[tuple[str, str], str]
) -> None:
    secrets.store("prod", Stored(FILE, ORIGIN), keyring=False)
    secrets.store("prod", Stored(KEYRING, ORIGIN), keyring=True)
    flag = private(state / "token", f"{FLAG}\n")
    environ = {"KEYCONSOLE_TOKEN": f" {VARIABLE}\n"}
    full = profile(token_command=printing(COMMAND), keyring=True)

    assert find(full, token_file=flag, environ=environ) == FLAG
    assert find(full, environ=environ) == VARIABLE
    assert find(full) == COMMAND
    assert find(profile(keyring=True)) == KEYRING
    assert find(profile()) == FILE


def test_the_variable_may_name_a_file(tmp_path: Path) -> None:
    path = private(tmp_path / "token", f"{VARIABLE}\n")
    environ = {"KEYCONSOLE_TOKEN_FILE": str(path)}
    assert secrets.source_of(profile(), environ=environ) is Source.ENVIRONMENT_FILE
    assert find(None, environ=environ) == VARIABLE
    with pytest.raises(ConfigurationError, match="are both set"):
        find(None, environ=environ | {"KEYCONSOLE_TOKEN": VARIABLE})
    path.chmod(0o444)
    with pytest.raises(ConfigurationError, match="mount it with mode 0440"):
        find(None, environ=environ)


def test_a_source_that_fails_is_not_passed_over(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)  # as if it were not installed
    secrets.store("prod", Stored(FILE, ORIGIN), keyring=False)

    for failing in (
        {"token_file": state / "missing"},
        {"environ": {"KEYCONSOLE_TOKEN": "x"}},
    ):
        with pytest.raises(ConfigurationError):
            find(profile(), **failing)
    with pytest.raises(ConfigurationError, match=r"ended with 1"):
        find(profile(token_command=("false",)))
    with pytest.raises(ConfigurationError, match=r"pip install keyring"):
        find(profile(keyring=True))


def test_without_any_it_is_not_signed_in() -> None:
    with pytest.raises(NotPermittedError, match=r"keyconsole login .* --profile prod"):
        find(profile())
    with pytest.raises(NotPermittedError, match=r"KEYCONSOLE_TOKEN is not set"):
        find(None)


@pytest.mark.parametrize(
    "other",
    [
        "http://keys.example.com",
        "https://keys.example.com:8443",
        "https://keys.example.org",
        "https://keys.example.com.evil.example",
    ],
)
@pytest.mark.parametrize("source", [Source.FILE, Source.KEYRING, Source.COMMAND])
def test_a_token_goes_to_its_own_origin_only(
    other: str, source: Source, keyring: dict[tuple[str, str], str]
) -> None:
    command = printing(COMMAND) if source is Source.COMMAND else ()
    known = profile(token_command=command, keyring=source is Source.KEYRING)
    secrets.store("prod", Stored(FILE, ORIGIN), keyring=source is Source.KEYRING)
    assert find(known, "https://KEYS.example.com:443/under/path")

    with pytest.raises(ConfigurationError, match=r"is not sent to") as caught:
        find(known, other)

    assert FILE[21:] not in caught.value.message


def test_what_is_stored_is_the_owner_s_alone() -> None:
    secrets.store("prod", Stored(FILE, ORIGIN), keyring=False)

    path = paths.token_file("prod")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert FILE not in repr(Stored(FILE, ORIGIN))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_what_others_can_read_is_refused(mode: int, state: Path) -> None:
    secrets.store("prod", Stored(FILE, ORIGIN), keyring=False)
    paths.token_file("prod").chmod(mode)
    flag = private(state / "token", FLAG)
    flag.chmod(mode)

    sources: list[dict[str, Any]] = [{}, {"token_file": flag}]
    for given in sources:
        with pytest.raises(ConfigurationError, match=r"can be read by others.* chmod 600"):
            find(profile(), **given)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"token": 1, "origin": 2}', "\x1b[6n", FILE])
def test_a_damaged_file_is_told(text: str) -> None:
    secrets.store("prod", Stored(FILE, ORIGIN), keyring=False)
    private(paths.token_file("prod"), text)

    with pytest.raises(ConfigurationError, match=r"is damaged: remove it"):
        find(profile())


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; print('kco_hunter2', file=sys.stderr); sys.exit(3)", "ended with 3"),
        ("print('kco_hunter2')", "printed is not an operator token: not a credential"),
        ("pass", "it is empty"),
        (f"print('Signing in…'); print({COMMAND!r})", "it is more than the token alone"),
        (f"print({COMMAND!r}); print({COMMAND!r})", "it is more than the token alone"),
        (f"print(chr(27) + '[1m' + {COMMAND!r})", "it holds <U+001B>"),
        (f"print(chr(0xfeff) + {COMMAND!r})", "it holds <U+FEFF>"),
        (f"print({mint(Kind.API_KEY).text!r})", "it is an API key"),
    ],
)
def test_a_command_that_answers_no_token_is_told_without_what_it_said(
    code: str, words: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find(profile(token_command=(sys.executable, "-c", code)))

    assert words in caught.value.message
    assert "hunter2" not in caught.value.message
    assert COMMAND[21:] not in caught.value.message
    assert capfd.readouterr() == ("", "")


def test_a_command_has_no_shell_and_no_input() -> None:
    command = (sys.executable, "-c", "import sys; print(sys.argv[1] + sys.stdin.read())", COMMAND)

    assert find(profile(token_command=command)) == COMMAND
    with pytest.raises(ConfigurationError, match=r"\(echo x; id\) cannot be run: no such file"):
        find(profile(token_command=("echo x; id",)))


def test_a_command_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokencommand, "SECONDS", 0.2)

    with pytest.raises(ConfigurationError, match=r"did not end within"):
        find(profile(token_command=("sh", "-c", "sleep 60 & wait")))


def test_a_command_that_leaves_an_agent_behind_is_not_waited_for_longer(tmp_path: Path) -> None:
    """As `op` and `gpg` do. The agent holds the pipe until it is told that all is over."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    end = os.open(gate, os.O_RDWR)
    try:
        # Opened before it answers, or the agent could come to a gate that nobody opens again.
        leaves = f"exec 3< {gate}; (read over <&3) & echo {COMMAND}"
        assert find(profile(token_command=("sh", "-c", leaves))) == COMMAND
    finally:
        os.write(end, b"over\n")
        os.close(end)


def test_a_command_that_prints_without_end_is_ended_and_little_of_it_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tokencommand, "SECONDS", 0.2)

    with pytest.raises(ConfigurationError, match=r"did not end within"):
        find(profile(token_command=("yes", COMMAND)))


def test_forgetting_says_whether_there_was_anything(
    keyring: dict[tuple[str, str], str],
) -> None:
    for in_keyring in (False, True):
        secrets.store("prod", Stored(FILE, ORIGIN), keyring=in_keyring)

        assert secrets.forget("prod", keyring=in_keyring)
        assert not secrets.forget("prod", keyring=in_keyring)


def test_a_keyring_that_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoKeyringError(Exception):
        pass

    def refuse(*_: str) -> None:
        raise NoKeyringError("hunter2")

    module = types.ModuleType("keyring")
    for name in ("get_password", "set_password", "delete_password"):
        setattr(module, name, refuse)
    monkeypatch.setitem(sys.modules, "keyring", module)

    for attempt in (
        lambda: find(profile(keyring=True)),
        lambda: secrets.store("prod", Stored(FILE, ORIGIN), keyring=True),
        lambda: secrets.forget("prod", keyring=True),
    ):
        with pytest.raises(ConfigurationError) as caught:
            attempt()
        assert caught.value.message == "The system keyring refused (NoKeyringError)."


def test_asking_where_from_asks_nobody() -> None:
    assert secrets.source_of(profile(token_command=("false",)), environ={}) is Source.COMMAND
    assert secrets.source_of(profile(keyring=True), environ={}) is Source.KEYRING
    assert secrets.source_of(profile(), environ={}) is None
    assert secrets.source_of(None, environ={"KEYCONSOLE_TOKEN": "x"}) is Source.ENVIRONMENT
