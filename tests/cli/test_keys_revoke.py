"""A revoke is meant, proved, and may be repeated."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.cli.conftest import SALESFORCE, Known, Run

from keyconsole.cli.keys.reason_option import Reason
from keyconsole.client import KeyServiceClient
from keyconsole.core.credential import Kind, assemble
from keyconsole.core.errors import ServiceUnreachableError
from keyconsole.text.reasons import UNSAID, WORDS, described

Answering = Callable[[Sequence[str]], list[str]]


def test_the_receipt_says_when_why_and_that_it_is_refused(
    anywhere: str, known: Known, run: Run
) -> None:
    done = run(
        *("keys", "revoke", known.public_key, "--yes", "--reason", "key_compromise"),
        *("--incident", "INC-4211", "--note", "in a log", "--json"),
    )

    receipt = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert receipt["public_key"] == known.public_key
    assert (receipt["reason"], receipt["incident"]) == ("key_compromise", "INC-4211")
    assert receipt["label"] == "api-gateway-prod"
    assert receipt["integration_name"] == SALESFORCE
    assert receipt["verification"]["would_authenticate"] is False
    assert receipt["verification"]["measured_ms"] >= 0
    assert receipt["already"] is False


def test_revoking_again_is_the_same_receipt_and_done(remote: str, known: Known, run: Run) -> None:
    first = json.loads(run("keys", "revoke", known.public_key, "--yes", "--json").out)
    again = run("keys", "revoke", known.public_key, "--yes", "--json")

    receipt = json.loads(again.out)
    assert again.code == 0
    assert receipt["already"] is True
    assert receipt["request_id"] == first["request_id"]
    assert "same receipt" in run("keys", "revoke", known.public_key, "--yes").out


def test_without_a_terminal_it_needs_yes(unchanged: str, known: Known, run: Run) -> None:
    done = run("keys", "revoke", known.public_key)

    assert (done.code, done.out) == (2, "")
    assert "--yes" in done.err


@pytest.mark.parametrize("command", ["revoke", "rotation"])
def test_without_a_terminal_all_that_is_missing_is_said_at_once(
    command: str, unchanged: str, run: Run
) -> None:
    flags = ["--finish"] if command == "rotation" else []
    done = run("keys", command, "api-gateway-prod", *flags)

    assert (done.code, done.out) == (2, "")
    assert "--yes" in done.err
    assert "kcp_…" in done.err


def test_without_a_terminal_a_label_is_not_enough(unchanged: str, run: Run) -> None:
    done = run("keys", "revoke", "api-gateway-prod", "--yes")

    assert (done.code, done.out) == (2, "")
    assert "by its public key" in done.err


def test_a_leaked_secret_names_its_key(remote: str, known: Known, run: Run) -> None:
    done = run("keys", "revoke", known.secret, "--yes", "--json")

    assert json.loads(done.out)["public_key"] == known.public_key
    assert known.secret[21:] not in done.out + done.err


@pytest.mark.parametrize("command", ["revoke", "disable"])
@pytest.mark.parametrize("is_cut", [False, True], ids=["forged", "cut"])
def test_a_value_that_is_not_the_keys_own_changes_nothing(
    command: str, unchanged: str, known: Known, run: Run, *, is_cut: bool
) -> None:
    value = assemble(Kind.API_KEY, known.public_key[4:], bytes(32)).text
    if is_cut:
        value = known.secret[:-1] + ("1" if known.secret[-1] == "0" else "0")
    done = run("keys", command, value, *(["--yes"] if command == "revoke" else []))

    assert (done.code, done.out) == (1, "")
    assert f"This value is not that of {known.public_key}" in done.err
    assert value[21:] not in done.err
    assert json.loads(run("keys", "show", known.public_key, "--json").out)["status"] == "active"


def test_a_person_is_told_of_the_successor(
    remote: str, known: Known, run: Run, answering: Answering
) -> None:
    run("keys", "rotate", known.public_key)
    answering([""])

    done = run("keys", "revoke", known.public_key)

    assert done.code == 1
    assert "Its successor kcp_" in done.err
    assert "was not used by anybody yet." in done.err


@pytest.mark.parametrize("typed", ["api-gateway-prod", "LAST4"])
def test_a_person_types_the_label_or_the_last_four(
    typed: str, remote: str, known: Known, run: Run, answering: Answering
) -> None:
    asked = answering([typed.replace("LAST4", known.public_key[-4:]), "yes", "superseded"])

    done = run("keys", "revoke", "api-gateway-prod", "--json")

    assert done.code == 0, done.err
    assert "Type its label" in asked[0]
    assert "NEVER USED: no request has come with it" in done.err
    assert json.loads(done.out)["reason"] == "superseded"


@pytest.mark.parametrize("typed", ["", "y", "yes", "api-gateway", "API-GATEWAY-PROD"])
def test_anything_else_revokes_nothing(
    typed: str, unchanged: str, known: Known, run: Run, answering: Answering
) -> None:
    answering([typed])

    done = run("keys", "revoke", known.public_key)

    assert (done.code, done.out) == (1, "")
    assert "nothing was revoked" in done.err
    assert json.loads(run("keys", "show", known.public_key, "--json").out)["status"] == "active"


def test_with_yes_a_person_is_not_asked_unless_it_is_dangerous(
    served: str, known: Known, home: Path, run: Run, answering: Answering
) -> None:
    run("login", served, "--profile", "prod", "--danger", stdin=known.admin)
    asked = answering(["no", known.public_key[-4:], "yes"])

    refused = run("keys", "revoke", known.public_key, "--yes", "--reason", "superseded")
    done = run("keys", "revoke", known.public_key, "--yes", "--reason", "superseded")

    assert (refused.code, done.code) == (1, 0)
    assert len(asked) == 3


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("y", 1), ("", 1), ("LAST4", 1)])
def test_the_last_active_key_of_an_integration_is_asked_about_once_more(
    answer: str, code: int, remote: str, known: Known, run: Run, answering: Answering
) -> None:
    asked = answering([answer.replace("LAST4", known.public_key[-4:])])

    done = run("keys", "revoke", known.public_key, "--yes", "--reason", "superseded")

    assert (done.code, len(asked)) == (code, 1)
    assert f"It is the last active key of {SALESFORCE}: nothing gets in there any more." in done.err
    after = json.loads(run("keys", "show", known.public_key, "--json").out)["status"]
    assert after == ("active" if code else "revoked")


def test_one_of_two_is_not(remote: str, known: Known, run: Run, answering: Answering) -> None:
    run("keys", "create", known.integration, "--label", "another-prod")
    asked = answering([])

    assert run("keys", "revoke", known.public_key, "--yes", "--reason", "superseded").code == 0
    assert asked == []


def test_what_breaks_is_said_to_the_second_and_where_from(
    remote: str, known: Known, run: Run, answering: Answering
) -> None:
    for agent in ("curl/8.4", "curl/8.4", "python-httpx/0.28"):
        headers = {"Authorization": f"Bearer {known.secret}", "User-Agent": agent}
        assert httpx.get(f"{remote}/v1/forward-auth", headers=headers).status_code == 200
    answering(["no"])

    done = run("keys", "revoke", known.public_key)

    told = "at least 3 requests in the last minute, 3 in the last hour, 3 in the last day"
    assert re.search(rf"IN USE NOW: last \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d.*; {told}", done.err)
    assert re.search(r"127\.0\.0\.1  curl/8\.4  FIRST SEEN .*, last .*, 2 requests", done.err)


def test_a_revoke_without_an_answer_is_sent_again(
    remote: str, known: Known, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoke_key, lost = KeyServiceClient.revoke_key, [1, 2]

    async def lose(self: Any, *args: Any) -> Any:
        receipt = await revoke_key(self, *args)
        if lost:
            lost.pop()
            raise ServiceUnreachableError("The answer was lost.")
        return receipt

    monkeypatch.setattr(KeyServiceClient, "revoke_key", lose)

    done = run("keys", "revoke", known.public_key, "--yes", "--json")

    assert done.code == 0
    assert json.loads(done.out)["already"] is True


def test_a_revoke_that_is_never_answered_is_not_called_a_failure(
    unreachable: str, known: Known, run: Run
) -> None:
    done = run("keys", "revoke", known.public_key, "--yes")

    assert (done.code, done.out) == (6, "")
    assert f"Whether {known.public_key} is revoked is not known" in done.err


def test_missing_usage_never_stops_a_revoke(
    remote: str, known: Known, run: Run, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any) -> Any:
        raise ServiceUnreachableError("No answer.")

    monkeypatch.setattr(KeyServiceClient, "usage", nothing)
    monkeypatch.setattr(KeyServiceClient, "identify", nothing)
    answering(["api-gateway-prod"])

    done = run("keys", "revoke", known.public_key, "--reason", "superseded")

    assert done.code == 0
    assert "How it is used is not known" in done.err
    assert "whether it is refused could not be asked" in done.err
    assert "api-gateway-prod" in done.out
    assert SALESFORCE in done.out


@pytest.mark.parametrize(("name", "words"), WORDS.items())
def test_a_reason_is_said_in_the_words_of_the_console(name: str, words: str) -> None:
    for said in (words, words.replace(" ", "-"), words.replace(" ", "_"), name, words.upper()):
        assert Reason().convert(said, None, None) == name
    assert described(name) == (words if name == UNSAID else f"{words} ({name})")


def test_a_leaked_key_is_revoked_as_leaked(remote: str, known: Known, run: Run) -> None:
    done = run("keys", "revoke", known.public_key, "--yes", "--reason", "leaked")

    assert done.code == 0
    assert "leaked (key_compromise)" in done.out
    assert "leaked (key_compromise)" in run("keys", "show", known.public_key).out


def test_no_reason_that_there_is_names_those_there_are(unchanged: str, run: Run) -> None:
    done = run("keys", "revoke", "x", "--yes", "--reason", "because")

    assert (done.code, done.out) == (2, "")
    assert "not-said, leaked, replaced, owner-left, not-needed, withdrawn" in done.err


def test_the_interval_is_that_between_the_two_moments_of_the_receipt(
    remote: str, known: Known, run: Run
) -> None:
    receipt = json.loads(run("keys", "revoke", known.public_key, "--yes", "--json").out)

    revoked_at = datetime.fromisoformat(receipt["revoked_at"])
    passed = datetime.fromisoformat(receipt["verification"]["checked_at"]) - revoked_at
    assert receipt["verification"]["measured_ms"] == passed // timedelta(milliseconds=1)


def test_a_key_that_is_still_let_in_has_no_interval_and_is_a_failure(
    remote: str, known: Known, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    identify = KeyServiceClient.identify

    async def let_in(*args: Any) -> Any:
        return (await identify(*args)).model_copy(update={"would_authenticate": True})

    monkeypatch.setattr(KeyServiceClient, "identify", let_in)

    done = run("keys", "revoke", known.public_key, "--yes", "--json")

    assert done.code == 1
    assert json.loads(done.out)["verification"]["measured_ms"] is None
