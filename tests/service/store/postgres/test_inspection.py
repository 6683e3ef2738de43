"""`service check` on a server: what is wrong is named, and nothing is changed."""

import asyncio
from dataclasses import replace

import pytest
from tests.service.databases import Engine
from tests.service.world import World

from keyconsole.service.checkup import Checkup, check
from keyconsole.service.clock import HOUR, system_clock

ENGINES = [Engine.POSTGRESQL]


async def look(world: World) -> Checkup:
    world.settings.data_dir.chmod(0o700)
    return await asyncio.to_thread(check, world.settings, lambda: system_clock() + HOUR)


def wrong(found: Checkup) -> list[str]:
    return [finding.name for finding in found.findings if not finding.ok]


async def test_all_is_looked_at_and_keys_are_counted_by_root(world: World) -> None:
    integration = await world.admin.integration()
    dead, _ = await world.admin.key(integration)
    await world.admin.key(integration)
    await world.admin.revoke(dead)
    await world.runtime.token_last_used.flush()
    before = await world.contents()
    found = await look(world)
    assert [finding.name for finding in found.findings] == [
        "database", "server", "schema", "guards", "durability", "root key", "roots",
        "permissions", "clock",
    ]  # fmt: skip
    assert wrong(found) == ["durability"]  # the server of the tests waits for no disk
    [root] = found.roots
    assert (root.use.keys, root.use.live_keys, root.signs) == (2, 1, True)
    assert root.use.audit_events == len(before["audit_events"])
    assert await world.contents() == before


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("guards", "DROP TRIGGER api_keys_never_truncated ON api_keys"),
        ("guards", "ALTER TABLE audit_events DISABLE TRIGGER audit_events_never_deleted"),
        ("schema", "UPDATE alembic_version SET version_num = '0'"),
        ("schema", "DROP TABLE alembic_version"),
        ("roots", "UPDATE root_keys SET id = 'rk_0000000000'"),
    ],
)
async def test_what_is_wrong_is_named(world: World, name: str, statement: str) -> None:
    await world.admin.key(await world.admin.integration())
    await world.sql(statement)
    assert name in wrong(await look(world))


async def test_a_server_that_is_not_there_is_named_without_its_password(world: World) -> None:
    url = "postgresql://ops:hunter2@127.0.0.1:1/keys"
    world.settings = replace(world.settings, database_url=url)
    found = await look(world)
    assert wrong(found)[0] == "database"
    assert "hunter2" not in repr(found)
