"""Many keys die exactly as they were shown."""

import base64
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.cli.conftest import Known, Run

from keyconsole.core.credential import Kind, assemble, mint

Answering = Callable[[Sequence[str]], list[str]]


def status(run: Run, public_key: str) -> str:
    return str(json.loads(run("keys", "show", public_key, "--json").out)["status"])


def test_a_dry_run_shows_and_changes_nothing(unchanged: str, known: Known, run: Run) -> None:
    done = run("keys", "revoke-many", "--label", "api-*", "--dry-run", "--json")

    shown = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert known.public_key in {each["public_key"] for each in shown["keys"]}


def test_what_was_expected_dies_with_a_line_each(anywhere: str, known: Known, run: Run) -> None:
    shown = json.loads(run("keys", "revoke-many", "--label", "api-*", "--dry-run", "--json").out)
    done = run(
        *("keys", "revoke-many", "--label", "api-*", "--yes", "--expect", str(shown["count"])),
        *("--reason", "leaked", "--incident", "INC-7", "--json"),
    )

    receipt = json.loads(done.out)
    assert done.code == 0, done.err
    assert receipt["revoked"] == shown["count"]
    assert (receipt["reason"], receipt["incident"]) == ("key_compromise", "INC-7")
    assert {each["outcome"] for each in receipt["keys"]} == {"revoked"}
    assert status(run, known.public_key) == "revoked"
    bulk = receipt["id"]
    assert run("audit", "list").out.count(bulk) == 1
    each = run("audit", "list", f"bulk:{bulk}", "--jsonl").out.splitlines()
    assert len(each) == run("audit", "list", "--each").out.count(bulk) == shown["count"]


