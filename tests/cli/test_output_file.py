"""Lists in files: whole, private, and never over another one."""

import csv
import json
from pathlib import Path

import httpx
import pytest
from tests.cli.conftest import Known, Run


@pytest.fixture
def refused(remote: str, known: Known, run: Run) -> str:
    """A dead key that somebody presents, with an agent that a spreadsheet would run."""
    assert run("keys", "revoke", known.public_key, "--yes").code == 0
    headers = {"Authorization": f"Bearer {known.secret}", "User-Agent": "=cmd()"}
    assert httpx.get(f"{remote}/v1/forward-auth", headers=headers).status_code == 401
    return known.public_key


def test_refusals_go_into_a_file(refused: str, run: Run, tmp_path: Path) -> None:
    table, lines = tmp_path / "refused.csv", tmp_path / "refused.jsonl"

    done = run("keys", "refusals", "--output", str(table))
    assert (done.code, done.out) == (0, "")
    assert done.err == f"1 line in {table}\n"
    assert run("keys", "refusals", "--output", str(lines)).code == 0

    head, row = csv.reader(table.read_text().splitlines())
    told = dict(zip(head, row, strict=True))
    assert (told["public_key"], told["reason"], told["count"]) == (refused, "key-revoked", "1")
    assert told["agent"] == "'=cmd()"
    assert json.loads(lines.read_text())["agent"] == "=cmd()"
    assert table.stat().st_mode & 0o077 == 0


def test_no_file_is_written_over_and_its_name_says_what_is_in_it(
    unchanged: str, run: Run, tmp_path: Path
) -> None:
    there = tmp_path / "there.csv"
    there.write_text("mine")

    assert run("keys", "refusals", "--output", str(there)).code == 1
    assert there.read_text() == "mine"
    assert run("keys", "refusals", "--output", str(tmp_path / "refused.txt")).code == 2
    assert run("keys", "refusals", "--output", str(there), "--follow").code == 2
    assert run("keys", "refusals", "--force").code == 2


@pytest.mark.parametrize(
    "command",
    [
        ("keys", "audit", "--output", "{}"),
        ("keys", "refusals", "--output", "{}"),
        ("audit", "export", "{}"),
    ],
    ids=lambda command: " ".join(command),
)
@pytest.mark.parametrize("name", ["there.csv", "there.JSONL"])
def test_every_export_replaces_a_file_only_when_told_to(
    command: tuple[str, ...], name: str, unchanged: str, run: Run, tmp_path: Path
) -> None:
    there = tmp_path / name
    there.write_text("mine")
    asked = [word.format(there) for word in command]

    refused = run(*asked)
    assert (refused.code, refused.out) == (1, "")
    assert f"{there} is there already; nothing was written. --force replaces" in refused.err
    assert there.read_text() == "mine"

    assert run(*asked, "--force").code == 0
    assert there.read_text() != "mine"
    assert there.stat().st_mode & 0o077 == 0
    assert list(tmp_path.glob("*there*")) == [there]
