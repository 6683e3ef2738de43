"""A write-ahead log that a killed process left, beside the database that it belongs to, and not."""

import shutil
from collections.abc import Callable
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


@pytest.fixture
def unfinished(tmp_path: Path) -> Path:
    """A directory as a killed process leaves it: its last two confirmed writes are in the log."""
    path = tmp_path / "used" / "keyconsole.db"
    path.parent.mkdir()
    opened = open_file(path)
    write(path, 3, checkpoint=True)
    shutil.copy(path, tmp_path / "older.db")
    write(path, 2)
    opened.file.confirm(identity.writes_of(opened.file.connection))
    shutil.copytree(path.parent, tmp_path / "killed")
    opened.file.close()
    opened.lease.close()
    return tmp_path / "killed" / "keyconsole.db"


def lose_log(path: Path) -> None:
    Path(f"{path}-wal").unlink()


def tear_log(path: Path) -> None:
    """Leave the header and the first frame of the log."""
    log = Path(f"{path}-wal")
    log.write_bytes(log.read_bytes()[: 32 + 24 + 4096])


def go_back(path: Path) -> None:
    lose_log(path)
    path.unlink()
    shutil.copy(path.parents[1] / "older.db", path)


def lock_of(path: Path) -> Path:
    return path.with_name(".keyconsole.db.lock")


def test_what_was_confirmed_before_a_kill_is_there(unfinished: Path) -> None:
    assert all(each.ok for each in inspect(unfinished, 0).findings)
    close(unfinished)
    assert not lock_of(unfinished).read_bytes()


@pytest.mark.parametrize("rob", [lose_log, tear_log, go_back])
def test_a_database_that_lacks_what_was_confirmed_before_a_kill_is_refused(
    unfinished: Path, rob: Callable[[Path], None]
) -> None:
    rob(unfinished)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"lacks \d of the writes that the service"):
            close(unfinished)
        found = {each.name: each for each in inspect(unfinished, 0).findings}
        assert found["file"].ok is False
        assert "or, if this state is meant, remove" in found["file"].message
    lock_of(unfinished).unlink()
    close(unfinished)


def test_a_log_that_is_put_back_after_a_refusal_is_applied(unfinished: Path) -> None:
    log = Path(f"{unfinished}-wal")
    log.rename(unfinished.with_name("away"))
    with pytest.raises(ConfigurationError, match="its write-ahead log"):
        close(unfinished)
    unfinished.with_name("away").rename(log)
    close(unfinished)


def test_an_older_copy_after_an_orderly_end_is_taken(unfinished: Path) -> None:
    close(unfinished)
    shutil.copy(unfinished.parents[1] / "older.db", unfinished)
    close(unfinished)


def test_an_end_that_finds_another_file_is_not_orderly(tmp_path: Path) -> None:
    path = tmp_path / "keyconsole.db"
    opened = open_file(path)
    shutil.copy(path, tmp_path / "older.db")
    write(path, 2)
    opened.file.confirm(identity.writes_of(opened.file.connection))
    (tmp_path / "older.db").replace(path)
    opened.file.close()
    opened.lease.close()
    for ending in ("-wal", "-shm"):
        Path(f"{path}{ending}").unlink(missing_ok=True)
    with pytest.raises(ConfigurationError, match="an older copy was put in its place"):
        close(path)


def test_another_database_is_no_older_copy(unfinished: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "keyconsole.db"
    other.parent.mkdir()
    close(other)
    lose_log(unfinished)
    other.replace(unfinished)
    close(unfinished)
