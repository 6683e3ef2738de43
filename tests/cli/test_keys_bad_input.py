"""What is pasted, piped or typed in a hurry ends in a clear sentence, and kills nothing else."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from tests.cli.conftest import Known, Run

from keyconsole.client.revocations import Revocations
from keyconsole.core.credential import Kind, mint
from keyconsole.core.errors import ServiceUnreachableError

Answering = Callable[[Sequence[str]], list[str]]

NOISE = bytes(range(256)) * 64
MISS = b"kcs_" + b"0" * 15 + b"l_" + b"z" * 48
CODES = "\x1b[31m{}\x1b[0m\x1b]52;c;eA==\x07\x1b[6n"


def status(run: Run, public_key: str) -> str:
    return str(json.loads(run("keys", "show", public_key, "--json").out)["status"])


@pytest.mark.parametrize("command", ["identify", "revoke-many"])
@pytest.mark.parametrize(
    "pasted",
    [NOISE, (MISS * 17_000)[: 1 << 20], b"", b"kcs_7k2m"],
    ids=["noise", "1MiB", "", "cut"],
)
def test_what_holds_no_key_is_said_and_nothing_is_sent(
    command: str, pasted: bytes, unreachable: str, run: Run
) -> None:
    arguments = {
        "identify": ("keys", "identify", "-"),
        "revoke-many": ("keys", "revoke-many", "--from", "-", "--dry-run"),
    }
    done = run(*arguments[command], stdin=pasted)

    assert (done.code, done.out) == (4, "")
    assert "There is no key in it. Nothing was sent." in done.err


@pytest.mark.parametrize("wrap", [CODES, "\ufeff{}\u202e", "%20{}%0A"], ids=ascii)
def test_a_key_among_escape_codes_is_found_and_they_reach_nobody(
    wrap: str, unchanged: str, known: Known, run: Run
) -> None:
    done = run("keys", "identify", "-", stdin=wrap.format(known.secret))

    assert done.code == 0
    assert "LIVE: it authenticates now" in done.out
    assert not {"\x1b", "\x07", "\u202e", "\ufeff"} & set(done.out + done.err)
    assert known.secret[21:] not in done.out + done.err


def test_a_key_of_another_deployment_is_not_ours_and_cannot_be_revoked(
    unchanged: str, run: Run
) -> None:
    stranger = mint(Kind.API_KEY)

    assert "not ours" in run("keys", "identify", "-", stdin=stranger.text).out
    shown = run("keys", "revoke-many", "--from", "-", "--dry-run", stdin=stranger.text)
    assert "0 keys" in shown.err
    assert f"Left out, not ours: {stranger.public_key}" in shown.err
    done = run("keys", "revoke", stranger.public_key, "--yes")
    assert (done.code, done.out) == (4, "")


@pytest.mark.parametrize(
    ("until", "words"),
    [("2020-01-31T06:00Z", "past"), ("-2h", "takes 12h"), ("0h", "such as"), ("soon", "takes 12h")],
)
def test_a_fuse_in_the_past_or_of_no_time_disables_nothing(
    until: str, words: str, unchanged: str, known: Known, run: Run
) -> None:
    done = run("keys", "disable", known.public_key, f"--until={until}")

    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert status(run, known.public_key) == "active"


@pytest.mark.parametrize("typed", ["0", "1"])
def test_a_selector_that_matches_nothing_kills_nothing(
    typed: str, unchanged: str, run: Run, answering: Answering
) -> None:
    answering([typed])

    done = run("keys", "revoke-many", "--label", "nothing-like-it")

    assert (done.code, done.out) == (4, "")
    assert "No key matches, or none that is alive." in done.err


def test_a_selector_that_matches_everything_says_so_and_wants_it_twice(
    remote: str, known: Known, run: Run, answering: Answering
) -> None:
    asked = answering([known.public_key[-4:], "no"])

    done = run("keys", "revoke-many", "--label", "*")

    assert done.code == 1
    assert len(asked) == 2
    assert status(run, known.public_key) == "active"


def test_a_service_that_dies_between_the_dry_run_and_the_rest_is_no_verdict(
    remote: str, known: Known, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: Any) -> Any:
        raise ServiceUnreachableError("It refused the connection.")

    with monkeypatch.context() as patch:
        patch.setattr(Revocations, "start", die)
        done = run("keys", "revoke-many", "--label", "api-*", "--yes", "--expect", "1")

    assert (done.code, done.out) == (6, "")
    assert "Whether they are revoked is not known" in done.err
    assert status(run, known.public_key) == "active"


def test_one_that_dies_in_the_midst_of_it_says_how_to_look(
    remote: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: Any, **__: Any) -> Any:
        raise ServiceUnreachableError("It refused the connection.")

    with monkeypatch.context() as patch:
        patch.setattr(Revocations, "read", die)
        done = run("keys", "revoke-many", "--label", "api-*", "--yes", "--expect", "1")

    assert (done.code, done.out) == (6, "")
    assert "It goes on in the service" in done.err
