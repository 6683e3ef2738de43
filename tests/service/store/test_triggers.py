"""Every writer of SQL is refused, whatever the form of the statement."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.service.databases import Engine
from tests.service.world import World

from keyconsole.service.store.sqlite import triggers

ENGINES = [Engine.SQLITE]

ABORTED = sqlite3.IntegrityError


@pytest.fixture
async def keys(world: World) -> tuple[str, str]:
    """The pids of a revoked and of a live key."""
    integration = await world.admin.integration()
    dead, _ = await world.admin.key(integration)
    live, _ = await world.admin.key(integration)
    assert (await world.admin.revoke(dead)).status_code == 200
    return dead[4:], live[4:]


@pytest.fixture
def raw(world: World) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(world.database, isolation_level=None)) as connection:
        yield connection


def row(raw: sqlite3.Connection, pid: str) -> dict[str, object]:
    cursor = raw.execute("SELECT * FROM api_keys WHERE pid = ?", (pid,))
    names = [column[0] for column in cursor.description]
    return dict(zip(names, cursor.fetchone(), strict=True))


def insert(raw: sqlite3.Connection, verb: str, values: dict[str, object]) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" for _ in values)
    raw.execute(f"{verb} INTO api_keys ({names}) VALUES ({marks})", tuple(values.values()))


@pytest.mark.parametrize("verb", ["UPDATE", "UPDATE OR REPLACE", "UPDATE OR IGNORE"])
@pytest.mark.parametrize(
    "change",
    [
        "revoked_at = NULL",
        "revoked_at = revoked_at + 1",
        "revoke_reason = 'superseded'",
        "revoked_by = 'nobody'",
        "revoked_sequence = NULL",
        "verifier = x'00'",
        "label = 'other'",
        "expires_at = 1",
    ],
)
def test_a_revoked_key_is_never_changed(
    raw: sqlite3.Connection, keys: tuple[str, str], verb: str, change: str
) -> None:
    dead, _ = keys
    before = row(raw, dead)
    with pytest.raises(ABORTED, match="revoked is for ever"):
        raw.execute(f"{verb} api_keys SET {change} WHERE pid = ?", (dead,))
    assert row(raw, dead) == before


def test_use_of_a_revoked_key_may_still_be_counted(
    raw: sqlite3.Connection, keys: tuple[str, str]
) -> None:
    dead, _ = keys
    raw.execute("UPDATE api_keys SET last_used_at = 5, sources = 1 WHERE pid = ?", (dead,))
    assert row(raw, dead)["last_used_at"] == 5


@pytest.mark.parametrize("which", [0, 1])
def test_a_key_is_never_deleted(raw: sqlite3.Connection, keys: tuple[str, str], which: int) -> None:
    with pytest.raises(ABORTED, match="never deleted"):
        raw.execute("DELETE FROM api_keys WHERE pid = ?", (keys[which],))
    assert row(raw, keys[which])


@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE", "INSERT"])
def test_a_key_is_never_replaced_by_an_insert(
    raw: sqlite3.Connection, keys: tuple[str, str], verb: str
) -> None:
    dead, _ = keys
    before = row(raw, dead)
    with pytest.raises(ABORTED, match="never replaced"):
        insert(raw, verb, before | {"revoked_at": None})
    assert row(raw, dead) == before


def test_an_upsert_does_not_revive_a_key(raw: sqlite3.Connection, keys: tuple[str, str]) -> None:
    dead, _ = keys
    values = row(raw, dead)
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" for _ in values)
    with pytest.raises(ABORTED):
        raw.execute(
            f"INSERT INTO api_keys ({names}) VALUES ({marks}) "
            "ON CONFLICT (pid) DO UPDATE SET revoked_at = NULL",
            tuple(values.values()),
        )
    assert row(raw, dead)["revoked_at"] is not None


@pytest.mark.parametrize("verb", ["UPDATE", "UPDATE OR REPLACE"])
def test_the_pid_of_a_live_key_cannot_become_that_of_a_revoked_one(
    raw: sqlite3.Connection, keys: tuple[str, str], verb: str
) -> None:
    dead, live = keys
    with pytest.raises(ABORTED, match="born with"):
        raw.execute(f"{verb} api_keys SET pid = ? WHERE pid = ?", (dead, live))
    assert row(raw, dead)["revoked_at"] is not None


@pytest.mark.parametrize("column", ["integration_id", "workspace_id", "created_by"])
def test_what_a_key_was_born_with_never_changes(
    raw: sqlite3.Connection, keys: tuple[str, str], column: str
) -> None:
    with pytest.raises(ABORTED, match="born with"):
        raw.execute(f"UPDATE api_keys SET {column} = 'other' WHERE pid = ?", (keys[1],))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET actor = 'nobody'",
        "UPDATE OR REPLACE audit_events SET sequence = 1 WHERE sequence = 2",
        "DELETE FROM audit_events",
        "INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events",
        "REPLACE INTO audit_events SELECT * FROM audit_events WHERE sequence = 1",
    ],
)
def test_the_audit_log_only_grows(
    raw: sqlite3.Connection, keys: tuple[str, str], statement: str
) -> None:
    before = raw.execute("SELECT * FROM audit_events ORDER BY sequence").fetchall()
    with pytest.raises(ABORTED, match="audit event"):
        raw.execute(statement)
    assert raw.execute("SELECT * FROM audit_events ORDER BY sequence").fetchall() == before


@pytest.mark.parametrize("name", sorted(triggers.SQLITE))
async def test_the_service_is_not_ready_without_a_guard(
    world: World, raw: sqlite3.Connection, name: str
) -> None:
    assert (await world.gateway.get("/readyz")).status_code == 200
    raw.execute(f"DROP TRIGGER {name}")
    answer = await world.gateway.get("/readyz")
    assert answer.status_code == 503
    assert "guard" in answer.json()["detail"]


async def test_a_guard_that_was_emptied_is_a_guard_that_lacks(
    world: World, raw: sqlite3.Connection
) -> None:
    raw.execute("DROP TRIGGER api_keys_never_deleted")
    raw.execute(
        "CREATE TRIGGER api_keys_never_deleted BEFORE DELETE ON api_keys BEGIN SELECT 1; END"
    )
    assert (await world.gateway.get("/readyz")).status_code == 503
