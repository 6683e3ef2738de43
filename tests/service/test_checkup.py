"""`service check`: nothing wrong goes unseen, and nothing is changed by looking."""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.service.databases import Engine
from tests.service.world import World, a_world, fresh_nonce

from keyconsole.service import rootkeys
from keyconsole.service.app import create_app
from keyconsole.service.checkup import Checkup, check
from keyconsole.service.clock import HOUR, system_clock
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.inspection import Finding

ENGINES = [Engine.SQLITE]


def look(world: World) -> Checkup:
    world.settings.data_dir.chmod(0o700)
    return check(world.settings, lambda: system_clock() + HOUR)


def wrong(found: Checkup) -> list[str]:
    return [finding.name for finding in found.findings if not finding.ok]


def execute(world: World, *statements: str) -> None:
    with closing(sqlite3.connect(world.database, isolation_level=None)) as raw:
        for statement in statements:
            raw.execute(statement)


def test_a_service_that_is_well_has_nothing_wrong(world: World) -> None:
    execute(world, f"UPDATE clock_state SET heartbeat_at = {system_clock()}")
    found = look(world)
    assert not any(finding.warns for finding in found.findings)
    assert wrong(found) == []
    assert found.ok
    assert [finding.name for finding in found.findings] == [
        "database", "file", "schema", "guards", "integrity", "values", "pragmas", "writing",
        "root key", "roots", "permissions", "clock",
    ]  # fmt: skip


async def test_old_tokens_that_reach_several_workspaces_are_listed(tmp_path: Path) -> None:
    for engine in Engine:
        async with a_world(tmp_path / engine, engine) as world:
            account = (await world.admin.get("/v1/me")).json()["account_id"]
            old = await world.old_token(account)
            assert await about_tokens(world) is None
            await initialize(world.settings, workspace="Second", account="ops@acme.example")
            found = await about_tokens(world)
            assert found is not None
            assert found.ok
            pid = old.token[4:20]
            assert "1 from before reach several workspaces" in found.message
            assert f"tok_{pid} of ops@acme.example" in found.message
            await world.sql(f"UPDATE operator_tokens SET expires_at = 1 WHERE pid = '{pid}'")
            assert await about_tokens(world) is None


async def about_tokens(world: World) -> Finding | None:
    """What `service check` says of the tokens, if it says anything."""
    found = await asyncio.to_thread(look, world)
    return next((finding for finding in found.findings if finding.name == "tokens"), None)


def another_root(world: World) -> None:
    world.settings.root_key_file.unlink()
    rootkeys.create(world.settings)


def another_file(world: World) -> None:
    copy = world.database.with_name("copy.db")
    copy.write_bytes(world.database.read_bytes())
    copy.replace(world.database)


WEAK = "CREATE TRIGGER api_keys_revoked_for_ever BEFORE UPDATE ON api_keys BEGIN SELECT 1; END"
OLDER = "UPDATE alembic_version SET version_num = '0'"

DAMAGE: dict[str, tuple[str, Callable[[World], object]]] = {
    "guard dropped": ("guards", lambda w: execute(w, "DROP TRIGGER api_keys_never_deleted")),
    "guard weakened": (
        "guards",
        lambda w: execute(
            w,
            "DROP TRIGGER api_keys_revoked_for_ever",
            WEAK,
        ),
    ),
    "older schema": (
        "schema",
        lambda w: execute(w, OLDER),
    ),
    "no schema": ("schema", lambda w: execute(w, "DROP TABLE alembic_version")),
    "another program": ("database", lambda w: execute(w, "PRAGMA application_id = 7")),
    "root key readable": (
        "permissions",
        lambda w: w.settings.root_key_file.chmod(0o640),
    ),
    "database replaced": ("file", another_file),
    "database with two names": (
        "file",
        lambda w: w.database.with_name("other.db").hardlink_to(w.database),
    ),
    "database readable": ("permissions", lambda w: w.database.chmod(0o644)),
    "root key damaged": (
        "root key",
        lambda w: w.settings.root_key_file.write_text("rk_0000000000 00\n"),
    ),
    "root key gone": ("root key", lambda w: w.settings.root_key_file.unlink()),
    "another root key": ("roots", another_root),
}


@pytest.mark.parametrize("damage", DAMAGE)
async def test_what_is_wrong_is_named(world: World, damage: str) -> None:
    await world.admin.key(await world.admin.integration())
    name, do = DAMAGE[damage]
    do(world)
    found = look(world)
    assert not found.ok
    assert name in wrong(found)


