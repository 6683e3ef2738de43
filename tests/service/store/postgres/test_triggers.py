"""Every writer of SQL is refused, whatever the form of the statement."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.service.databases import Engine
from tests.service.world import World

from keyconsole.service.store.postgres.connecting import Primary, connect
from keyconsole.service.store.tables import api_keys
from keyconsole.service.store.triggers import FROZEN

ENGINES = [Engine.POSTGRESQL]

REFUSED = asyncpg.IntegrityConstraintViolationError


@pytest.fixture
async def raw(world: World) -> AsyncIterator[Primary]:
    connection = await connect(world.settings.database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def keys(world: World) -> tuple[str, str]:
    """The pids of a revoked and of a live key."""
    integration = await world.admin.integration()
    dead, _ = await world.admin.key(integration, metadata={"team": "billing"})
    live, _ = await world.admin.key(integration)
    assert (await world.admin.revoke(dead)).status_code == 200
    return dead[4:], live[4:]


async def row(raw: Primary, pid: str) -> dict[str, object]:
    return dict(await raw.fetchrow("SELECT * FROM api_keys WHERE pid = $1", pid) or {})


CHANGES = {"integer": "1", "bigint": "1", "text": "'x'", "json": "'{}'", "bytea": "'x'"}


async def test_nothing_of_a_revoked_key_is_ever_changed(
    raw: Primary, keys: tuple[str, str]
) -> None:
    dead, _ = keys
    columns = await raw.fetch(
        "SELECT column_name, data_type FROM information_schema.columns "
        "WHERE table_name = 'api_keys'"
    )
    types = {each["column_name"]: each["data_type"] for each in columns}
    before = await row(raw, dead)
    for column in FROZEN:
        with pytest.raises(REFUSED, match=r"revoked is for ever|born with"):
            await raw.execute(
                f"UPDATE api_keys SET {column} = {CHANGES[types[column]]} WHERE pid = $1", dead
            )
        if before[column] is not None and api_keys.c[column].nullable:
            with pytest.raises(REFUSED):
                await raw.execute(f"UPDATE api_keys SET {column} = NULL WHERE pid = $1", dead)
    assert await row(raw, dead) == before


async def test_use_of_a_revoked_key_may_still_be_counted(
    raw: Primary, keys: tuple[str, str]
) -> None:
    dead, _ = keys
    await raw.execute("UPDATE api_keys SET last_used_at = 5, sources = 1 WHERE pid = $1", dead)
    assert (await row(raw, dead))["last_used_at"] == 5


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM api_keys WHERE pid = $1",
        "WITH gone AS (DELETE FROM api_keys WHERE pid = $1 RETURNING 1) SELECT * FROM gone",
        "INSERT INTO api_keys SELECT * FROM api_keys WHERE pid = $1 "
        "ON CONFLICT (pid) DO UPDATE SET revoked_at = NULL",
        "MERGE INTO api_keys USING (SELECT $1::text AS it) AS it ON pid = it "
        "WHEN MATCHED THEN DELETE",
    ],
)
async def test_a_key_is_neither_deleted_nor_replaced(
    raw: Primary, keys: tuple[str, str], statement: str
) -> None:
    dead, _ = keys
    before = await row(raw, dead)
    with pytest.raises(REFUSED):
        await raw.execute(statement, dead)
    assert await row(raw, dead) == before


async def test_the_pid_of_a_live_key_cannot_become_another(
    raw: Primary, keys: tuple[str, str]
) -> None:
    for column in ("pid", "integration_id", "workspace_id", "created_by"):
        with pytest.raises(REFUSED, match="born with"):
            await raw.execute(f"UPDATE api_keys SET {column} = 'other' WHERE pid = $1", keys[1])


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE api_keys CASCADE",
        "TRUNCATE integrations CASCADE",
        "TRUNCATE workspaces CASCADE",
        "TRUNCATE audit_events",
        "DELETE FROM audit_events",
        "UPDATE audit_events SET actor = 'nobody'",
        "UPDATE audit_events SET sequence = 100 WHERE sequence = 2",
        "SET session_replication_role = replica; DELETE FROM audit_events",
        "SET session_replication_role = replica; DELETE FROM api_keys",
        "SET session_replication_role = replica; TRUNCATE api_keys CASCADE",
    ],
)
async def test_neither_keys_nor_the_log_are_ever_fewer(
    world: World, raw: Primary, keys: tuple[str, str], statement: str
) -> None:
    before = await world.contents()
    with pytest.raises(REFUSED, match="never"):
        await raw.execute(statement)
    after = await world.contents()
    assert (after["api_keys"], after["audit_events"]) == (
        before["api_keys"],
        before["audit_events"],
    )


async def test_the_service_is_not_ready_without_a_guard(world: World) -> None:
    assert (await world.gateway.get("/readyz")).status_code == 200
    await world.drop_guard("api_keys_never_truncated", "api_keys")
    answer = await world.gateway.get("/readyz")
    assert answer.status_code == 503
    assert "guard" in answer.json()["detail"]
