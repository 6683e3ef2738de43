"""Which key is this? The text itself stays on this machine."""

import gzip
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Known, Run
from tests.cli.support import Seat

from keyconsole.client import KeyServiceClient
from keyconsole.core import credential
from keyconsole.core.credential import Kind, assemble, mint
from keyconsole.local import secrets


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """What the service was asked."""
    seen: list[tuple[str, str | None]] = []
    identify = KeyServiceClient.identify

    async def listening(self: Any, public_key: str, digest: str | None = None) -> Any:
        seen.append((public_key, digest))
        return await identify(self, public_key, digest)

    monkeypatch.setattr(KeyServiceClient, "identify", listening)
    return seen


def items(out: str) -> dict[str, dict[str, Any]]:
    return {item["public_key"]: item for item in json.loads(out)["items"]}


def test_a_live_key_in_a_log_line_is_found(
    anywhere: str, known: Known, run: Run, asked: list[tuple[str, str | None]]
) -> None:
    done = run("keys", "identify", "-", stdin=f"GET /?key={known.secret}%20 200\n{known.secret}")

    assert done.code == 0
    assert done.err.startswith("Asked: ")
    assert "LIVE" in done.out
    assert "api-gateway-prod" in done.out
    assert asked == [(known.public_key, credential.digest(known.secret).hex())]
    assert known.secret[21:] not in done.out


def test_every_kind_of_answer_is_told_apart(remote: str, known: Known, run: Run) -> None:
    forged = assemble(Kind.API_KEY, known.public_key[4:], bytes(32)).text
    stranger = mint(Kind.API_KEY)
    text = f"{forged} {stranger.text} {known.revoked_key}"

    done = run("keys", "identify", "--json", stdin=text)

    found = items(done.out)
    assert done.code == 0
    assert found[known.public_key]["verdict"] == "wrong_secret"
    assert found[stranger.public_key]["verdict"] == "unknown"
    assert found[known.revoked_key]["verdict"] == "revoked"
    assert found[known.revoked_key]["had_secret"] is False
    run("keys", "revoke", known.public_key, "--yes")
    assert "revoked 20" in run("keys", "identify", stdin=known.secret).out


def test_a_cut_key_is_known_by_its_name(
    unchanged: str, known: Known, run: Run, asked: list[tuple[str, str | None]]
) -> None:
    done = run("keys", "identify", stdin=f"{known.secret[:-1]}! and {known.secret[:30]}…")

    assert done.code == 0
    assert "api-gateway-prod" in done.out
    assert asked == [(known.public_key, None)]


def test_a_mistyped_key_is_told(unchanged: str, known: Known, run: Run) -> None:
    last = "1" if known.secret[-1] == "0" else "0"

    done = run("keys", "identify", stdin=known.secret[:-1] + last)

    assert "wrong checksum" in done.err
    assert known.public_key in done.out
    assert "a LIVE key, but this value is damaged or mistyped  value wrong" in done.out
    assert "it authenticates now" not in done.out
    document = items(run("keys", "identify", "--json", stdin=known.secret[:-1] + last).out)
    assert document[known.public_key]["verdict"] == "damaged"
    assert document[known.public_key]["would_authenticate"] is True


def test_a_mistyped_value_of_a_dead_key_says_that_it_is_dead(
    unchanged: str, known: Known, run: Run
) -> None:
    value = f"kcs_{known.revoked_key[4:]}_{'0' * 49}"

    done = run("keys", "identify", stdin=value)

    assert "revoked 20" in done.out
    assert "but this value is damaged or mistyped" in done.out
    assert "LIVE" not in done.out


def test_it_says_whether_the_secret_matches(unchanged: str, known: Known, run: Run) -> None:
    forged = assemble(Kind.API_KEY, known.revoked_key[4:], bytes(32))

    done = run("keys", "identify", stdin=f"{known.secret} {forged.text}")
    named = run("keys", "identify", known.public_key)

    head, live, wrong = done.out.splitlines()
    assert head.split() == ["PUBLIC", "KEY", "IT", "IS", "SECRET", "LABEL", "INTEGRATION"]
    assert "LIVE: it authenticates now" in live
    assert " value proven " in live
    assert " value wrong " in wrong
    assert "The key is revoked" in wrong
    assert " name only " in named.out
    assert "a LIVE key: it authenticates now" in named.out


