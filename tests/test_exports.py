"""A file that is taken away is whole, private, and runs nothing."""

import csv
import io
import os
from pathlib import Path

import pytest

from keyconsole.errors import KeyconsoleError
from keyconsole.exports import safe_cell, write_row
from keyconsole.outputfile import whole_file


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
