"""Whoever can write the log of revokes neither stops a restore nor hides that a line is gone."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from keyconsole.core.errors import ConfigurationError
from keyconsole.service import revocationlog, rootkeys
from keyconsole.service.revocationlog import LoggedRevoke, RevocationLog, UnreadableLine, read
from keyconsole.service.settings import ServiceSettings

MISSING = "lines before it are missing"


@pytest.fixture
def roots(tmp_path: Path) -> rootkeys.RootKeys:
    (tmp_path / "keys").mkdir(mode=0o700)
    return rootkeys.create(ServiceSettings.from_environment(tmp_path / "keys", environ={}))


def revokes(*numbers: int) -> list[LoggedRevoke]:
    return [LoggedRevoke(f"{number:016}", "ws_1", number) for number in numbers]


async def logged(path: Path, roots: rootkeys.RootKeys, *numbers: int) -> list[bytes]:
    """The lines of a log that one process wrote, each revoke by itself."""
    log = RevocationLog(path, roots)
    for each in revokes(*numbers):
        await log.append([each])
    await log.aclose()
    return lines_of(path)


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def found(path: Path, roots: rootkeys.RootKeys) -> tuple[list[LoggedRevoke], list[str]]:
    """The revokes of a log, and what is said of its lines."""
    lines = list(read(path, roots))
    return [each for each in lines if isinstance(each, LoggedRevoke)], [
        str(each).removeprefix(f"{path}, ") for each in lines if isinstance(each, UnreadableLine)
    ]


async def test_each_process_has_a_file_of_its_own(tmp_path: Path, roots: rootkeys.RootKeys) -> None:
    path = tmp_path / "log"
    first, second, third = (RevocationLog(path, roots) for _ in range(3))
    for number, each in enumerate((first, second, third)):
        await each.append(revokes(2 * number, 2 * number + 1))
    await second.aclose()
    fourth = RevocationLog(path, roots)
    await fourth.append(revokes(6))
    for each in (first, third, fourth):
        await each.aclose()

    files = [path, Path(f"{path}.1"), Path(f"{path}.2")]
    assert [list(read(each, roots)) for each in files] == [
        revokes(0, 1), [*revokes(2, 3), *revokes(6)], revokes(4, 5),
    ]  # fmt: skip
    assert {each.stat().st_mode & 0o777 for each in files} == {0o600}


async def test_what_cannot_be_written_is_written_once_it_can(
    tmp_path: Path, roots: rootkeys.RootKeys
) -> None:
    directory = tmp_path / "later"
    log = RevocationLog(directory / "log", roots)
    await log.append(revokes(0, 1))
    assert log.unwritten == 2
    directory.mkdir()
    await log.append(revokes(2))
    assert log.unwritten == 0
    await log.aclose()
    assert list(read(directory / "log", roots)) == revokes(0, 1, 2)


def changed(line: bytes, **fields: Any) -> bytes:
    return json.dumps(json.loads(line) | fields).encode()


async def test_a_line_that_is_cut_forged_or_damaged_is_named(
    tmp_path: Path, roots: rootkeys.RootKeys
) -> None:
    path = tmp_path / "log"
    log = RevocationLog(path, roots)
    await log.append(revokes(0, 1, 2))
    await log.aclose()
    good, other, cut = path.read_bytes().splitlines()
    wrong = [
        changed(other, public_key="kcp_0000000000000009"), changed(other, at=7),
        changed(other, workspace_id="ws_2"), changed(other, mac="ü"),
        changed(other, root_id="rk_0000000000"), b"{}", b"[1]", b"\xff", b"nothing",
    ]  # fmt: skip
    path.write_bytes(b"\n".join([good, *wrong, b"", cut[:-9]]))

    found = list(read(path, roots))

    assert found[0] == revokes(0)[0]
    assert all(isinstance(each, UnreadableLine) for each in found[1:])
    told = [str(each).removeprefix(f"{path}, ") for each in found[1:]]
    forged = "its MAC is wrong: somebody else wrote or changed it"
    assert told == [
        *(f"line {number}: {forged}" for number in (2, 3, 4, 5)),
        "line 6: its root key rk_0000000000 is not loaded",
        *(f"line {number}: it is no revoke" for number in (7, 8, 9, 10)),
        "line 12: it was cut",
    ]

    again = RevocationLog(path, roots)  # what follows a cut line stands on one of its own
    await again.append(revokes(5))
    await again.aclose()
    assert list(read(path, roots))[-1] == revokes(5)[0]


def hostile_lines(good: bytes) -> Iterator[bytes]:
    """Lines that somebody made of a good one, of whatever type and size their fields may be."""
    values: list[Any] = [
        float("inf"), float("nan"), 10**4000, -1, 1.5, True, None, [], {}, "", "\ud800", "7" * 5000,
    ]  # fmt: skip
    for field in ("public_key", "workspace_id", "at", "root_id", "mac", "previous"):
        for value in values:
            yield json.dumps(json.loads(good) | {field: value}).encode()
    yield b"[" * 100_000
    yield b"\0"
    yield b'"\xed\xa0\x80"'


async def test_no_line_that_somebody_adds_stops_the_reading_of_the_others(
    tmp_path: Path, roots: rootkeys.RootKeys
) -> None:
    path = tmp_path / "log"
    first, second = await logged(path, roots, 1, 2)
    hostile = list(hostile_lines(second))
    path.write_bytes(first + b"\n".join(hostile) + b"\n" + second)

    there, named = found(path, roots)

    assert [each for each in there if each.at == 1] == revokes(1)
    assert there[-1:] == revokes(2)
    assert set(there) == set(revokes(1, 2))
    assert len(named) >= len(hostile) - 1  # a line whose `previous` is another
    assert all("\x1b" not in each and each.isprintable() for each in named)


@pytest.mark.parametrize("taken", [(0,), (1,), (2, 3), (0, 1, 2)])
async def test_lines_that_were_taken_away_are_missed_and_the_others_count(
    tmp_path: Path, roots: rootkeys.RootKeys, taken: tuple[int, ...]
) -> None:
    path = tmp_path / "log"
    lines = await logged(path, roots, 0, 1, 2, 3, 4)
    path.write_bytes(b"".join(line for n, line in enumerate(lines) if n not in taken))

    there, named = found(path, roots)

    assert there == revokes(*(n for n in range(5) if n not in taken))
    assert named == [f"line {taken[0] + 1}: {MISSING}"]


async def test_lines_in_another_order_or_of_another_file_are_missed_too(
    tmp_path: Path, roots: rootkeys.RootKeys
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    mine, theirs = await logged(one, roots, 0, 1, 2), await logged(other, roots, 5, 6, 7)

    one.write_bytes(mine[0] + mine[2] + mine[1])
    assert found(one, roots) == (
        revokes(0, 2, 1), [f"line 2: {MISSING}", f"line 3: {MISSING}"],
    )  # fmt: skip
    one.write_bytes(mine[0] + theirs[1] + mine[2])
    assert found(one, roots)[1] == [f"line 2: {MISSING}", f"line 3: {MISSING}"]
    one.write_bytes(b"".join([*mine, *theirs]))  # `cat log log.1`
    assert found(one, roots) == (revokes(0, 1, 2, 5, 6, 7), [])


async def test_a_log_goes_on_where_the_process_before_ended(
    tmp_path: Path, roots: rootkeys.RootKeys
) -> None:
    path = tmp_path / "log"
    for number in range(3):
        await logged(path, roots, number)
    assert found(path, roots) == (revokes(0, 1, 2), [])


@pytest.mark.parametrize("kept", [0, 1, 200, -5])
async def test_a_log_that_is_cut_while_the_service_writes_loses_no_later_line(
    tmp_path: Path, roots: rootkeys.RootKeys, kept: int
) -> None:
    path = tmp_path / "log"
    log = RevocationLog(path, roots)
    await log.append(revokes(0, 1))
    os.truncate(path, kept if kept >= 0 else path.stat().st_size + kept)
    await log.append(revokes(2))
    await log.append(revokes(3))
    await log.aclose()

    there, named = found(path, roots)

    assert there[-2:] == revokes(2, 3)
    assert any(each.endswith(MISSING) for each in named)


async def test_a_file_that_is_exchanged_is_begun_anew(
    tmp_path: Path, roots: rootkeys.RootKeys
) -> None:
    path = tmp_path / "log"
    log = RevocationLog(path, roots)
    await log.append(revokes(0, 1))
    for swap in (path.unlink, lambda: path.rename(tmp_path / "old")):
        swap()
        await log.append(revokes(2))
        assert found(path, roots) == (revokes(2), [])
    await log.aclose()


async def test_no_other_kind_of_file_is_written_and_its_revokes_wait(
    tmp_path: Path, roots: rootkeys.RootKeys
) -> None:
    path = tmp_path / "log"
    log = RevocationLog(path, roots)
    await log.append(revokes(0))
    keys = (tmp_path / "keys" / "root-keys").read_bytes()
    makers: dict[str, Callable[[], None]] = {
        "pipe": lambda: os.mkfifo(path),
        "directory": path.mkdir,
        "loop": lambda: path.symlink_to(path),
        "device": lambda: path.symlink_to("/dev/null"),
        "root keys": lambda: path.symlink_to(tmp_path / "keys" / "root-keys"),
        "database": lambda: _sqlite(path),
    }
    for number, make in enumerate(makers.values(), 1):
        path.rename(tmp_path / f"old-{number}") if path.exists() else None
        make()
        await log.append(revokes(number))
        assert log.unwritten == number
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    await log.append(revokes(9))
    assert log.unwritten == 0
    await log.aclose()
    assert found(path, roots) == (revokes(*range(1, len(makers) + 1), 9), [])
    assert (tmp_path / "keys" / "root-keys").read_bytes() == keys


def _sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE anything (id)")


async def test_a_write_that_was_not_synced_is_repeated_and_nothing_is_missed(
    tmp_path: Path, roots: rootkeys.RootKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    log = RevocationLog(path, roots)
    await log.append(revokes(0))
    with monkeypatch.context() as failing:

        def fsync(_descriptor: int) -> None:
            raise OSError(5, "Input/output error")

        failing.setattr(os, "fsync", fsync)
        await log.append(revokes(1))
        assert log.unwritten == 1
    await log.append(revokes(2))
    await log.aclose()
    there, named = found(path, roots)
    assert (set(there), named) == (set(revokes(0, 1, 2)), [])


async def test_a_log_that_is_longer_than_is_read_is_refused_as_a_whole(
    tmp_path: Path, roots: rootkeys.RootKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    lines = await logged(path, roots, 0, 1)
    monkeypatch.setattr(revocationlog, "LONGEST_FILE", len(lines[0]))
    with pytest.raises(ConfigurationError, match="is longer than"):
        list(read(path, roots))
