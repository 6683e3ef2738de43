"""A file looked at without changing it: for `service check` and after a restore."""

import contextlib
import sqlite3
from pathlib import Path

from keyconsole.service.store import damage
from keyconsole.service.store.inspection import (
    ROOT_USES,
    SEEN_ROOTS,
    TIMES,
    WIDE_TOKENS,
    Finding,
    Inspection,
    WrittenTimes,
    guards_finding,
    not_checked,
    root_uses,
    schema_finding,
)
from keyconsole.service.store.sqlite import (
    identity,
    lease,
    leftover,
    schema,
    temporary,
    triggers,
    values,
)
from keyconsole.service.store.sqlite.writability import UNWRITABLE, lacks_room

_BUSY_SECONDS = 4.0
_OF_THE_SCHEMA = ("guards", "integrity", "values", "pragmas", "writing")
_PRAGMAS = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}


def inspect(path: Path, now: int) -> Inspection:
    """Inspects a database; never makes or migrates one. Blocks: call it in a thread."""
    if (other := lease.other_kind(path)) is not None:
        return _unread(other, not_checked("file"))
    if not path.exists():
        file = _use(path)
        return _unread(f"There is no {path}.", not_checked("file") if file.ok else file)
    if (mixed := _mixed(path)) is not None:
        return _unread(f"{path} was not opened, which would apply the log.", mixed)
    try:
        with contextlib.closing(open_existing(path)) as raw:
            return _inspect(raw, path, now)
    except sqlite3.Error as error:
        return _unread(f"{path} cannot be read: {error}.", _use(path))


def open_existing(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """Connects to a file that is there, with the settings the service works with."""
    temporary.provide(path)
    raw = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
    )
    try:
        raw.execute("PRAGMA synchronous = FULL")
        raw.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        raw.close()
        raise
    return raw


def _inspect(raw: sqlite3.Connection, path: Path, now: int) -> Inspection:
    (application_id,) = raw.execute("PRAGMA application_id").fetchone()
    if application_id != schema.APPLICATION_ID:
        return _unread(f"{path} is a database of another program.", not_checked("file"))
    findings = [Finding("database", ok=True, message=str(path)), _state(raw, path)]
    findings.append(schema_finding(schema.revision(raw)))
    if not findings[-1].ok:
        return Inspection([*findings, *map(not_checked, _OF_THE_SCHEMA)], [])
    missing = triggers.absent(dict(raw.execute(triggers.PRESENT).fetchall()))
    findings.append(guards_finding(len(triggers.SQLITE), missing))
    findings += [_integrity(raw), values.finding(raw), _pragmas(raw), _writable(raw, path)]
    raw.text_factory = damage.decode  # a text that is not UTF-8 was told, and hides nothing else
    wide = [text for (text,) in raw.execute(WIDE_TOKENS.format(now="?"), (now,))]
    roots = root_uses(raw.execute(SEEN_ROOTS), raw.execute(ROOT_USES.format(now="?"), (now,)))
    times = (damage.as_number(each) or 0 for each in raw.execute(TIMES).fetchone())
    return Inspection(findings, roots, WrittenTimes(*times), wide)


def _unread(message: str, file: Finding) -> Inspection:
    failed = Finding("database", ok=False, message=message)
    return Inspection([failed, file, *map(not_checked, ("schema", *_OF_THE_SCHEMA))], [])


def _mixed(path: Path) -> Finding | None:
    """Returns the finding of a log of another state, if no process uses the file."""
    with contextlib.suppress(OSError):
        if lease.running(path) is None and (found := leftover.foreign_log(path)) is not None:
            return Finding("file", ok=False, message=found)
    return None


def _use(path: Path) -> Finding:
    """Compares the file with the one that running processes hold."""
    try:
        used = lease.running(path)
    except OSError as error:
        message = f"Its lock file cannot be read: {(error.strerror or 'refused').lower()}."
        return Finding("file", ok=False, message=message)
    if used is not None and not lease.is_at(path, used):
        return Finding("file", ok=False, message=lease.OTHER_FILE.format(path))
    if path.exists() and (found := schema.other_names(path)) is not None:
        return Finding("file", ok=False, message=found)
    message = "no running process has it" if used is None else "the one that running processes have"
    return Finding("file", ok=True, message=message)


def _state(raw: sqlite3.Connection, path: Path) -> Finding:
    """Compares the number of writes with what was confirmed, then returns as `_use` does."""
    with contextlib.suppress(OSError, sqlite3.Error):
        if lease.running(path) is None and (lost := leftover.lost_writes(path, raw)) is not None:
            return Finding("file", ok=False, message=lost)
        confirmed = lease.confirmed(path)
        if confirmed is not None and identity.is_before(identity.writes_of(raw), confirmed):
            return Finding("file", ok=False, message=identity.OVERWRITTEN)
    return _use(path)


def _integrity(raw: sqlite3.Connection) -> Finding:
    [(first,), *_] = raw.execute("PRAGMA quick_check(1)").fetchall()
    if first == "ok":
        return Finding("integrity", ok=True, message="no damage")
    return Finding(
        "integrity", ok=False, message="The database is damaged: put it back from a backup."
    )


def _pragmas(raw: sqlite3.Connection) -> Finding:
    found = {name: str(raw.execute(f"PRAGMA {name}").fetchone()[0]) for name in _PRAGMAS}
    if found == _PRAGMAS:
        return Finding("pragmas", ok=True, message="write-ahead log, every commit on the disk")
    other = ", ".join(f"{name} = {value}" for name, value in found.items())
    return Finding("pragmas", ok=False, message=f"Not as the service needs them: {other}.")


def _writable(raw: sqlite3.Connection, path: Path) -> Finding:
    if lacks_room(path):
        return Finding("writing", ok=False, message=UNWRITABLE)
    try:
        raw.execute("BEGIN IMMEDIATE")
        raw.execute("ROLLBACK")
    except sqlite3.Error as error:
        return Finding("writing", ok=False, message=f"It cannot be written: {error}.")
    return Finding("writing", ok=True, message="possible")
