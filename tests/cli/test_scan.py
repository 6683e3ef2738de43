"""Scan finds, masks, says where, and sends nothing unless it is asked to."""

import base64
import gzip
import json
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Known, Run
from tests.cli.support import keyconsole

from keyconsole.cli import leaks
from keyconsole.cli.searching import Search
from keyconsole.core.credential import Kind, assemble, mint

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


def test_standard_input_that_is_closed_is_not_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    search = Search()
    search.paths(["-"])
    assert [each.path for each in search.unread] == ["-"]


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


def unread(run: Run, *arguments: str) -> dict[str, str]:
    """What a scan could not read, with the reasons."""
    done = run("scan", "--json", *arguments)
    document = json.loads(done.out)
    assert done.code == 1
    assert "No credential" not in done.err
    assert all(f"{path} could not be read: {why}" in done.err
               for path, why in document["reasons"].items())  # fmt: skip
    reasons: dict[str, str] = document["reasons"]
    assert document["unread"] == list(reasons)
    return reasons


def test_links_that_lead_nowhere_and_loops_are_listed(tmp_path: Path, run: Run) -> None:
    (tmp_path / "tree").mkdir()
    dangling, loop = tmp_path / "tree" / "dangling", tmp_path / "tree" / "loop"
    dangling.symlink_to("nowhere")
    loop.symlink_to("loop")
    (tmp_path / "tree" / "fine").symlink_to(tmp_path / "tree")
    expected = {
        str(dangling): "it is a link that leads nowhere",
        str(loop): "too many levels of symbolic links",
    }
    assert unread(run, str(tmp_path / "tree")) == expected
    for path in (dangling, loop):
        assert unread(run, str(path)) == {str(path): expected[str(path)]}


def test_directories_and_files_that_fail_are_listed(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By calls that fail, since root may read everything."""
    closed, torn = tmp_path / "closed", tmp_path / "torn"
    closed.mkdir()
    torn.write_text(f"{KEY.text}\n")
    (tmp_path / "whole").write_text(TOKEN.text)
    scandir, find_in = os.scandir, leaks.find_in

    def refusing(path: Any) -> Any:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    def failing(stream: Any, path: str) -> Iterator[leaks.Leak]:
        yield from find_in(stream, path)
        if path == str(torn):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "scandir", refusing)
    monkeypatch.setattr(leaks, "find_in", failing)
    assert unread(run, str(tmp_path)) == {
        str(torn): "input/output error",
        str(closed): "permission denied",
    }
    assert unread(run, str(closed)) == {str(closed): "permission denied"}
    found = json.loads(run("scan", "--json", str(tmp_path)).out)["items"]
    assert [item["path"] for item in found] == [str(torn), str(tmp_path / "whole")]


def test_archives_are_not_looked_into_and_that_is_said(tmp_path: Path, run: Run) -> None:
    (tmp_path / "log.gz").write_bytes(gzip.compress(KEY.text.encode()))
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("env", KEY.text * 2)
    assert unread(run, str(tmp_path)) == {
        str(tmp_path / "all.zip"): "it is an archive (zip), which is not looked into",
        str(tmp_path / "log.gz"): "it is an archive (gzip), which is not looked into",
    }
    assert run("scan", str(tmp_path), "--skip", "*.zip", "--skip", "log.*").code == 0


def test_a_pipe_that_is_named_is_not_waited_for(tmp_path: Path, run: Run) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert unread(run, str(tmp_path / "pipe")) == {
        str(tmp_path / "pipe"): "it is a pipe, which is not opened"
    }


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_files_of_utf_16_are_read(encoding: str, tmp_path: Path, run: Run) -> None:
    (tmp_path / "a").write_bytes(f"first\nkey={KEY.text}\n".encode(encoding))
    done = run("scan", str(tmp_path))
    assert done.code == 1
    assert f"{tmp_path}/a:2:" in done.out
    assert f"kcs_{KEY.pid}_…" in done.out


def test_the_secret_of_a_cluster_is_read(tmp_path: Path, run: Run) -> None:
    encoded = base64.b64encode(KEY.text.encode()).decode()
    (tmp_path / "secret.yaml").write_text(f"kind: Secret\ndata:\n  key: {encoded}\n")
    done = run("scan", str(tmp_path))
    assert done.code == 1
    assert f"{tmp_path}/secret.yaml:3:8" in done.out
    assert encoded not in done.out + done.err


@pytest.mark.parametrize("cut", [70, 60, 31])
def test_a_secret_instead_of_a_path_is_not_repeated(cut: int, run: Run) -> None:
    for arguments in (
        ("scan", KEY.text[:cut]),
        ("scan", "--json", KEY.text[:cut]),
        ("--profile", KEY.text[:cut], "keys", "list"),
        ("keys", "list", "--limit", KEY.text[:cut]),
        ("keys", KEY.text[:cut]),
        (KEY.text[:cut],),
        ("info", "--profile", KEY.text[:cut]),
        ("info", "--json", "--ca-file", KEY.text[:cut]),
    ):
        done = run(*arguments)
        assert KEY.text[21:31] not in done.out + done.err, arguments


def test_a_secret_in_a_variable_is_not_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA_DIR", "URL", "DATABASE_URL", "LOG_LEVEL", "CONFIG"):
        monkeypatch.setenv(f"KEYCONSOLE_{name}", KEY.text)
    for arguments in (("info",), ("info", "--json"), ("keys", "list")):
        done = run(*arguments)
        assert KEY.text[21:31] not in done.out + done.err
