"""A secret's file: there is room for it before there is a secret, and no half of one is left."""

import errno
import os
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from keyconsole.cli import secretout
from keyconsole.core.errors import KeyconsoleError


def no_room(*_: object) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_without_room_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "posix_fallocate", no_room, raising=False)
    path = tmp_path / "secret"
    with (
        pytest.raises(KeyconsoleError, match=r"no space left on device\. No key was made"),
        secretout.destination(path),
    ):
        raise AssertionError("a key was made")
    assert not path.exists()


def test_where_the_room_went_the_caller_hears_it_and_no_file_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "pwrite", no_room)
    path = tmp_path / "secret"
    with secretout.destination(path) as put, pytest.raises(OSError, match="No space left"):
        put("kcs")
    assert not path.exists()


def test_what_cannot_be_printed_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secretout, "abandon_stdout", lambda: None)  # pytest still needs it
    monkeypatch.setattr(sys.stdout, "flush", no_room)
    with (
        pytest.raises(KeyconsoleError, match="no space left on device\\.\nMake another"),
        secretout.printing("token", "Make another."),
    ):
        sys.stdout.write("kco")
    monkeypatch.undo()


def test_what_is_written_is_all_there_is(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    with secretout.destination(path) as put:
        put("kcs")
    assert path.read_bytes() == b"kcs"
    assert path.stat().st_mode & 0o777 == 0o600
