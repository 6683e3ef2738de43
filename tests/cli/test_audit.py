"""`keyconsole audit`: found, taken away, and proved to be whole, here and elsewhere."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Ended, Known, Run

from keyconsole.service import rootkeys
from keyconsole.service.audit_chain import hash_of
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.audit import EventRecord

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


@pytest.fixture
def data_dir(anywhere: str, home: Path, tmp_path: Path) -> Path:
    """Where the service of this test keeps its data."""
    return home / "service" if anywhere == "embedded" else tmp_path / "served"


def tamper(data_dir: Path, *statements: str) -> None:
    """Somebody who can write to the database and takes its guards away."""
    with closing(sqlite3.connect(data_dir / "keyconsole.db", isolation_level=None)) as raw:
        for guard in ("deleted", "changed", "replaced"):
            raw.execute(f"DROP TRIGGER IF EXISTS audit_events_never_{guard}")
        for statement in statements:
            raw.execute(statement)


def rewrite(data_dir: Path, change: Callable[[EventRecord], EventRecord]) -> None:
    """Somebody who has the root key as well: the whole chain is made anew, and it holds."""
    roots = rootkeys.load(ServiceSettings.from_environment(data_dir, environ={}))
    assert roots is not None
    tamper(data_dir)
    with closing(sqlite3.connect(data_dir / "keyconsole.db", isolation_level=None)) as raw:
        raw.row_factory = sqlite3.Row
        previous = ""
        for row in raw.execute("SELECT * FROM audit_events ORDER BY sequence").fetchall():
            event = change(EventRecord(**dict(row)))
            previous = hash_of(roots[event.root_id], event, previous)
            raw.execute(
                "UPDATE audit_events SET actor = ?, hash = ? WHERE sequence = ?",
                (event.actor, previous, event.sequence),
            )


def checkpoint(run: Run) -> str:
    """A checkpoint as the service writes them, of now."""
    proof = json.loads(run("audit", "verify", "--json").out)
    kept = {"count": proof["events"], "head": proof["head"], "at": "2026-11-25T08:00:00.000Z"}
    return json.dumps(kept | {"workspace_id": proof["workspace_id"]}) + "\n"


def test_a_log_that_nobody_touched_is_whole(anywhere: str, run: Run, tmp_path: Path) -> None:
    kept = tmp_path / "checkpoints.jsonl"
    kept.write_text(checkpoint(run))
    assert run("integrations", "create", "NetSuite").code == 0
    kept.write_text(kept.read_text() + checkpoint(run))

    done = run("audit", "verify", "--checkpoints", str(kept))

    assert (done.code, done.err) == (0, "")
    assert "is whole" in done.out
    assert "agrees with 2 checkpoints" in done.out
    assert done.out.count("\n") == 1
    assert run("audit", "verify", "--checkpoints", "-", stdin=kept.read_text()).out == done.out


def test_without_checkpoints_it_says_what_it_cannot_know(anywhere: str, run: Run) -> None:
    done = run("audit", "verify")

    assert (done.code, done.err) == (0, "")
    assert "only checkpoints kept elsewhere can show" in done.out


@pytest.mark.parametrize(
    ("statements", "first"),
    [
        (["UPDATE audit_events SET actor = 'somebody@else' WHERE sequence = 4"], 4),
        (["DELETE FROM audit_events WHERE sequence = 4"], 4),
        (
            [
                "UPDATE audit_events SET sequence = 99 WHERE sequence = 3",
                "UPDATE audit_events SET sequence = 3 WHERE sequence = 4",
                "UPDATE audit_events SET sequence = 4 WHERE sequence = 99",
            ],
            3,
        ),
    ],
    ids=["edited", "deleted", "reordered"],
)
def test_an_event_that_was_touched_is_named(
    statements: list[str], first: int, data_dir: Path, run: Run
) -> None:
    tamper(data_dir, *statements)

    done = run("audit", "verify")

    assert (done.code, done.err) == (1, "")
    assert f"was changed: event {first} does not follow" in done.out
    assert json.loads(run("audit", "verify", "--json").out)["first_broken"] == first


def test_a_tail_that_was_cut_off_shows_against_a_checkpoint(
    data_dir: Path, run: Run, tmp_path: Path
) -> None:
    kept = tmp_path / "checkpoints.jsonl"
    kept.write_text(checkpoint(run))
    cut = "DELETE FROM audit_events WHERE sequence = (SELECT max(sequence) FROM audit_events)"
    tamper(data_dir, cut)
    assert run("audit", "verify").code == 0

    done = run("audit", "verify", "--checkpoints", str(kept))

    assert (done.code, done.err) == (1, "")
    assert "was cut off" in done.out


def test_a_tail_that_was_cut_off_and_grew_again_still_shows(
    data_dir: Path, run: Run, tmp_path: Path
) -> None:
    kept = tmp_path / "checkpoints.jsonl"
    kept.write_text(checkpoint(run))
    cut = "DELETE FROM audit_events WHERE sequence = (SELECT max(sequence) FROM audit_events)"
    tamper(data_dir, cut)
    for name in ("One", "Two"):
        assert run("integrations", "create", name).code == 0
    kept.write_text(kept.read_text() + checkpoint(run))

    done = run("audit", "verify", "--checkpoints", str(kept))

    assert (done.code, done.err) == (1, "")
    assert "was written anew" in done.out


def test_a_log_written_anew_with_the_root_key_shows_against_a_checkpoint(
    data_dir: Path, run: Run, tmp_path: Path
) -> None:
    kept = tmp_path / "checkpoints.jsonl"
    kept.write_text(checkpoint(run))
    rewrite(data_dir, lambda event: replace(event, actor="somebody@else"))
    assert run("audit", "verify").code == 0

    done = run("audit", "verify", "--checkpoints", str(kept))
    document = json.loads(run("audit", "verify", "--json", "--checkpoints", str(kept)).out)

    assert (done.code, done.err) == (1, "")
    assert "was written anew" in done.out
    assert "It agrees with no checkpoint." in done.out
    assert document["whole"] is False
    assert document["rewritten"]["count"] == document["events"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no checkpoint of the workspace"),
        ("{}\n{}\n", "Line 1 is not a checkpoint"),
        ('{"workspace_id":"ws_0","count":1,"head":"a","at":"2026-11-25T08:00:00Z"}\n', "no check"),
        ('{"workspace_id":', "no checkpoint"),
    ],
)
def test_a_file_without_checkpoints_proves_nothing(
    content: str, words: str, unchanged: str, run: Run, tmp_path: Path
) -> None:
    kept = tmp_path / "checkpoints.jsonl"
    kept.write_text(content)

    done = run("audit", "verify", "--checkpoints", str(kept))

    assert (done.code, done.out) == (1, "")
    assert words in done.err
    assert done.err.count("\n") == 1


def test_a_line_that_was_being_written_is_left_out(
    unchanged: str, run: Run, tmp_path: Path
) -> None:
    kept = tmp_path / "checkpoints.jsonl"
    kept.write_text(checkpoint(run) + '{"count": 4')

    assert run("audit", "verify", "--checkpoints", str(kept)).code == 0


@pytest.mark.parametrize("binary", [True, False], ids=["binary", "missing"])
def test_a_file_that_cannot_be_read_is_told(
    binary: bool, unchanged: str, run: Run, tmp_path: Path
) -> None:
    kept = tmp_path / "checkpoints.jsonl"
    if binary:
        kept.write_bytes(b"\xff\xfe")

    done = run("audit", "verify", "--checkpoints", str(kept))

    assert (done.code, done.out) == (1, "")
    assert "cannot be read" in done.err


def test_the_workspace_can_be_named(unchanged: str, run: Run) -> None:
    named = json.loads(run("audit", "verify", "--json").out)["workspace_id"]

    assert run("audit", "verify", "--workspace", "local").code == 0
    assert run("audit", "verify", "--workspace", named).code == 0
    missing = run("audit", "verify", "--workspace", "Nobody")
    assert (missing.code, missing.out) == (4, "")


def lines(done: Ended) -> list[dict[str, Any]]:
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def test_the_list_is_found_by_who_and_what_and_when(anywhere: str, run: Run, known: Known) -> None:
    whole = lines(run("audit", "list", "--jsonl"))
    actor = whole[-1]["actor"]

    assert lines(run("audit", "list", "--jsonl", "--actor", actor)) == whole
    revoked = lines(run("audit", "list", "--jsonl", "--action", "key.revoked"))
    assert [event["target"] for event in revoked] == [known.revoked_key]
    of_key = lines(run("audit", "list", "--jsonl", "--target", known.revoked_key))
    assert of_key == lines(run("audit", "list", "--jsonl", "--key", known.revoked_key))
    assert {event["target"] for event in of_key} == {known.revoked_key}
    assert lines(run("audit", "list", "--jsonl", "--since", "1h")) == whole
    assert lines(run("audit", "list", "--jsonl", "--until", "2026-01-01")) == []
    assert "No event matches." in run("audit", "list", "--actor", "nobody").err
    both = run("audit", "list", "--key", known.revoked_key, "--target", "x")
    assert both.code == 2


def test_a_query_finds_as_the_console_does(remote: str, run: Run, known: Known) -> None:
    revoked = lines(run("audit", "list", "--jsonl", "--action", "key.revoked"))
    actor = revoked[0]["actor"].partition("@")[0]
    asked = (f"by:{actor}", "what:revoked", "since:7d")
    assert lines(run("audit", "list", "--jsonl", *asked)) == revoked
    assert lines(run("audit", "export", "-", *asked)) == revoked
    assert lines(run("audit", "list", "--jsonl", known.revoked_key)) == lines(
        run("audit", "list", "--jsonl", "--target", known.revoked_key)
    )
    assert "No event matches." in run("audit", "list", "by:nobody").err


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (["waht:revoked"], "waht is no filter. Did you mean what:?"),
        (["what:eaten"], "what: has no eaten. Did you mean created?"),
        (["by:"], "by: has nothing after it."),
        (["since:tomorrow"], "since: takes 12h, 7d or 3mo, a date or a time"),
        (["until:9999-12-31T23:59-14:00"], "until: takes 12h, 7d or 3mo"),
        (["--since", "tomorrow"], "--since takes 12h, 7d or 3mo"),
        (["by:ops", "--action", "key.revoked"], "exclude each other: write it there"),
    ],
)
def test_a_query_that_cannot_be_understood_is_refused(
    asked: list[str], sentence: str, unchanged: str, run: Run
) -> None:
    done = run("audit", "list", *asked)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err


def test_an_export_holds_what_the_list_shows(anywhere: str, run: Run, tmp_path: Path) -> None:
    whole = lines(run("audit", "list", "--jsonl"))
    path = tmp_path / "log.jsonl"

    done = run("audit", "export", str(path))

    assert (done.code, done.out) == (0, "")
    assert done.err == f"{len(whole)} events in {path}\n"
    assert [json.loads(line) for line in path.read_text().splitlines()] == whole
    assert path.stat().st_mode & 0o777 == 0o600
    assert lines(run("audit", "export", "-")) == whole

    again = run("audit", "export", str(path), "--action", "key.revoked")
    assert (again.code, again.out) == (1, "")
    assert run("audit", "export", str(path), "--force", "--action", "key.revoked").code == 0
    assert len(path.read_text().splitlines()) == 1


def test_an_export_for_a_spreadsheet_computes_nothing(
    remote: str, run: Run, known: Known, tmp_path: Path
) -> None:
    assert run("integrations", "create", "=1+1").code == 0
    path = tmp_path / "log.csv"

    assert run("audit", "export", str(path)).code == 0

    rows = list(csv.DictReader(io.StringIO(path.read_text(), newline="")))
    assert rows[0]["target_name"] == "'=1+1"
    assert rows[0]["action"] == "integration.created"
    assert rows[0]["at"].endswith("Z")
    assert json.loads(rows[0]["detail"])["name"] == "=1+1"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    to_stdout = run("audit", "export", "-", "--format", "csv")
    assert to_stdout.out == path.read_text()


def test_an_export_that_fails_half_way_leaves_no_file(
    unreachable: str, run: Run, tmp_path: Path
) -> None:
    done = run("audit", "export", str(tmp_path / "log.csv"))

    assert done.code == 6
    assert [path.name for path in tmp_path.iterdir() if "log" in path.name] == []


def test_a_name_that_says_no_format_is_a_question(unchanged: str, run: Run, tmp_path: Path) -> None:
    done = run("audit", "export", str(tmp_path / "log"))

    assert (done.code, done.out) == (2, "")
    assert "--format" in done.err
