"""A copy of an SQLite database while the service writes: whole, consistent, and read again.

SQLite's own backup in one step holds one snapshot, so writers neither wait nor are missed half
(a copy of the file alone would lack what is still in the write-ahead log).
"""

import contextlib
import os
import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from keyconsole.core.errors import ConfigurationError, KeyconsoleError
from keyconsole.local import privatefile
from keyconsole.service.store.sqlite import lease, leftover, schema
from keyconsole.service.store.sqlite.inspection import open_existing


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written, its size in bytes, and the rows in it."""

    path: Path
    bytes: int
    keys: int
    audit_events: int


def back_up(source: Path, path: Path) -> Backup:
    """Copies the database to a new file of mode 0600, which appears once it is whole.

    Blocks. Raises `ConfigurationError` if there is nothing to copy, `KeyconsoleError` if the file
    is there already, cannot be written, or does not read back.
    """
    if not source.exists():
        raise ConfigurationError(f"There is no database {source} to back up.")
    lease.require_files(source)
    if path.exists():
        raise _taken(path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        lease.require_running(source)
        if lease.running(source) is None:
            leftover.require_own_log(source)
        _make(draft, source)
        _copy(source, draft)
        made = _read_again(draft, path)
        path.hardlink_to(draft)
    except FileExistsError:
        raise _taken(path) from None
    except OSError as error:
        reason = (error.strerror or "it is not possible").lower()
        raise KeyconsoleError(f"{path} cannot be written: {reason}.") from None
    except sqlite3.Error as error:
        raise KeyconsoleError(f"The database cannot be backed up: {error}.") from None
    finally:
        draft.unlink(missing_ok=True)
    return made


def _make(draft: Path, source: Path) -> None:
    """Makes an empty file for whoever the database belongs to, who is to put it back one day."""
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with contextlib.suppress(PermissionError):  # a mounted disk may keep its owners
            privatefile.give_to_owner_of(descriptor, source)
    finally:
        os.close(descriptor)


def _copy(source: Path, draft: Path) -> None:
    with (
        contextlib.closing(open_existing(source)) as raw,
        contextlib.closing(sqlite3.connect(draft)) as copy,
    ):
        (application_id,) = raw.execute("PRAGMA application_id").fetchone()
        if application_id != schema.APPLICATION_ID:
            raise ConfigurationError(f"{source} is a database of another program.")
        raw.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode = DELETE")  # all of it in the one file
    descriptor = os.open(draft, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_again(draft: Path, path: Path) -> Backup:
    with contextlib.closing(open_existing(draft, mode="ro")) as raw:
        [(first,), *_] = raw.execute("PRAGMA quick_check(1)").fetchall()
        if first != "ok":
            raise sqlite3.DatabaseError("the copy is damaged")
        (keys,) = raw.execute("SELECT count(*) FROM api_keys").fetchone()
        (events,) = raw.execute("SELECT count(*) FROM audit_events").fetchone()
    return Backup(path, draft.stat().st_size, keys, events)


def _taken(path: Path) -> KeyconsoleError:
    return KeyconsoleError(f"{path} is there already; nothing was written.")
