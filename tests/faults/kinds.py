"""What happens to the files of a database while a service has them open.

Each kind is a function of the data directory and of a backup that was made before any revoke. It
leaves another file at the path than the one that is open, or damages what is open.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

NAME = "keyconsole.db"
_LOG_HEADER, _FRAME = 32, 24 + 4096

Fault = Callable[[Path, Path], None]


def _move_away(data: Path) -> Path:
    away = data.parent / "away"
    away.mkdir()
    for path in data.glob(f"{NAME}*"):
        path.rename(away / path.name)
    return away


def moved_and_backup_put_there(data: Path, backup: Path) -> None:
    _move_away(data)
    shutil.copy(backup, data / NAME)


def moved_and_put_back(data: Path, backup: Path) -> None:
    away = _move_away(data)
    shutil.copy(backup, data / NAME)
    for path in data.glob(f"{NAME}*"):
        path.unlink()
    for path in away.iterdir():
        shutil.copy(path, data / path.name)  # the same content in other files


def removed(data: Path, _backup: Path) -> None:
    for path in data.glob(f"{NAME}*"):
        path.unlink()


def removed_and_backup_put_there(data: Path, backup: Path) -> None:
    removed(data, backup)
    shutil.copy(backup, data / NAME)


def renamed_over(data: Path, backup: Path) -> None:
    shutil.copy(backup, data / "new.db")
    (data / "new.db").replace(data / NAME)


def overwritten_in_place(data: Path, backup: Path) -> None:
    shutil.copyfile(backup, data / NAME)


def copy_of_itself_in_place(data: Path, backup: Path) -> None:
    """The older copy is one of the file alone, as `cp` makes it."""
    shutil.copyfile(backup.with_name("plain.db"), data / NAME)


def restored_by_sqlite(data: Path, backup: Path) -> None:
    """As `.restore` of the SQLite shell does it: a transaction in the open file."""
    with closing(sqlite3.connect(backup)) as older, closing(sqlite3.connect(data / NAME)) as raw:
        older.backup(raw)


def copy_with_more_writes_in_place(data: Path, backup: Path) -> None:
    """A copy that another machine went on with."""
    other = data.with_name("other.db")
    shutil.copyfile(backup, other)
    with closing(sqlite3.connect(other)) as raw:
        (writes,) = raw.execute("PRAGMA user_version").fetchone()
        raw.execute(f"PRAGMA user_version = {writes + 1000}")
    shutil.copyfile(other, data / NAME)


def directory_renamed(data: Path, _backup: Path) -> None:
    data.rename(data.with_name("renamed"))


def directory_exchanged(data: Path, backup: Path) -> None:
    data.rename(data.with_name("renamed"))
    data.mkdir(mode=0o700)
    shutil.copy(backup, data / NAME)


def link_turned(data: Path, backup: Path) -> None:
    """The path is a link, as `linked` makes it; it points elsewhere now."""
    other = data.parent / "elsewhere"
    other.mkdir()
    shutil.copy(backup, other / NAME)
    (other / "link").symlink_to(other / NAME)
    (other / "link").replace(data / NAME)


def log_removed(data: Path, _backup: Path) -> None:
    (data / f"{NAME}-wal").unlink()


def log_cut(data: Path, _backup: Path) -> None:
    os.truncate(data / f"{NAME}-wal", 0)


def log_cut_in_the_middle(data: Path, _backup: Path) -> None:
    path = data / f"{NAME}-wal"
    os.truncate(path, path.stat().st_size // 2)


def log_overwritten(data: Path, _backup: Path) -> None:
    """Its second half is the first one, whose frames are older; the size stays."""
    path = data / f"{NAME}-wal"
    with path.open("r+b") as file:
        file.seek(_LOG_HEADER)
        half = (path.stat().st_size - _LOG_HEADER) // _FRAME // 2 * _FRAME
        older = file.read(half)
        file.write(older)


def index_removed(data: Path, _backup: Path) -> None:
    (data / f"{NAME}-shm").unlink()


KINDS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        moved_and_backup_put_there,
        moved_and_put_back,
        removed,
        removed_and_backup_put_there,
        renamed_over,
        overwritten_in_place,
        copy_of_itself_in_place,
        restored_by_sqlite,
        copy_with_more_writes_in_place,
        directory_renamed,
        directory_exchanged,
        link_turned,
        log_removed,
        log_cut,
        log_cut_in_the_middle,
        log_overwritten,
        index_removed,
    )
}
LINKED = {"link_turned"}
"""Kinds for which the path of the database is a link."""