def test_operator_tokens_are_told_and_not_sent(
    unchanged: str, known: Known, run: Run, asked: list[tuple[str, str | None]]
) -> None:
    done = run("keys", "identify", stdin=f"{known.viewer} {known.public_key}")

    assert "Operator tokens in it: 1" in done.err
    assert asked == [(known.public_key, None)]
    assert known.viewer[4:20] not in done.out + done.err


@pytest.mark.parametrize("stdin", [b"", b"no key here", b"\xff\xfe\x00kcs_", b"\x1b[6n"])
def test_where_there_is_no_key_nothing_is_sent_or_shown(
    stdin: bytes, unreachable: str, run: Run
) -> None:
    done = run("keys", "identify", stdin=stdin)

    assert (done.code, done.out) == (4, "")
    assert done.err == "keyconsole: There is no key in it. Nothing was sent.\n"


def test_what_is_no_public_key_is_a_wrong_use(home: object, run: Run) -> None:
    assert run("keys", "identify", "api-gateway-prod").code == 2


PROMPT = "Paste (not shown), then Ctrl-D"


@pytest.fixture
def sit_down(standing: str, known: Known, home: Path) -> Callable[[], AbstractContextManager[Seat]]:
    """At a terminal where `keys identify -` waits for a paste."""

    @contextmanager
    def sit_down() -> Iterator[Seat]:
        variables = {"KEYCONSOLE_URL": standing, "KEYCONSOLE_TOKEN": known.admin}
        with Seat(home, "keys", "identify", "-", variables=variables) as seat:
            seat.until(f"{PROMPT}\r\n")
            yield seat

    return sit_down


SitDown = Callable[[], AbstractContextManager[Seat]]


@pytest.mark.parametrize("end", [b"\n", b"", b"\n\nrm -rf precious\n"], ids=["line", "cut", "more"])
def test_a_whole_env_file_is_pasted_unseen(end: bytes, known: Known, sit_down: SitDown) -> None:
    text = f"# of the gateway\n\nLEVEL=info\n\nAPI_KEY={known.secret}".encode() + end

    with sit_down() as seat:
        seat.type(text)
        seat.type(b"\x04")
        code, written = seat.end()

        assert code == 0
        assert "LIVE: it authenticates now" in written
        assert "LEVEL" not in written
        assert "precious" not in written
        assert known.secret[21:] not in written
        assert seat.settings == seat.before
        assert seat.left_for_the_shell == 0


def test_a_key_far_along_a_long_line_is_found(known: Known, sit_down: SitDown) -> None:
    with sit_down() as seat:
        seat.type(b"x" * 50_000 + known.secret.encode() + b"\x04")
        code, written = seat.end()

    assert code == 0
    assert "LIVE" in written


@pytest.mark.parametrize(
    ("ending", "code"), [(b"\x04", 0), (b"\x03", 130)], ids=["ended", "interrupted"]
)
def test_nothing_that_is_pasted_after_its_end_lands_in_the_shell(
    ending: bytes, code: int, known: Known, sit_down: SitDown
) -> None:
    with sit_down() as seat:
        seat.type(known.secret.encode() + ending + b"rm -rf precious\n" * 5)
        ended, written = seat.end()

        assert ended == code
        assert "precious" not in written
        assert seat.settings == seat.before
        assert seat.left_for_the_shell == 0


def test_a_key_that_would_stop_it_does_not(known: Known, sit_down: SitDown) -> None:
    with sit_down() as seat:
        seat.type(b"\x1a\x1c" + known.secret.encode() + b"\x04")

        assert seat.end()[0] == 0


def test_who_waits_after_enter_is_told_what_ends_it(known: Known, sit_down: SitDown) -> None:
    with sit_down() as seat:
        seat.type(known.secret.encode())
        seat.type(b"\n")
        seat.until("Ctrl-D when all of it is there.")
        seat.type(b"\x04")

        assert seat.end()[0] == 0


def test_more_than_can_be_pasted_is_told_and_read_away(sit_down: SitDown) -> None:
    with sit_down() as seat:
        seat.type(b"x" * (1024 * 1024 + 1))
        seat.type(b"y\n\x04")
        code, written = seat.end()

        assert code == 2
        assert "At most 1 MiB can be pasted" in written
        assert seat.left_for_the_shell == 0


