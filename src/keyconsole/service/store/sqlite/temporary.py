"""Gives SQLite a directory for temporary files on a machine that has none.

A container with a read-only root has no writable `/tmp`. SQLite then fails as if the disk of the
database were full, during migrations and large sorts.
"""

import contextlib
import os
import sqlite3
from pathlib import Path

_VARIABLES = ("SQLITE_TMPDIR", "TMPDIR")
_DIRECTORIES = ("/var/tmp", "/usr/tmp", "/tmp")  # noqa: S108 - those that SQLite tries
_USABLE = os.R_OK | os.W_OK | os.X_OK


def provide(database: Path) -> None:
    """Uses the directory of the database for temporary files if SQLite finds no other.

    It applies to the whole process, and does nothing the second time.
    """
    candidates = [os.environ.get(name, "") for name in _VARIABLES] + list(_DIRECTORIES)
    if any(each and os.path.isdir(each) and os.access(each, _USABLE) for each in candidates):  # noqa: PTH112
        return
    directory = str(database.absolute().parent).replace("'", "''")
    # A directory that cannot be written is refused; then the database cannot be written either.
    with (
        contextlib.closing(sqlite3.connect(":memory:")) as connection,
        contextlib.suppress(sqlite3.Error),
    ):
        if not connection.execute("PRAGMA temp_store_directory").fetchone():
            connection.execute(f"PRAGMA temp_store_directory = '{directory}'")
