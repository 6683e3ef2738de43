"""A file that is taken away is whole, private, and runs nothing."""

import csv
import io
import os
import socket
import stat
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from keyconsole.core.errors import KeyconsoleError
from keyconsole.local.outputfile import whole_file
from keyconsole.local.paths import write_private
from keyconsole.text.columns import Column
from keyconsole.text.export_files import EVENTS, FINDINGS, ExportFile, safe_cell, write_row
from keyconsole.wire import AuditedKey, AuditEvent, Finding, Key


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", '=HYPERLINK("http://x","y")'],
)
def test_what_a_spreadsheet_would_compute_is_text(formula: str) -> None:
    stream = io.StringIO()
    write_row(stream, [formula, "plain"])

    [[cell, plain]] = csv.reader(io.StringIO(stream.getvalue(), newline=""))
    assert cell == safe_cell(formula) == f"'{formula}"
    assert plain == "plain"


@pytest.mark.parametrize("text", ["", "api-gateway-prod", "a=b", "kcp_1-2", "'=1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


def test_the_file_is_there_when_it_is_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with whole_file(path) as stream:
        stream.write("half")
        stream.flush()
        assert not path.exists()

    assert path.read_text() == "half"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    def write() -> None:
        with whole_file(tmp_path / "a.csv") as stream:
            stream.write("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(KeyconsoleError, match="is there already"), whole_file(path):
        pass
    assert path.read_text() == "old"

    with whole_file(path, replace=True) as stream:
        stream.write("new")
    assert path.read_text() == "new"


def test_a_file_that_came_meanwhile_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with pytest.raises(KeyconsoleError, match="is there already"), whole_file(path):
        path.write_text("theirs")

    assert path.read_text() == "theirs"
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]


def test_a_directory_that_is_missing_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyconsoleError, match="cannot be written: no such file"),
        whole_file(tmp_path / "none" / "a.csv"),
    ):
        pass


def test_a_directory_for_a_file_is_told() -> None:
    with (
        pytest.raises(KeyconsoleError, match="/ cannot be written: it is a directory"),
        whole_file(Path("/"), replace=True),
    ):
        pass


def test_a_disk_that_fails_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with (
        pytest.raises(KeyconsoleError, match="no space left"),
        whole_file(tmp_path / "a.csv") as stream,
    ):
        stream.write("half")
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    target, link, dangling = tmp_path / "target", tmp_path / "link", tmp_path / "dangling"
    target.write_text("before")
    link.symlink_to("target")
    dangling.symlink_to("made")
    for path in (link, dangling):
        with whole_file(path, replace=True) as stream:
            stream.write("after")
        assert path.is_symlink()
        assert path.read_text() == "after"
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "dangling", "link", "made", "target",
    ]  # fmt: skip


def test_a_device_is_written_into(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    for path in (Path("/dev/null"), link):
        with whole_file(path, replace=True) as stream:
            stream.write("gone")
        assert stat.S_ISCHR(path.stat().st_mode)
    with pytest.raises(KeyconsoleError, match="there already"), whole_file(Path("/dev/null")):
        pass


def test_a_pipe_is_written_into_where_somebody_reads(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with (
        pytest.raises(KeyconsoleError, match="a pipe that nobody reads"),
        whole_file(pipe, replace=True),
    ):
        pass
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with whole_file(pipe, replace=True) as stream:
        stream.write("read me")
    assert os.read(reader, 100) == b"read me"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_socket_and_a_directory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    path = Path("socket")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        with pytest.raises(KeyconsoleError, match="it is a socket"), whole_file(path, replace=True):
            pass
        assert stat.S_ISSOCK(path.stat().st_mode)
    with pytest.raises(KeyconsoleError, match="a directory"), whole_file(tmp_path, replace=True):
        pass


def test_settings_go_into_a_device_and_not_in_its_place() -> None:
    write_private(Path("/dev/null"), "settings")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


AT = "2026-11-29T12:00:00.000Z"
KEY: dict[str, Any] = {
    "label": "ci",
    "public_key": "kcp_1",
    "integration_name": "CI",
    "last_used_at": None,
    "created_at": AT,
    "created_by": "ops@acme.example",
}
REVIEW = {"by": "ana@acme.example", "at": AT, "until": AT}
EVENT = {
    "id": "evt_1",
    "workspace_id": "ws_1",
    "sequence": 1,
    "at": AT,
    "actor": "ops@acme.example",
    "action": "key.revoked",
    "target": "kcp_1",
    "target_name": "ci",
    "request_id": "req_1",
    "detail": {"b": 1, "a": 2},
    "hash": "0" * 64,
}


def test_an_event_has_every_column_of_both_exports() -> None:
    cells = dict(zip(EVENTS.head, EVENTS.cells(AuditEvent.model_validate(EVENT)), strict=True))

    assert {"address", "integration_id", "workspace_id", "id"} <= set(cells)
    assert cells["detail"] == '{"a": 2, "b": 1}'
    assert cells["address"] == ""
    assert cells["at"] == AT


def test_a_finding_tells_who_looked_at_it() -> None:
    findings = [
        {"finding": "old", "reason": "Older than a year.", "review": REVIEW},
        {"finding": "unused", "reason": "Unused for 90 days.", "review": None},
    ]
    row = AuditedKey.model_construct(
        key=Key.model_construct(**KEY), findings=[Finding.model_validate(each) for each in findings]
    )

    cells = dict(zip(FINDINGS.head, FINDINGS.cells(row), strict=True))

    assert cells["findings"] == "old unused"
    assert cells["reviews"] == f"old until {AT} (ana@acme.example, {AT})"


def test_nothing_is_an_empty_cell_and_a_row_is_a_line() -> None:
    class Row(BaseModel):
        name: str
        count: int | None

    columns: list[Column[Row]] = [
        Column("name", "Name", lambda row: row.name),
        Column("count", "Count", lambda row: row.count),
    ]
    file = ExportFile(columns, ("name", "count"))
    as_csv, as_json = io.StringIO(), io.StringIO()
    for stream in (as_csv, as_json):
        file.write_head(stream, as_csv=stream is as_csv)
        file.write(stream, [Row(name="=1", count=None)], as_csv=stream is as_csv)

    assert as_csv.getvalue() == '"name","count"\n"\'=1",""\n'
    assert as_json.getvalue() == '{"name": "=1", "count": null}\n'