def test_where_the_terminal_is_narrow_nothing_is_cut_off(
    unchanged: str, known: Known, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = "1" if known.secret[-1] == "0" else "0"
    monkeypatch.setattr("keyconsole.cli.keys.identify.terminal_width", lambda: 80)

    done = run("keys", "identify", stdin=f"{known.secret[:-1]}{last} {known.revoked_key}")

    lines = [line.split("  ")[0] for line in done.out.splitlines()]
    assert lines == [*("Public key", "It is", "Secret", "Label", "Integration"), "", *lines[6:]]
    assert "a LIVE key, but this value is damaged or mistyped" in done.out
    assert "…" not in done.out


@pytest.fixture
def two_profiles(standing: str, known: Known, home: Path) -> Path:
    """A default profile where nobody listens, and one whose service knows the keys."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        gone = f"http://127.0.0.1:{free.getsockname()[1]}"
    config = home / "config" / "keyconsole" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(
        f'default_profile = "gone"\n[profiles.gone]\nurl = "{gone}"\n'
        f'[profiles.prod]\nurl = "{standing}"\n'
    )
    for name, url in (("gone", gone), ("prod", standing)):
        stored = secrets.Stored(known.admin, secrets.origin(url))
        secrets.store(name, stored, keyring=False)
    return config


def test_it_says_which_service_was_asked_and_which_were_not(
    two_profiles: Path, known: Known, run: Run
) -> None:
    done = run("keys", "identify", "--profile", "prod", "--json", stdin=known.secret)
    document = json.loads(done.out)

    assert done.code == 0
    assert "Asked: prod (http://127.0.0.1:" in done.err
    assert "Not asked: gone. --all-profiles asks them too." in done.err
    [item] = document["items"]
    assert [each["profile"] for each in item["asked"]] == ["prod"]
    assert item["asked"][0]["workspaces"] == ["local"]
    assert item["not_asked"] == ["gone"]
    assert item["proof"] == "value_proven"


def test_a_scan_and_a_bulk_revoke_say_so_too(
    two_profiles: Path, known: Known, run: Run, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    log.write_text(f"{known.secret} {mint(Kind.API_KEY).text}")

    done = run("scan", "--online", "--profile", "prod", "--json", str(log))
    document = json.loads(done.out)
    assert [item["verdict"] for item in document["items"]] == ["live", "unknown"]
    assert document["not_asked"] == ["gone"]
    assert "Not asked: gone. --all-profiles asks them too." in done.err
    done = run("scan", "--online", "--all-profiles", "--json", str(log))
    assert [item["verdict"] for item in json.loads(done.out)["items"]] == ["live", "unknown"]
    assert "No answer from gone" in done.err
    assert run("scan", "--all-profiles", str(log)).code == 2

    done = run("keys", "revoke-many", "--profile", "prod", "--dry-run", "--from", str(log))
    assert "Left out, not ours: kcp_" in done.err
    assert "Not asked: gone. keys identify --all-profiles asks them too." in done.err


def test_what_is_not_found_is_told_with_who_was_asked(two_profiles: Path, run: Run) -> None:
    done = run("keys", "show", "kcp_0000000000000000", "--profile", "prod")

    assert done.code == 4
    assert "There is no key kcp_0000000000000000. Asked: prod; not asked: gone." in done.err


def test_what_is_not_looked_into_is_said_of_what_is_piped(
    unchanged: str, known: Known, run: Run, tmp_path: Path
) -> None:
    dump = tmp_path / "dump.gz"
    dump.write_bytes(gzip.compress(known.secret.encode()))

    done = run("keys", "revoke-many", "--dry-run", "--from", str(dump))

    assert done.code == 4
    assert "it is an archive (gzip), which is not looked into" in done.err


def test_every_profile_is_asked_though_one_does_not_answer(
    two_profiles: Path, known: Known, run: Run
) -> None:
    stranger = mint(Kind.API_KEY)
    done = run("keys", "identify", "--all-profiles", "--json", stdin=known.secret)
    document = json.loads(done.out)
    assert done.code == 0
    assert [item["profile"] for item in document["items"]] == ["prod"]
    assert document["items"][0]["asked"][0]["error"] is not None
    assert "No answer from gone" in done.err
    assert document["items"][0]["not_asked"] == []

    done = run("keys", "identify", "--all-profiles", stdin=stranger.text)
    assert done.code == 6  # one that did not answer may know it
    assert "not ours" in done.out
    assert run("keys", "identify", "--all-profiles", "--profile", "prod").code == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_text_in_utf_16_is_read(unchanged: str, known: Known, run: Run, encoding: str) -> None:
    done = run("keys", "identify", stdin=f"key: {known.secret}".encode(encoding))
    assert "value proven" in done.out
    named = run("keys", "identify", stdin=f"key: {known.public_key}".encode(encoding))
    assert "name only" in named.out
