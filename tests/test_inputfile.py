"""Files that a person names: kinds, sizes, and pipes that nobody writes to."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keyconsole.cli.audit.verify import _read as read_checkpoints
from keyconsole.cli.keys.many import _text as read_source
from keyconsole.core.errors import ConfigurationError
from keyconsole.local import config, inputfile
from keyconsole.service.historywatch import CheckpointFile

SECONDS = 0.05


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o600)
    return path


def test_a_pipe_that_nobody_writes_to_is_not_waited_for_without_end(pipe: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing was written to it in time"):
        inputfile.read(pipe, seconds=SECONDS)


def test_a_pipe_whose_writer_says_nothing_more_is_not_waited_for_either(pipe: Path) -> None:
    writer = os.open(pipe, os.O_RDWR)
    try:
        os.write(writer, b"kco_")
        with pytest.raises(ConfigurationError, match="in time"):
            inputfile.read(pipe, seconds=SECONDS)
    finally:
        os.close(writer)


def test_more_than_a_pipe_holds_at_once_is_read_to_its_end(pipe: Path) -> None:
    content = bytes(300_000)
    thread = threading.Thread(target=pipe.write_bytes, args=(content,))
    thread.start()
    assert inputfile.read(pipe, longest=1 << 20).content == content
    thread.join()


def test_no_more_is_read_than_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(3 << 20))
    assert len(inputfile.read(path, longest=2 << 20).content) == 2 << 20
    assert len(inputfile.read(path).content) == 64 * 1024


@pytest.mark.parametrize("path", [Path("/"), Path("/dev/zero")])
def test_what_is_neither_file_nor_pipe_is_refused(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is neither a file nor a pipe"):
        inputfile.read(path)
    with pytest.raises(ConfigurationError, match="X is not a file"):
        inputfile.require_file(path, "X")


@pytest.mark.parametrize("read", [read_checkpoints, lambda path: read_source(str(path))])
def test_each_command_reads_so(
    read: Callable[[Path], Any], pipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputfile.read, "__kwdefaults__", {"longest": 9, "seconds": SECONDS})
    with pytest.raises(ConfigurationError, match="in time"):
        read(pipe)


def test_checkpoints_in_a_pipe_are_none(pipe: Path) -> None:
    assert CheckpointFile(pipe).read() == {}


def test_a_configuration_whose_place_cannot_even_be_looked_at_is_told(tmp_path: Path) -> None:
    found = config.load(tmp_path / ("a" * 300))
    assert not found.is_readable
    assert "cannot be read: file name too long" in found.warnings[0]
