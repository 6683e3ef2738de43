"""Which file is open, and which one is at the path: one process, and several."""

import asyncio
import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import pytest
from tests.faults.kinds import log_overwritten

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.store.engine import StoreReplacedError
from keyconsole.service.store.inspection import Finding
from keyconsole.service.store.sqlite import identity, lease, writability
from keyconsole.service.store.sqlite.backup import back_up
from keyconsole.service.store.sqlite.engine import SqliteStore
from keyconsole.service.store.sqlite.identity import DatabaseFile, Identity
from keyconsole.service.store.sqlite.inspection import inspect
from keyconsole.service.store.sqlite.opening import OpenFile, open_file
from keyconsole.service.store.sqlite.writability import Writability


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keyconsole.db"


@pytest.fixture
def opened(path: Path) -> Iterator[OpenFile]:
    made = open_file(path)
    yield made
    made.file.close()
    made.lease.close()


def close(opened: OpenFile) -> None:
    opened.file.close()
    opened.lease.close()


def move_away(path: Path) -> None:
    """As `mv keyconsole.db* away/` does."""
    (path.parent / "away").mkdir()
    for each in path.parent.glob("keyconsole.db*"):
        each.rename(path.parent / "away" / each.name)


async def test_the_watch_notices_without_being_asked_for_anything(
    opened: OpenFile, path: Path
) -> None:
    store = SqliteStore(opened.file, opened.lease)
    await store.watch()
    await asyncio.to_thread(path.rename, path.with_name("other.db"))
    with pytest.raises(StoreReplacedError, match="moved or removed"):
        await store.watch()
    await store.aclose()


def test_what_was_noticed_stays_until_the_service_is_started_again(
    opened: OpenFile, path: Path
) -> None:
    path.rename(path.with_name("other.db"))
    assert opened.file.look() == identity.MISSING
    path.with_name("other.db").rename(path)
    assert opened.file.look() == identity.MISSING
    assert "restart the service" in identity.MISSING
    with pytest.raises(StoreReplacedError):
        opened.file.require_recent()


def test_checkpoints_of_the_log_are_no_fault(opened: OpenFile, path: Path) -> None:
    with closing(identity.connect(path)) as other:
        other.execute("PRAGMA wal_autocheckpoint = 3")
        for _ in range(40):
            other.execute("BEGIN IMMEDIATE")
            writes = identity.count_write(other)
            other.execute("COMMIT")
            opened.file.confirm(writes)
    assert opened.file.look() is None


def test_a_log_that_was_cut_while_a_write_began_has_a_hole(opened: OpenFile, path: Path) -> None:
    log = Path(f"{path}-wal")
    for number in range(20):
        opened.file.connection.execute(f"CREATE TABLE more_{number} (x)")
    assert opened.file.look() is None
    size, half = log.stat().st_size, log.stat().st_size // 2
    with log.open("r+b") as file:
        file.seek(-8192, os.SEEK_END)
        newest = file.read()
        file.truncate(half)
        file.seek(size - len(newest))
        file.write(newest)

    assert log.stat().st_size == size
    assert opened.file.look() == identity.LOG_LOST


@pytest.mark.parametrize(
    ("before", "moment"),
    [*((n, "in the write") for n in range(1, 6)), *((n, "after it") for n in range(6))],
)
def test_a_log_that_was_overwritten_around_a_write_is_noticed(
    opened: OpenFile, path: Path, before: int, moment: str
) -> None:
    with closing(identity.connect(path)) as writer:
        writer.execute("PRAGMA wal_checkpoint(RESTART)")
        for number in range(before + 1):
            assert opened.file.look() is None
            writer.execute("BEGIN IMMEDIATE")
            identity.count_write(writer)
            writer.execute(f"CREATE TABLE t{number} (x)")
            if number == before and moment == "in the write":
                log_overwritten(path.parent, path)
            writer.execute("COMMIT")
            if number == before and moment == "after it":
                log_overwritten(path.parent, path)

    assert opened.file.look() in (identity.LOG_LOST, identity.OVERWRITTEN)


def test_an_older_frame_in_the_place_of_a_new_one_is_noticed(opened: OpenFile, path: Path) -> None:
    with closing(identity.connect(path)) as writer:
        writer.execute("CREATE TABLE t (x)")
        assert opened.file.look() is None
        writer.execute("INSERT INTO t VALUES (randomblob(20000))")
        with Path(f"{path}-wal").open("r+b") as log:
            frame = 24 + 4096
            log.seek(32)
            older = log.read(frame)
            log.seek(-2 * frame, os.SEEK_END)
            log.write(older)

        assert opened.file.look() == identity.LOG_LOST


def test_a_log_that_begins_again_is_whole(opened: OpenFile, path: Path) -> None:
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("CREATE TABLE t (x)")
        for number in range(20):
            writer.execute("INSERT INTO t VALUES (randomblob(?))", [5_000 * (20 - number)])
            writer.commit()
            assert opened.file.look() is None
            if number % 3 == 0:
                writer.execute("PRAGMA wal_checkpoint(RESTART)")
                assert opened.file.look() is None


def test_a_write_that_verification_does_not_see_is_not_confirmed(opened: OpenFile) -> None:
    seen = identity.writes_of(opened.file.connection)
    opened.file.confirm(seen)
    with pytest.raises(StoreReplacedError):
        opened.file.confirm(seen + 1)


@pytest.mark.parametrize(
    ("number", "other", "expected"),
    [(1, 2, True), (2, 2, False), (3, 2, False), (2**32 - 1, 0, True), (0, 2**32 - 1, False)],
)
def test_the_number_of_writes_begins_again(number: int, other: int, *, expected: bool) -> None:
    assert identity.is_before(number, other) is expected


