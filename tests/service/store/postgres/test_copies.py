"""What the tests get from one another: a database as it was, and one server that ends with them."""

import contextlib
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from tests import shared
from tests.service.databases import Engine, a_copy, server
from tests.service.world import TEMPLATE, World, a_world, initialized

from keyconsole.service.store.postgres import schema

ROOT = Path(__file__).parents[4]
CHANGES = [
    "DROP TRIGGER audit_events_never_changed ON audit_events",
    "ALTER TABLE api_keys DISABLE TRIGGER api_keys_never_deleted",
    "ALTER TABLE api_keys ENABLE TRIGGER api_keys_never_truncated",
    "CREATE OR REPLACE FUNCTION api_keys_never_deleted() RETURNS trigger LANGUAGE plpgsql "
    "AS 'BEGIN RETURN OLD; END'",
    "CREATE TABLE bookmarks (url text)",
    "CREATE INDEX other ON api_keys (label)",
    "DROP INDEX ix_api_keys_fuses",
    "ALTER TABLE api_keys ADD COLUMN other text",
    "ALTER TABLE api_keys ALTER COLUMN label DROP NOT NULL",
    "ALTER TABLE key_names SET (fillfactor = 50)",
    "COMMENT ON TABLE alembic_version IS 'other'",
    "CREATE SCHEMA other",
    "ANALYZE workspaces",
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', "
    "current_database()); END $$",
]


async def number(url: str) -> int:
    """Tells a database from every other."""
    connected = "SELECT oid::bigint FROM pg_database WHERE datname = current_database()"
    return int(str(await ask(url, connected)))


async def ask(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def fill(world: World) -> None:
    """Writes to many tables, and takes numbers from the sequences."""
    integration = await world.admin.integration()
    dead, _ = await world.admin.key(integration)
    await world.admin.key(integration, metadata={"team": "billing"})
    assert (await world.admin.revoke(dead)).status_code == 200
    assert (await world.admin.get("/v1/keys", query="key")).status_code == 200


async def test_what_was_written_is_gone_when_it_is_lent_again(tmp_path: Path) -> None:
    async with a_world(tmp_path / "one", Engine.POSTGRESQL) as world:
        url, before = world.settings.database_url, await world.contents()
        first = await number(url)
        await fill(world)
        assert await world.contents() != before
    async with a_world(tmp_path / "other", Engine.POSTGRESQL) as world:
        url = world.settings.database_url
        assert await number(url) == first
        assert await world.contents() == before
        connection = await asyncpg.connect(url)
        assert await schema.check(connection.fetch) is None
        used = "SELECT count(*) FROM pg_sequences WHERE last_value IS NOT NULL"
        assert await connection.fetchval(used) == 0
        await connection.close()


@pytest.mark.parametrize("change", CHANGES)
async def test_one_whose_schema_was_changed_is_not_lent_again(tmp_path: Path, change: str) -> None:
    async with initialized(tmp_path / "made", Engine.POSTGRESQL) as (_, url):
        assert url is not None
        first = await number(url)
        await ask(url, change)
    assert await ask(server(), f"SELECT count(*) FROM pg_database WHERE oid = {first}") == 0
    async with a_copy(TEMPLATE) as again:
        assert await number(again) != first


async def test_whoever_is_still_connected_is_not_when_it_is_lent_again(tmp_path: Path) -> None:
    async with initialized(tmp_path / "made", Engine.POSTGRESQL) as (_, url):
        assert url is not None
        left = await asyncpg.connect(url)
        await left.execute("BEGIN; LOCK TABLE api_keys")
    async with a_copy(TEMPLATE) as again:
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        assert await ask(again, others) == 1
    assert left.is_closed()


def test_the_server_ends_when_the_run_is_killed() -> None:
    server()  # skips where there is none
    code = (
        "import os\n"
        "from tests import shared\n"
        "from tests.service.store.postgres import custodian\n"
        "shared.begin()\n"
        "print(shared.directory())\n"
        "print(custodian.url().partition('host=')[2], flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    run, place = map(Path, done.stdout.split())
    # The custodian holds this lock until the server is gone; it may be gone by now.
    with contextlib.suppress(FileNotFoundError), (run / shared.CUSTODIAN).open() as file:
        shared.wait_for(file)
    assert done.returncode == -9
    assert not place.exists()
    assert not run.exists()
