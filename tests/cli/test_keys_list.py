"""`keys list QUERY` and `keys audit`: the console's language and its queue, for programs."""

import asyncio
import csv
import json
import shlex
from pathlib import Path

import pytest
from tests.cli.conftest import SALESFORCE, Known, Run

from keyconsole.cli import resolve
from keyconsole.wire import Integration


def test_a_query_finds_as_the_console_does(remote: str, known: Known, run: Run) -> None:
    done = run("keys", "list", "status:active", "gateway", "--json")
    assert done.code == 0
    found = json.loads(done.out)["items"]
    assert [key["public_key"] for key in found] == [known.public_key]


def test_a_bad_term_is_pointed_at_and_nothing_is_asked(remote: str, run: Run) -> None:
    done = run("keys", "list", "gateway", "stauts:active")
    assert done.code == 2
    assert "stauts: is no filter. Did you mean status:?" in done.err
    assert "  gateway stauts:active\n          ^^^^^^^\n" in done.err
    assert done.out == ""


def test_an_environment_that_is_nearly_one_is_doubted(remote: str, known: Known, run: Run) -> None:
    done = run("keys", "list", "env:prdo")
    assert (done.code, done.out) == (0, "")
    assert done.err == "No key matches. Did you mean env:prod?\n"


@pytest.mark.parametrize("words", [(SALESFORCE,), ("--search", "salesforce production")], ids=str)
def test_the_name_of_an_integration_is_told_with_how_to_list_its_keys(
    words: tuple[str, ...], remote: str, run: Run
) -> None:
    done = run("keys", "list", *words)

    sentence, command = done.err.rstrip().rsplit(": ", 1)
    assert sentence == f"No key matches. {SALESFORCE} is an integration"
    assert "api-gateway-prod" in run(*shlex.split(command)[1:]).out


@pytest.mark.parametrize("words", [("gateway",), ("--integration", SALESFORCE, "status:expired")])
def test_integrations_are_asked_for_only_where_that_can_help(
    words: tuple[str, ...], remote: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def spy(_: object, name: str) -> list[Integration]:
        asked.append(name)
        return []

    monkeypatch.setattr(resolve, "integrations_named", spy)
    if words[0] == "--integration":
        monkeypatch.setattr(resolve, "integration_id", lambda *_: asyncio.sleep(0, "int_x"))
    run("keys", "list", *words)

    assert asked == []


def test_what_a_query_and_an_option_say_twice_is_refused(remote: str, run: Run) -> None:
    for asked in (
        ("keys", "list", "status:active", "--status", "revoked"),
        ("keys", "audit", "integration:x", "--integration", "int_0000000000000000"),
    ):
        done = run(*asked)
        assert (done.code, done.out) == (2, "")
        assert "is there twice" in done.err


def test_the_label_audit_is_of_the_keys_of_a_query(remote: str, known: Known, run: Run) -> None:
    for label in ("test", "foo"):
        assert run("keys", "create", known.integration, "--label", label).code == 0
    for query, labels in (("label:test", ["test"]), ("label:t*t age:<1h", ["test"]), ("no", [])):
        rows = json.loads(run("keys", "audit", query, "--json").out)["items"]
        assert [row["key"]["label"] for row in rows] == labels


def test_the_label_audit_is_a_table_or_json(remote: str, known: Known, run: Run) -> None:
    done = run("keys", "audit", "--json")
    assert done.code == 0
    rows = json.loads(done.out)["items"]
    assert all(row["findings"] for row in rows)
    assert known.revoked_key not in done.out


def test_the_label_audit_goes_into_a_whole_new_file(
    remote: str, known: Known, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "labels.csv"
    done = run("keys", "audit", "--output", str(path))
    assert done.code == 0
    rows = list(csv.reader(path.read_text().splitlines()))
    assert rows[0][:3] == ["label", "public_key", "integration"]
    assert path.stat().st_mode & 0o777 == 0o600
    again = run("keys", "audit", "--output", str(path))
    assert again.code == 1
    assert "is there already; nothing was written" in again.err


def test_an_export_that_breaks_off_leaves_no_half_file(
    remote: str, known: Known, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "labels.csv"
    done = run("keys", "audit", "--cursor", "nonsense", "--output", str(path))
    assert done.code != 0
    assert list(tmp_path.glob("*labels*")) == []


def test_the_label_audit_is_of_one_kind_or_of_every(remote: str, run: Run) -> None:
    done = run("keys", "audit", "--finding", "duplicate", "--finding", "generic")
    assert done.code == 2
    assert "One --finding at a time" in done.err


def test_the_label_audit_is_counted_by_kind(remote: str, known: Known, run: Run) -> None:
    assert run("keys", "create", known.integration, "--label", "test").code == 0
    found = json.loads(run("keys", "audit", "--count", "--json", "label:test").out)
    assert (found["keys"], found["by_finding"]["generic"], found["is_complete"]) == (1, 1, True)
    table = run("keys", "audit", "--count", "label:test").out.splitlines()
    assert [line.split() for line in table] == [["FINDING", "KEYS"], ["generic", "1"], ["any", "1"]]
    assert run("keys", "audit", "--count", "--finding", "generic").code == 2


def test_a_report_counts_keys_in_every_form(remote: str, known: Known, run: Run) -> None:
    command = ("report", "keys", "--by", "integration", "--by", "age", "status:active")
    table = run(*command)
    assert (table.code, table.err) == (0, "")
    assert table.out.splitlines()[0].split() == ["INTEGRATION", "AGE", "KEYS"]

    found = json.loads(run(*command, "--format", "json").out)
    [here] = [each for each in found["groups"] if each["group"]["integration"] == SALESFORCE]
    rows = list(csv.reader(run(*command, "--format", "csv").out.splitlines()))
    assert rows[0] == ["integration", "age", "keys"]
    assert [*here["group"].values(), str(here["keys"])] in rows


def test_a_report_over_nothing_says_so(remote: str, run: Run) -> None:
    done = run("report", "keys", "label:nothing-like-it")
    assert (done.code, done.out, done.err) == (0, "", "No key matches.\n")
