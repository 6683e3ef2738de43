"""A write-ahead log that a killed process left, beside the database that it belongs to, and not."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.store.sqlite import identity
from keyconsole.service.store.sqlite.backup import back_up
from keyconsole.service.store.sqlite.inspection import inspect
from keyconsole.service.store.sqlite.opening import open_file


def close(path: Path) -> None:
    opened = open_file(path)
    opened.file.close()
    opened.lease.close()


def write(path: Path, times: int, *, checkpoint: bool = False) -> None:
    """Commit so many writes on a connection that others keep from removing its log."""
    with closing(identity.connect(path)) as raw:
        for _ in range(times):
            raw.execute("BEGIN IMMEDIATE")
            identity.count_write(raw)
            raw.execute("COMMIT")
        if checkpoint:
            raw.execute("PRAGMA wal_checkpoint(RESTART)")


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """A directory as a killed process leaves it, with copies of two other states of its file."""
    path = tmp_path / "used" / "keyconsole.db"
    path.parent.mkdir()
    close(path)
    with closing(identity.connect(path)) as held:
        identity.writes_of(held)
        for name in ("older.db", "right.db"):
            write(path, 3, checkpoint=True)
            shutil.copy(path, tmp_path / name)
        write(path, 3)
        shutil.copytree(path.parent, tmp_path / "killed")
        write(path, 3, checkpoint=True)
        shutil.copy(path, tmp_path / "newer.db")
    return tmp_path / "killed" / "keyconsole.db"


def test_a_log_beside_its_own_database_is_applied(killed: Path) -> None:
    close(killed)


@pytest.mark.parametrize("copy", ["older.db", "newer.db"])
def test_another_copy_beside_a_log_that_was_left_is_refused(killed: Path, copy: str) -> None:
    shutil.copy(killed.parents[1] / copy, killed)
    for _ in range(2):
        assert [each.name for each in inspect(killed, 0).findings if each.ok is False] == [
            "database", "file",
        ]  # fmt: skip
        for use in (open_file, lambda path: back_up(path, path.with_name("backup.db"))):
            with pytest.raises(ConfigurationError, match=r"move the -wal and the -shm away"):
                use(killed)
    for ending in ("-wal", "-shm"):
        Path(f"{killed}{ending}").unlink()
    close(killed)


def test_the_file_that_the_log_goes_on_from_is_its_own(killed: Path) -> None:
    shutil.copy(killed.parents[1] / "right.db", killed)
    close(killed)


def test_a_log_that_was_torn_counts_up_to_there(killed: Path) -> None:
    log = Path(f"{killed}-wal")
    content = bytearray(log.read_bytes())
    content[-1] ^= 1
    log.write_bytes(content)
    close(killed)
    for other in (b"no log" * 10, b"", bytes(content[:20]) + bytes(12)):
        log.write_bytes(other)
        close(killed)
