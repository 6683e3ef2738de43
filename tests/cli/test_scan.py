"""Scan finds, masks, says where, and sends nothing unless it is asked to."""

import json
import os
from pathlib import Path

import pytest
from tests.cli.conftest import Known, Run
from tests.cli.support import keyconsole

from keyconsole.credential import Kind, assemble, mint

KEY = mint(Kind.API_KEY)
TOKEN = mint(Kind.OPERATOR_TOKEN)


def test_what_is_found_is_masked_and_ends_with_one(tmp_path: Path, run: Run) -> None:
    (tmp_path / ".env").write_text(f"A=1\nAPI_KEY={KEY.text}\n")
    (tmp_path / "notes").write_text(f"{TOKEN.text} and {KEY.public_key}")
    done = run("scan", str(tmp_path))

    assert done.code == 1
    assert f"{tmp_path}/.env:2:9" in done.out
    assert f"kcs_{KEY.pid}_…" in done.out
    assert "operator token" in done.out
    for secret in (KEY.text, TOKEN.text):
        assert secret[21:] not in done.out + done.err


def test_nothing_found_is_done(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a").write_text(f"{KEY.public_key} {KEY.text[:-1]}")
    done = run("scan", str(tmp_path))
    assert (done.code, done.out) == (0, "")
    assert "No credential" in done.err


def test_json_says_it_for_programs(tmp_path: Path, run: Run) -> None:
    (tmp_path / "a").write_text(KEY.text)
    document = json.loads(run("scan", "--json", str(tmp_path / "a")).out)
    assert document == {
        "items": [
            {
                "path": str(tmp_path / "a"),
                "line": 1,
                "column": 1,
                "kind": "api_key",
                "public_key": KEY.public_key,
                "masked": f"kcs_{KEY.pid}_…",
            }
        ],
        "unread": [],
    }


def test_standard_input_is_scanned(tmp_path: Path) -> None:
    text = f"2026-11-24 error: {KEY.text} refused"
    done = keyconsole(tmp_path, "scan", "-", options={"stdin": None, "input": text})
    assert done.returncode == 1
    assert "-:1:19" in done.stdout
    assert KEY.text[21:] not in done.stdout + done.stderr


def test_what_cannot_be_read_is_said_and_is_not_clean(tmp_path: Path, run: Run) -> None:
    done = run("scan", str(tmp_path / "missing"))
    assert (done.code, done.out) == (1, "")
    assert "could not be read" in done.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_in_a_tree_does_not_hold_it_up(tmp_path: Path, run: Run) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert run("scan", str(tmp_path)).code == 0


def test_online_it_says_what_became_of_each(
    anywhere: str, known: Known, tmp_path: Path, run: Run
) -> None:
    forged = assemble(Kind.API_KEY, known.public_key[4:], bytes(32)).text
    (tmp_path / "log").write_text(f"{known.secret}\n{forged}\n{KEY.text}\n{TOKEN.text}\n")
    items = json.loads(run("scan", "--online", "--json", str(tmp_path / "log")).out)["items"]

    assert [item.get("verdict") for item in items] == ["live", "wrong_secret", "unknown", None]