def test_another_number_revokes_nothing(unchanged: str, run: Run) -> None:
    done = run("keys", "revoke-many", "--label", "api-*", "--yes", "--expect", "99")

    assert (done.code, done.out) == (5, "")
    assert "nothing was revoked" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--label", "api-*"),
        ("--label", "api-*", "--yes"),
        ("--yes", "--expect", "1"),
        ("--from", "/nowhere", "--yes", "--expect", "1"),
        ("--created-after", "soon", "--dry-run"),
        ("label:api-*", "--label", "api-*", "--dry-run"),
        ("stauts:active", "--dry-run"),
        ("label:api-*", "--from", "-", "--dry-run"),
        ("integration:x", "--integration", "int_0000000000000000", "--dry-run"),
        ('""', "--dry-run"),
    ],
)
def test_what_is_not_said_clearly_is_refused(
    unchanged: str, run: Run, arguments: tuple[str, ...]
) -> None:
    done = run("keys", "revoke-many", *arguments)
    assert (done.code, done.out) == (2, "")


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        (("label:api-*", "env:prod"), 1),
        (("env:prod", "--label", "api-*", "--created-after", "2020-01-31"), 1),
        (("label:api-*", "env:sandbox"), 0),
        (("api", "unused:2w"), 0),
        (("label:api-*", "--created-before", "2020-01-31"), 0),
        (("status:revoked",), 0),
        (("from:10.",), 0),
    ],
)
def test_a_query_says_which_and_options_add_to_it(
    unchanged: str, run: Run, asked: tuple[str, ...], count: int
) -> None:
    done = run("keys", "revoke-many", *asked, "--dry-run", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["count"] == count


def test_the_keys_of_a_text_die_but_not_what_was_forged(
    remote: str, known: Known, run: Run, tmp_path: Path
) -> None:
    forged = assemble(Kind.API_KEY, known.public_key[4:], bytes(32)).text
    (tmp_path / "forged").write_text(forged)
    shown = json.loads(
        run("keys", "revoke-many", "--from", str(tmp_path / "forged"), "--dry-run", "--json").out
    )
    assert (shown["count"], shown["mismatched"]) == (0, [known.public_key])

    (tmp_path / "leak").write_text(f"found: {known.secret}")
    done = run("keys", "revoke-many", "--from", str(tmp_path / "leak"), "--yes", "--expect", "1")
    assert done.code == 0, done.err
    assert known.secret[21:] not in done.out + done.err
    assert status(run, known.public_key) == "revoked"


def test_what_is_left_out_is_said_before_their_number_is_typed(
    unchanged: str, known: Known, run: Run, answering: Answering, tmp_path: Path
) -> None:
    leak = tmp_path / "leak"
    leak.write_text(f"{known.secret} {mint(Kind.API_KEY).text} {mint(Kind.OPERATOR_TOKEN).text}")
    answering([""])

    done = run("keys", "revoke-many", "--from", str(leak))

    assert done.code == 1
    assert "Left out, not ours: kcp_" in done.err
    assert "Operator tokens in it: 1" in done.err


@pytest.mark.parametrize(("typed", "code"), [("2", 0), ("1", 1), ("", 1)])
def test_a_person_types_their_number(
    remote: str, known: Known, run: Run, answering: Answering, typed: str, code: int
) -> None:
    run("keys", "create", known.integration, "--label", "api-gateway-test")
    asked = answering([typed, "yes"])
    done = run("keys", "revoke-many", "--label", "api-gateway-*")

    assert done.code == code, done.err
    assert "how many keys" in asked[0]
    assert status(run, known.public_key) == ("revoked" if code == 0 else "active")


@pytest.mark.parametrize(("typed", "code"), [("api-gateway-prod", 0), ("1", 1)])
def test_a_person_types_the_label_of_the_only_one(
    remote: str, known: Known, run: Run, answering: Answering, typed: str, code: int
) -> None:
    asked = answering([typed, "yes"])
    done = run("keys", "revoke-many", "--label", "api-gateway-prod")

    assert done.code == code, done.err
    assert f"Type its label, or {known.public_key[-4:]}," in asked[0]
    assert known.public_key in done.err
    assert status(run, known.public_key) == ("revoked" if code == 0 else "active")


@pytest.mark.parametrize("arguments", [(), ("--yes", "--expect", "1")], ids=["asked", "yes"])
def test_every_key_of_an_integration_is_asked_about_once_more(
    remote: str, known: Known, run: Run, answering: Answering, arguments: tuple[str, ...]
) -> None:
    answering([known.public_key[-4:], "no"] if not arguments else ["no"])
    done = run("keys", "revoke-many", "--label", "api-*", *arguments)

    assert (done.code, done.out) == (1, "")
    assert "Salesforce Production would have no active key left" in done.err
    assert status(run, known.public_key) == "active"


def test_a_script_is_told_what_it_locks_out(remote: str, known: Known, run: Run) -> None:
    shown = run("keys", "revoke-many", "--label", "api-*", "--dry-run")
    done = run("keys", "revoke-many", "--label", "api-*", "--yes", "--expect", "1")

    assert done.code == 0
    for told in (shown.err, done.err):
        assert "Salesforce Production would have no active key left" in told


def test_a_key_that_a_text_only_mentions_is_not_selected(
    unchanged: str, known: Known, run: Run, tmp_path: Path
) -> None:
    leak, names = tmp_path / "leak", tmp_path / "names"
    leak.write_text(f"{known.secret} and {known.revoked_key}")
    names.write_text(f"they rotated {known.public_key}")
    common = ("keys", "revoke-many", "--dry-run", "--from")

    done = run(*common, str(leak), "--json")
    shown = json.loads(done.out)
    assert (shown["proven"], shown["named"]) == ([known.public_key], [known.revoked_key])
    assert (shown["count"], shown["already"]) == (1, [])
    assert f"Name only, not selected: {known.revoked_key}" in done.err
    assert "value proven" in run(*common, str(leak)).out

    alone = run(*common, str(names))
    assert (alone.code, alone.out) == (4, "")
    assert f"only names: {known.public_key}" in alone.err
    assert "name only" in run(*common, str(names), "--include-names").out
    assert run("keys", "revoke-many", "--dry-run", "--include-names").code == 2


def test_a_leak_in_utf_16_or_base64_is_selected(
    unchanged: str, known: Known, run: Run, tmp_path: Path
) -> None:
    encoded = base64.b64encode(known.secret.encode())
    for content in (known.secret.encode("utf-16"), b"data:\n  key: " + encoded):
        (tmp_path / "leak").write_bytes(content)
        arguments = ("--from", str(tmp_path / "leak"), "--dry-run", "--json")
        shown = json.loads(run("keys", "revoke-many", *arguments).out)
        assert shown["proven"] == [known.public_key]
