"""A database made ready at start: ours, reachable, writable, migrated, guarded. Or a refusal.

Two processes may start at once: whoever comes second waits for the first one's `BEGIN
IMMEDIATE`, then finds the work done.
"""

import contextlib
import os
import sqlite3
import stat
import time
from pathlib import Path
from typing import cast

import sqlalchemy as sa

from keyconsole.core.errors import ConfigurationError
from keyconsole.local import privatefile
from keyconsole.service.store import progress
from keyconsole.service.store.revisions import HEAD, KNOWN, run_scripts
from keyconsole.service.store.sqlite import identity, triggers

APPLICATION_ID = 0x6B636F6E
"""`kcon`, in the header of the file: it tells our database from another program's."""

_BUSY_SECONDS = 10.0
_PATIENCE_SECONDS = 30.0
MIGRATION_ATTEMPTS = 180
"""So often, each for `_BUSY_SECONDS`, a start waits for another one that migrates: half an hour."""
_CANNOT_WRITE = (
    "The database {} cannot be written: check the directory, its owner and whether the disk is "
    "read-only."
)


def prepare(path: Path, *, may_create: bool = True) -> bool:
    """Creates or migrates the database at `path`, and puts every guard in its place.

    Returns whether it was created. It is written to in any case, so a disk without room is found.
    Blocks: call it in a thread. Raises `ConfigurationError` with a sentence that says what to do.
    """
    try:
        is_new = may_create and _create(path)
        _refuse_other_names(path)
        with contextlib.closing(identity.connect(path, busy_seconds=_BUSY_SECONDS)) as raw:
            _refuse_strangers(raw, path)
            _write_ahead(raw)
            is_ready = _count_if_ready(raw)
        if not is_ready:
            _migrate(path)
        return is_new
    except OSError as error:
        raise ConfigurationError(_CANNOT_WRITE.format(path)) from error
    except (sqlite3.Error, sa.exc.DBAPIError) as error:
        raise refusal(path, error) from error


def check(connection: sqlite3.Connection) -> str | None:
    """Returns why a running service is not ready, in a sentence, or None."""
    if revision(connection) != HEAD:
        return "The schema is not the one of this version."
    if triggers.absent(dict(connection.execute(triggers.PRESENT).fetchall())):
        return "The database lacks a guard that keeps revoked keys revoked."
    return None


def other_names(path: Path) -> str | None:
    """Returns why the file must not have more than one name, if it has.

    SQLite keeps the write-ahead log beside the name that a process opened. A process that opened
    another name does not see what is in it (https://sqlite.org/howtocorrupt.html).
    """
    found = path.stat()
    count = found.st_nlink
    if count == 1 or not stat.S_ISREG(found.st_mode):
        return None
    return (
        f"{path} has {count} names (hard links), and a process that opens another one does not see "
        "what is written here: remove the others."
    )


def _create(path: Path) -> bool:
    """Makes an empty file that nobody else can read; SQLite gives its other files that mode.

    One that is there is not opened: closing it would drop the locks that this process has on it.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    try:
        privatefile.give_to_owner_of(descriptor, path.absolute().parent)
    finally:
        os.close(descriptor)
    return True


def _refuse_other_names(path: Path) -> None:
    if (found := other_names(path)) is not None:
        raise ConfigurationError(found)


def _refuse_strangers(connection: sqlite3.Connection, path: Path) -> None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    if tables and application_id != APPLICATION_ID:
        raise ConfigurationError(
            f"{path} is a database of another program: name another one with --database-url."
        )
    found = revision(connection)
    if found is not None and found not in KNOWN:
        raise ConfigurationError(
            f"The database {path} was written by a newer keyconsole (schema {found}): "
            "upgrade this one."
        )


def revision(connection: sqlite3.Connection) -> str | None:
    """Returns the revision of a database; None if it has none yet."""
    exists = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
    ).fetchall()
    if not exists:
        return None
    rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(rows[0][0]) if rows else None


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switches to WAL. The busy timeout does not cover the switch, so two starters take turns."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
            continue
        if mode != "wal":
            raise sqlite3.OperationalError("write-ahead logging is not possible here")
        return


def _count_if_ready(connection: sqlite3.Connection) -> bool:
    """Counts a write if the database lacks nothing; returns false for one that does."""
    if check(connection) is not None:
        return False
    connection.execute("BEGIN IMMEDIATE")
    is_ready = check(connection) is None
    if is_ready:
        identity.count_write(connection)
    connection.execute("COMMIT")
    return is_ready


def _migrate(path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    sa.event.listen(engine, "connect", _own_transactions)
    sa.event.listen(engine, "begin", _begin_immediate)
    with engine.begin() as connection:
        raw = connection.connection.driver_connection
        if not isinstance(raw, sqlite3.Connection):
            raise TypeError("the SQLite driver is expected")
        if revision(raw) != HEAD:
            run_scripts(connection)
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        triggers.install(connection)
        identity.count_write(raw)


def _own_transactions(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_immediate(connection: sa.Connection) -> None:
    """Begins to write. The holder of the lock may be migrating, for which it waits longer."""
    raw = connection.connection.driver_connection
    for _ in range(MIGRATION_ATTEMPTS):
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except sa.exc.OperationalError as error:
            is_busy = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or revision(cast("sqlite3.Connection", raw)) in (None, HEAD):
                raise
            progress.say(progress.WAITING)
        else:
            return
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def refusal(path: Path, error: Exception) -> ConfigurationError:
    """Returns the error for a database that cannot be opened, made or migrated."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    match code:
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            sentence = f"{path} is not a database, or is damaged: put it back from a backup."
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            sentence = _CANNOT_WRITE.format(path)
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR:
            sentence = f"The disk of the database {path} is full, read-only or failing."
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            sentence = (
                f"The database {path} is locked by another program. One that migrates it is to "
                "finish first; then try again."
            )
        case _:
            sentence = f"The database {path} cannot be used."
    return ConfigurationError(sentence)
