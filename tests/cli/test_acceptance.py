"""`service accept-clock` and `accept-history`: a person decides, by a flag or a typed name."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.conftest import Run


def database(home: Path) -> Path:
    return home / "service" / "keyconsole.db"


def test_a_clock_is_accepted_with_yes(embedded: None, run: Run, home: Path) -> None:
    refused = run("service", "accept-clock")
    assert (refused.code, refused.out) == (2, "")
    assert "--yes" in refused.err
    done = run("service", "accept-clock", "--yes", "--json")
    assert done.code == 0
    assert json.loads(done.out)["heartbeat"] is not None
    assert "cannot be undone" in done.err
    assert run("service", "accept-clock", "--yes").out.startswith("Accepted")
    listed = run("audit", "list", "--json").out
    assert listed.count("clock.accepted") == 2


def test_what_waits_for_the_clock_is_told_by_commands(embedded: None, run: Run, home: Path) -> None:
    with closing(sqlite3.connect(database(home))) as raw, raw:
        raw.execute("UPDATE clock_state SET heartbeat_at = 1000")
        raw.execute("UPDATE api_keys SET expires_at = 2000 WHERE revoked_at IS NULL")
    assert "service accept-clock" in run("keys", "list").err
    assert run("service", "accept-clock", "--yes").code == 0
    assert "accept-clock" not in run("keys", "list").err


def test_a_history_is_accepted_by_the_name_of_its_workspace(
    embedded: None, run: Run, home: Path
) -> None:
    line = '{"workspace_id": "ws_lost", "count": 5, "head": "00", "at": "2020-01-01T00:00:00.000Z"}'
    (home / "service" / "audit-checkpoints.jsonl").write_text(f"{line}\n")
    refused = run("keys", "list")
    assert refused.code != 0
    assert "accept-history --checkpoint 5" in refused.err
    wrong = run("service", "accept-history", "--checkpoint", "5", stdin="another\n")
    assert (wrong.code, wrong.out) == (1, "")
    done = run("service", "accept-history", "--checkpoint", "5", "--json", stdin="ws_lost\n")
    assert json.loads(done.out)["checkpoint"] == 5
    assert run("keys", "list").code == 0
    again = run("service", "accept-history", "--checkpoint", "6", stdin="local\n")
    assert "up to event 6" in again.out