def test_the_number_of_writes_goes_on_beyond_what_sqlite_has_a_sign_for(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw:
        for last, following in ((2**31 - 1, 2**31), (-1, 0)):
            raw.execute(f"PRAGMA user_version = {last}")
            assert identity.count_write(raw) == following
            assert identity.writes_of(raw) == following


def test_a_second_process_is_refused_while_another_file_is_held(
    opened: OpenFile, path: Path
) -> None:
    close(open_file(path))
    move_away(path)
    with pytest.raises(ConfigurationError, match="Stop that process first"):
        open_file(path)
    assert not path.exists()
    shutil.copy(path.parent / "away" / path.name, path)
    with pytest.raises(ConfigurationError, match="Stop that process first"):
        open_file(path)
    close(opened)
    close(open_file(path))


def test_a_worker_opens_what_its_parent_has_and_nothing_else(opened: OpenFile, path: Path) -> None:
    expected = opened.file.identity
    close(open_file(path, expected))
    for other in (
        Identity(expected.device, expected.inode, "another"),
        Identity(expected.device, expected.inode + 1, expected.id),
    ):
        with pytest.raises(ConfigurationError, match="not the one that this service was started"):
            open_file(path, other)


def test_a_worker_makes_nothing_where_the_directory_was_renamed(tmp_path: Path) -> None:
    path = tmp_path / "data" / "keyconsole.db"
    path.parent.mkdir()
    opened = open_file(path)
    path.parent.rename(tmp_path / "renamed")
    for _ in range(2):
        with pytest.raises(ConfigurationError):
            open_file(path, opened.file.identity)
        assert not list(path.parent.glob("*"))
        path.parent.mkdir(exist_ok=True)
    close(opened)


def test_a_file_with_two_names_is_refused(path: Path) -> None:
    close(open_file(path))
    path.with_name("other.db").hardlink_to(path)
    with pytest.raises(ConfigurationError, match="hard links"):
        open_file(path)


def test_an_identity_is_read_as_it_was_written() -> None:
    made = Identity(2049, 4711, "0f" * 16)
    assert Identity.parse(f"{made}\n") == made
    for text in ("", "1:2", "x:2:ab", "1:y:ab", "1:2:", "1:2:a b"):
        assert Identity.parse(text) is None


def test_an_older_state_in_the_open_file_is_found_from_outside(
    opened: OpenFile, path: Path
) -> None:
    with closing(identity.connect(path)) as raw:
        raw.execute("BEGIN IMMEDIATE")
        opened.lease.raise_to(identity.count_write(raw) + 5)
        raw.execute("COMMIT")
    found = {each.name: each for each in inspect(path, 0).findings}
    assert (found["file"].ok, found["file"].message) == (False, identity.OVERWRITTEN)


def test_who_holds_the_file_is_known_without_changing_anything(
    opened: OpenFile, path: Path
) -> None:
    assert lease.running(path) == opened.file.identity
    close(opened)
    assert lease.running(path) is None
    lease.lock_path(path).unlink()
    assert lease.running(path) is None
    assert not lease.lock_path(path).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_the_lock_file_that_root_makes_belongs_to_the_owner_of_the_database(path: Path) -> None:
    close(open_file(path))
    lease.lock_path(path).unlink()
    os.chown(path, 65534, 65534)
    close(open_file(path))
    found = lease.lock_path(path).stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (65534, 65534, 0o600)


def test_two_in_one_process_keep_the_locks_of_one_another(opened: OpenFile, path: Path) -> None:
    """Closing a descriptor of a file would drop the locks of the whole process on it."""
    second = DatabaseFile(path)
    second.close()
    assert opened.file.look() is None
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA user_version").fetchone()
    # The last one who closes a database removes its log: that one was not the last.
    assert opened.file.look() is None


def test_a_database_that_another_process_locks_cannot_be_written(
    opened: OpenFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writability, "_BUSY_SECONDS", 0.0)
    assert writability.try_write(path) is None
    with closing(identity.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert writability.try_write(path) == writability.BUSY
        other.execute("COMMIT")
    path.unlink()
    assert writability.try_write(path) == writability.UNWRITABLE


def test_a_disk_with_room_for_little_cannot_be_written(
    opened: OpenFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def writing() -> Finding:
        return next(each for each in inspect(path, 0).findings if each.name == "writing")

    assert writing().ok
    monkeypatch.setattr(os, "posix_fallocate", full)
    assert writability.try_write(path) == writability.UNWRITABLE == writing().message
    monkeypatch.setattr(tempfile, "TemporaryFile", full)  # the table of inodes is full
    assert writability.try_write(path) is None
    assert writing().ok


@pytest.mark.parametrize("name", ["keyconsole.db", "keyconsole.db-wal", ".keyconsole.db.lock"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(path: Path, name: str) -> None:
    if name != path.name:
        path.touch()
    os.mkfifo(path.with_name(name))
    for use in (open_file, lambda path: back_up(path, path.with_name("copy"))):
        with pytest.raises(ConfigurationError, match=f"{name} is not a file"):
            use(path)
    assert f"{name} is not a file" in inspect(path, 0).findings[0].message


async def test_readiness_writes_again_only_after_a_while_unless_it_failed(
    opened: OpenFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([None, "full", "full", None])
    monkeypatch.setattr(writability, "try_write", lambda _: next(answers))
    found = Writability(path)
    assert [await found.check() for _ in range(3)] == [None, None, None]
    monkeypatch.setattr(writability, "EVERY_SECONDS", 0.0)
    assert [await found.check() for _ in range(3)] == ["full", "full", None]
