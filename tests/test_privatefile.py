"""Files with a secret in them: kinds, time limits, owners."""

import os
import stat
import threading
from pathlib import Path

import pytest

from keyconsole import paths, privatefile, secrets
from keyconsole.errors import ConfigurationError

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
NOBODY = 65534


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o600)
    return path


def test_a_pipe_that_nobody_writes_to_is_not_waited_for_without_end(pipe: Path) -> None:
    with pytest.raises(ConfigurationError, match="nothing was written to it in time"):
        privatefile.read(pipe, seconds=0.05)


def test_a_pipe_whose_writer_says_nothing_is_not_waited_for_either(pipe: Path) -> None:
    writer = os.open(pipe, os.O_RDWR)
    try:
        os.write(writer, b"kco_")
        with pytest.raises(ConfigurationError, match="in time"):
            privatefile.read(pipe, seconds=0.05)
    finally:
        os.close(writer)


def test_what_is_written_to_a_pipe_is_read_to_its_end(pipe: Path) -> None:
    thread = threading.Thread(target=pipe.write_text, args=("kco_token\n",))
    thread.start()
    assert secrets.read_private(pipe) == "kco_token\n"
    thread.join()


@pytest.mark.parametrize("path", [Path("/"), Path("/dev/null")])
def test_what_is_neither_file_nor_pipe_is_refused(path: Path) -> None:
    with pytest.raises(ConfigurationError):
        secrets.read_private(path)


@as_root
def test_a_file_keeps_its_owner_when_root_writes_it_anew(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("before")
    os.chown(path, NOBODY, NOBODY)
    link = tmp_path / "link"
    link.symlink_to(path)
    paths.write_private(link, "after")
    assert link.is_symlink()
    assert path.read_text() == "after"
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (NOBODY, NOBODY, 0o600)


def test_a_token_file_of_another_account_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "token"
    path.touch(0o600)
    path.write_text("kco_token")
    if os.geteuid() == 0:
        os.chown(path, 1000, 1000)
        monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(ConfigurationError, match="belongs to another account"):
        secrets.read_private(path)
