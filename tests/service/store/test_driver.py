"""A statement on SQLite goes to its thread once, and leaves nothing open behind it."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from keyconsole.service.store.sqlite import driver, identity
from keyconsole.service.store.sqlite.driver import Connection, Cursor


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[Connection]:
    (tmp_path / "a.db").touch()
    opened = await driver.connect(tmp_path / "a.db")
    await run(opened, "CREATE TABLE keys (name TEXT UNIQUE, number INTEGER)")
    yield opened
    await opened.close()


async def run(connection: Connection, statement: str, *parameters: object) -> Cursor:
    """As SQLAlchemy does it."""
    cursor = await connection.cursor().__aenter__()
    await cursor.execute(statement, parameters)
    await cursor.close()
    return cursor


async def test_a_statement_is_one_journey(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    journeys = []

    async def counted(call: Any) -> Any:
        journeys.append(call)
        return await there(call)

    there = connection.run
    monkeypatch.setattr(connection, "run", counted)
    cursor = await run(connection, "SELECT 1 AS one UNION SELECT 2")
    assert await cursor.fetchall() == [(1,), (2,)]
    assert cursor.description[0][0] == "one"
    assert len(journeys) == 1


async def test_what_was_written_is_told(connection: Connection) -> None:
    many = connection.cursor()
    await many.executemany("INSERT INTO keys VALUES (?, ?)", [("a", 1), ("b", 2)])
    assert many.rowcount == 2
    changed = await run(connection, "UPDATE keys SET number = 3 WHERE name = ?", "a")
    assert (changed.rowcount, await changed.fetchall()) == (1, ())
    made = await run(connection, "INSERT INTO keys VALUES ('c', 4) RETURNING number")
    assert await made.fetchall() == [(4,)]
    assert made.lastrowid == 3


async def test_what_is_refused_leaves_the_connection_as_good_as_before(
    connection: Connection,
) -> None:
    await run(connection, "INSERT INTO keys VALUES ('a', 1)")
    with pytest.raises(sqlite3.IntegrityError):
        await run(connection, "INSERT INTO keys VALUES ('a', 2)")
    assert await (await run(connection, "SELECT number FROM keys")).fetchall() == [(1,)]


async def test_a_list_that_was_read_holds_no_snapshot(
    connection: Connection, tmp_path: Path
) -> None:
    await run(connection, "PRAGMA journal_mode = WAL")
    await connection.commit()
    await run(connection, "SELECT * FROM keys")
    other = await driver.connect(tmp_path / "a.db")
    await run(other, "INSERT INTO keys VALUES ('new', 1)")
    await other.commit()
    await other.close()
    assert await (await run(connection, "SELECT name FROM keys")).fetchall() == [("new",)]


async def test_a_snapshot_lasts_from_its_first_statement_to_its_end(
    connection: Connection, tmp_path: Path
) -> None:
    await run(connection, "PRAGMA journal_mode = WAL")
    reader = await driver.connect(tmp_path / "a.db", takes_snapshots=True)

    async def names() -> Any:
        return await (await run(reader, "SELECT name FROM keys")).fetchall()

    assert await names() == []
    await run(connection, "INSERT INTO keys VALUES ('new', 1)")
    assert await names() == []
    await reader.rollback()
    assert not reader.in_transaction
    assert await names() == [("new",)]
    await reader.close()


async def test_a_statement_that_was_given_up_leaves_no_snapshot(
    connection: Connection, tmp_path: Path
) -> None:
    """Its thread comes to it only after nobody waits for it any more."""
    await run(connection, "PRAGMA journal_mode = WAL")
    reader = await driver.connect(tmp_path / "a.db", takes_snapshots=True)
    go_on = threading.Event()
    blocking = asyncio.ensure_future(reader.run(lambda _: go_on.wait(10)))
    asked = asyncio.ensure_future(run(reader, "SELECT name FROM keys"))
    await asyncio.sleep(0)
    asked.cancel()
    ending = asyncio.ensure_future(reader.rollback())
    with pytest.raises(asyncio.CancelledError):
        await asked
    go_on.set()
    await blocking
    await ending

    assert not reader.in_transaction
    await reader.close()


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("is_open", [False, True], ids=["opening", "opened"])
async def test_a_file_whose_opening_was_given_up_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_open: bool
) -> None:
    reached, go_on, done = threading.Event(), threading.Event(), threading.Event()
    files: list[sqlite3.Connection] = []

    class Slowly(driver._Opening):
        def run(self) -> sqlite3.Connection:
            reached.set()
            go_on.wait(10)
            files.append(super().run())
            done.set()
            return files[0]

    monkeypatch.setattr(driver, "_Opening", Slowly)
    asked = asyncio.ensure_future(driver.connect(tmp_path / "a.db"))
    await asyncio.to_thread(reached.wait, 10)
    if is_open:
        go_on.set()
        done.wait(10)  # the loop has not learnt of it
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    go_on.set()
    await asyncio.to_thread(done.wait, 10)

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        files[0].execute("SELECT 1")


async def test_a_connection_is_not_closed_while_its_settings_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on, done = threading.Event(), threading.Event(), threading.Event()
    closed_by = []

    class Opened:
        def execute(self, _statement: str) -> None:
            reached.set()
            go_on.wait(10)

        def close(self) -> None:
            closed_by.append(threading.current_thread())
            done.set()

    monkeypatch.setattr(identity, "connect", lambda *_, **__: Opened())
    asked = asyncio.ensure_future(driver.connect(tmp_path / "a.db"))
    await asyncio.to_thread(reached.wait, 10)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert closed_by == []
    go_on.set()
    await asyncio.to_thread(done.wait, 10)
    assert threading.current_thread() not in closed_by
