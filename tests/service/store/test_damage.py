"""Values that are not of the type of their column: rows are shown, and the chain refuses them."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest
from tests.service.databases import Engine
from tests.service.world import World

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.app import create_app
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store import audit, damage
from keyconsole.service.store.engine import StoreDamagedError, StoreUnavailableError
from keyconsole.service.store.opening import open_database
from keyconsole.service.store.sqlite import lookup, schema

ENGINES = [Engine.SQLITE]

INVALID = "CAST(x'61ff62' AS TEXT)"
BLOB = "x'61ff62'"
SAME = "CAST({} AS BLOB)"
TEXTS = (
    "id", "actor", "action", "target", "target_name", "integration_id", "detail", "request_id",
    "root_id", "hash", "address",
)  # fmt: skip


async def spoil(world: World, table: str, column: str, value: str, where: str = "1") -> None:
    """Write a value past every guard, as whoever has the file could.

    It waits for the lock in a thread: a write that the service began ends meanwhile.
    """
    await asyncio.to_thread(_spoil, world.database, table, f"{column} = {value}", where)


def _spoil(database: Path, table: str, change: str, where: str) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as raw:
        triggers = raw.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
        ).fetchall()
        for (name,) in triggers:
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute(f"UPDATE {table} SET {change} WHERE {where}")


def without_constraints(world: World, table: str) -> None:
    """Take NOT NULL away from a table, as whoever has the file could."""
    with closing(sqlite3.connect(world.database, isolation_level=None)) as raw:
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute(
            "UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE name = ?", (table,)
        )
        raw.execute("PRAGMA writable_schema = RESET")


@pytest.mark.parametrize("column", TEXTS)
@pytest.mark.parametrize("value", [INVALID, BLOB, SAME])
async def test_an_event_that_is_damaged_does_not_follow_and_is_listed(
    world: World, column: str, value: str
) -> None:
    for number in range(4):
        await world.admin.integration(f"integration {number}")
    await spoil(world, "audit_events", column, value.format(column), "sequence = 4")
    found = (await world.admin.get("/v1/audit/verification")).json()
    listed = (await world.admin.get("/v1/audit")).json()["items"]
    [(kind,)] = await world.sql(f"SELECT typeof({column}) FROM audit_events WHERE sequence = 4")
    is_null = kind == "null"
    assert (found["verified"], found["first_broken"]) == ((6, None) if is_null else (3, 4))
    assert [event["sequence"] for event in listed if event["damaged"]] == ([] if is_null else [4])
    assert len(listed) == 6


@pytest.mark.parametrize("column", [*TEXTS, "at"])
async def test_an_event_without_a_value_does_not_follow_and_is_listed(
    world: World, column: str
) -> None:
    await world.admin.integration()
    await world.app.aclose()
    without_constraints(world, "audit_events")
    await spoil(world, "audit_events", column, "NULL", "sequence = 3")
    await world.app.start()
    found = (await world.admin.get("/v1/audit/verification")).json()
    optional = column in ("integration_id", "address")
    if not optional:
        assert (found["verified"], found["first_broken"]) == (2, 3)
    listed = (await world.admin.get("/v1/audit")).json()["items"]
    assert [event["sequence"] for event in listed if event["damaged"]] == ([] if optional else [3])


@pytest.mark.parametrize("value", [INVALID, BLOB])
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("api_keys", "label"),
        ("api_keys", "created_by"),
        ("api_keys", "last_source"),
        ("api_keys", "incident"),
        ("api_keys", "metadata"),
        ("api_keys", "allowed_ips"),
        ("api_keys", "limits"),
        ("integrations", "name"),
        ("integrations", "provider"),
        ("integrations", "client_id"),
        ("integrations", "scopes"),
        ("usage_sources", "agent"),
        ("usage_hours", "outcome"),
        ("refusals", "agent"),
        ("workspaces", "name"),
        ("accounts", "name"),
        ("operator_tokens", "label"),
    ],
)
async def test_lists_show_rows_that_are_damaged(
    world: World, table: str, column: str, value: str
) -> None:
    public_key, secret = await world.admin.key(await world.admin.integration())
    assert (await world.verify(secret)).status_code == 200
    assert (await world.verify(f"{secret[:-6]}000000")).status_code == 401
    await world.runtime.recorder.flush()
    await spoil(world, table, column, value)
    for path in (
        "/v1/me",
        "/v1/keys",
        f"/v1/keys/{public_key}",
        f"/v1/keys/{public_key}/usage",
        "/v1/integrations",
        "/v1/refusals",
        "/v1/members",
        "/v1/tokens",
        "/v1/audit",
    ):
        assert (await world.admin.get(path)).status_code == 200, path


async def test_a_row_that_cannot_be_read_lets_nobody_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither where reading it as bytes fails too, nor where the statement itself does."""
    _, secret = await world.admin.key(await world.admin.integration())
    await spoil(world, "api_keys", "allowed_ips", INVALID)
    with monkeypatch.context() as patched:
        patched.setattr(damage, "decode", Mock(side_effect=sqlite3.OperationalError("gone")))
        unread = await world.verify(secret)
    with monkeypatch.context() as patched:
        patched.setattr(lookup, "_FIND", "SELECT no_such_column FROM api_keys WHERE pid = ?")
        failed = await world.verify(secret)

    for answer in (unread, failed):
        assert (answer.status_code, answer.json()["error"]) == (503, "store-unavailable")


def spoil_page_of(database: Path, table: str) -> None:
    """Overwrite the first page of a table, as a failing disk or a mix of two files does."""
    with closing(sqlite3.connect(database)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = raw.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()
        (size,) = raw.execute("PRAGMA page_size").fetchone()
    with database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


async def test_a_damaged_database_is_no_defect_of_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ServiceSettings.from_environment(tmp_path, environ={})
    await initialize(settings, workspace="Acme", account="ops@acme.example")
    spoil_page_of(settings.database_path, "audit_events")
    with pytest.raises(ConfigurationError, match="is damaged: put it back from a backup"):
        await create_app(settings).start()
    opened = await open_database(settings)
    with pytest.raises(StoreDamagedError):
        async with opened.store.read() as tx:
            await audit.lengths(tx)
    for code, expected in (
        (sqlite3.SQLITE_CORRUPT, StoreDamagedError),
        (sqlite3.SQLITE_BUSY, StoreUnavailableError),
    ):
        error = sqlite3.DatabaseError("what the driver says")
        error.sqlite_errorcode = code
        monkeypatch.setattr(schema, "check", Mock(side_effect=error))
        with pytest.raises(StoreUnavailableError) as raised:
            await opened.lookup.check()
        assert raised.type is expected
    await opened.lookup.aclose()
    await opened.store.aclose()
