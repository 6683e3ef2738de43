"""Where SQLite puts temporary files. The setting is of a process, so each test starts one."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.service.processes import ENVIRONMENT

CODE = """
import pathlib, sqlite3, sys
from keyconsole.service.store.sqlite import temporary

temporary._DIRECTORIES = tuple(sys.argv[2:])
temporary.provide(pathlib.Path(sys.argv[1]))
print(sqlite3.connect(":memory:").execute("PRAGMA temp_store_directory").fetchall())
"""


def directories(database: Path, *usual: str, **variables: str) -> str:
    environ = {name: value for name, value in ENVIRONMENT.items() if "TMPDIR" not in name}
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(database), *usual],
        env=environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_without_any_other_directory_they_are_beside_the_database(tmp_path: Path) -> None:
    here = tmp_path / "it's here"
    here.mkdir()
    found = directories(here / "keyconsole.db", "/nonexistent")
    assert found == str([(str(here),)])


@pytest.mark.parametrize("variable", ["TMPDIR", "SQLITE_TMPDIR"])
def test_a_directory_that_sqlite_finds_by_itself_is_used(tmp_path: Path, variable: str) -> None:
    database = tmp_path / "keyconsole.db"
    assert directories(database, str(tmp_path)) == "[]"
    assert directories(database, **{variable: str(tmp_path)}) == "[]"