async def test_a_file_that_is_no_database_or_is_damaged_is_told(tmp_path: Path) -> None:
    settings = ServiceSettings.from_environment(tmp_path, environ={})
    assert wrong(check(settings))[0] == "database"
    settings.database_path.write_bytes(b"nonsense" * 1000)
    found = check(settings)
    assert "cannot be read" in found.findings[0].message
    assert os.listdir(tmp_path) == ["keyconsole.db"]  # noqa: PTH208


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE api_keys SET last_used_at = 9999999999999", "Last use lies in the future"),
        ("UPDATE clock_state SET heartbeat_at = 1000", "The service last ran at 1970-01-01"),
        (
            "INSERT INTO audit_events SELECT workspace_id, sequence + 1, id, 9999999999999, actor,"
            " action, target, target_name, integration_id, detail, request_id, root_id, hash,"
            " address FROM audit_events ORDER BY sequence DESC LIMIT 1",
            "The newest audit event lies in the future",
        ),
    ],
)
async def test_a_time_that_the_clock_contradicts_is_a_warning(
    world: World, statement: str, said: str
) -> None:
    await world.admin.key(await world.admin.integration())
    execute(world, f"UPDATE clock_state SET heartbeat_at = {system_clock()}", statement)
    found = look(world)
    assert found.ok
    [clock] = [finding for finding in found.findings if finding.name == "clock"]
    assert clock.warns
    assert said in clock.message


def test_what_was_not_looked_at_is_not_checked(world: World, tmp_path: Path) -> None:
    world.settings.data_dir.chmod(0o700)
    settings = replace(world.settings, database_url=f"sqlite:///{tmp_path}/none.db")
    found = check(settings, lambda: system_clock() + HOUR)
    assert not found.ok
    assert not found.is_read
    assert {finding.name: finding.ok for finding in found.findings} == {
        "database": False,
        "file": None,
        "schema": None,
        "guards": None,
        "integrity": None,
        "values": None,
        "pragmas": None,
        "writing": None,
        "root key": True,
        "roots": None,
        "permissions": True,
        "clock": None,
    }


async def test_what_hangs_on_each_root_is_counted(world: World) -> None:
    integration = await world.admin.integration()
    first, _ = await world.admin.key(integration)
    await world.admin.key(integration)
    await world.admin.revoke(first)
    old = world.runtime.roots.newest.id
    world.clock.move(1)
    new, _ = rootkeys.add(world.settings)
    second = create_app(world.settings, clock=world.clock)
    await second.start()
    person = world.person(world.admin.token)
    person.http._transport.app = second  # type: ignore[attr-defined]
    await person.create(integration, fresh_nonce())
    await second.aclose()

    found = look(world)

    assert found.ok
    by_id = {root.use.id: root for root in found.roots}
    assert list(by_id) == [old, new.id]
    use = by_id[old].use
    assert (use.keys, use.live_keys, use.operator_tokens, use.audit_events) == (2, 1, 1, 6)
    assert (by_id[new.id].use.keys, by_id[new.id].use.audit_events) == (1, 1)
    assert (by_id[old].signs, by_id[new.id].signs) == (False, True)
    assert all(root.is_loaded for root in found.roots)


def test_roots_of_the_environment_need_no_file(world: World) -> None:
    text = world.settings.root_key_file.read_text().split()[1]
    world.settings.root_key_file.chmod(0o644)
    settings = replace(world.settings, root_key=text)
    world.settings.data_dir.chmod(0o700)
    assert check(settings, lambda: system_clock() + HOUR).ok


def test_a_root_key_file_that_a_group_reads_is_fine_where_it_is_set(world: World) -> None:
    world.settings.root_key_file.chmod(0o440)
    assert "permissions" in wrong(look(world))
    settings = replace(world.settings, group_readable=True)
    found = check(settings, lambda: system_clock() + HOUR)
    assert found.ok
    [permissions] = [each for each in found.findings if each.name == "permissions"]
    assert permissions.message.endswith(f" reads {world.settings.root_key_file}")
    world.settings.root_key_file.chmod(0o444)
    assert not check(settings, lambda: system_clock() + HOUR).ok


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees what another account cannot")
def test_root_is_told_what_the_owner_of_the_database_cannot_read(world: World) -> None:
    for path in world.settings.data_dir.iterdir():
        os.chown(path, 65534, 65534)
    os.chown(world.settings.data_dir, 65534, 65534)
    assert "permissions" not in wrong(look(world))
    os.chown(world.settings.root_key_file, 0, 0)
    [finding] = [each for each in look(world).findings if each.name == "permissions"]
    assert not finding.ok
    assert f"chown 65534 {world.settings.root_key_file}" in finding.message


@pytest.mark.parametrize(
    ("file", "mode", "remedy"),
    [
        ("data_dir", 0o500, "chmod u+rwx"),
        ("database_path", 0o400, "chmod u+rw"),
        ("root_key_file", 0o000, "chmod u+r"),
    ],
)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root sees what another account cannot")
def test_root_is_told_what_the_owner_cannot_use(
    world: World, file: str, mode: int, remedy: str
) -> None:
    world.settings.data_dir.chmod(0o700)
    for each in (world.settings.data_dir, *world.settings.data_dir.iterdir()):
        os.chown(each, 65534, 65534)
    path: Path = getattr(world.settings, file)
    path.chmod(mode)
    found = check(world.settings, lambda: system_clock() + HOUR).findings
    [finding] = [each for each in found if each.name == "permissions"]
    assert not finding.ok
    assert f"{remedy} {path}" in finding.message
