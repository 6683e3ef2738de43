"""A database file opened: leased, made ready, and compared with what was expected."""

import sqlite3
from pathlib import Path
from typing import NamedTuple

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.store.sqlite import leftover, schema, temporary
from keyconsole.service.store.sqlite.identity import DatabaseFile, Identity
from keyconsole.service.store.sqlite.lease import Lease, require_files

_UNEXPECTED = (
    "The database {} is not the one that this service was started with. Put the right file back, "
    "then restart the service."
)


class OpenFile(NamedTuple):
    """The file, the lock that goes with it, and whether it was made just now."""

    file: DatabaseFile
    lease: Lease
    is_new: bool


def open_file(path: Path, expected: Identity | None = None) -> OpenFile:
    """Opens the database at a path, made or migrated if that is needed. Blocks.

    With `expected`, as a worker has it from its parent, nothing is made: the file at the path has
    to be that one. Raises `ConfigurationError` with a sentence that says what to do.
    """
    require_files(path)
    lease = Lease(path, may_create=expected is None)
    try:
        _require(path, lease.running, expected)
        is_first = expected is None and lease.running is None
        if lease.running is None:
            leftover.require_own_log(path)
            leftover.require_confirmed_writes(path)
        temporary.provide(path)
        is_new = schema.prepare(path, may_create=is_first)
        file = _opened(path)
        try:
            _require(path, file.identity, expected)
            lease.publish(file)
        except BaseException:
            file.close()
            raise
    except BaseException:
        lease.close()
        raise
    return OpenFile(file, lease, is_new)


def _require(path: Path, found: Identity | None, expected: Identity | None) -> None:
    if expected is not None and found != expected:
        raise ConfigurationError(_UNEXPECTED.format(path))


def _opened(path: Path) -> DatabaseFile:
    try:
        return DatabaseFile(path)
    except OSError as error:
        raise ConfigurationError(f"{path} was replaced while it was opened. Try again.") from error
    except sqlite3.Error as error:
        raise schema.refusal(path, error) from error
