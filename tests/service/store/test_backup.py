"""A backup is whole and of one moment, whatever the service writes meanwhile."""

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.service.databases import Engine
from tests.service.world import World

from keyconsole.core.errors import ConfigurationError, KeyconsoleError
from keyconsole.service.app import create_app
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.sqlite.backup import back_up

ENGINES = [Engine.SQLITE]


async def test_a_backup_while_the_service_writes_is_of_one_moment(
    world: World, tmp_path: Path
) -> None:
    integration = await world.admin.integration()
    writing = asyncio.create_task(_keep_creating(world, integration))
    backups = [await asyncio.to_thread(back_up, world.database, tmp_path / "0.db")]
    while len(backups) < 5 or backups[-1].keys == backups[0].keys:
        path = tmp_path / f"{len(backups)}.db"
        backups.append(await asyncio.to_thread(back_up, world.database, path))
    writing.cancel()
    await asyncio.wait({writing})
    for made in backups:
        with closing(sqlite3.connect(f"{made.path.as_uri()}?mode=ro", uri=True)) as raw:
            (keys,) = raw.execute("SELECT count(*) FROM api_keys").fetchone()
            (created,) = raw.execute(
                "SELECT count(*) FROM audit_events WHERE action = 'key.created'"
            ).fetchone()
        assert keys == created == made.keys
        assert made.path.stat().st_mode & 0o777 == 0o600
        assert made.bytes == made.path.stat().st_size
    beside = {name for name in os.listdir(tmp_path) if name != "data"}  # noqa: PTH208
    assert beside == {made.path.name for made in backups}


async def _keep_creating(world: World, integration: str) -> None:
    while True:
        await world.admin.key(integration)


async def test_what_was_restored_serves_the_same_keys_and_knows_who_is_dead(
    world: World, tmp_path: Path
) -> None:
    integration = await world.admin.integration()
    dead, dead_secret = await world.admin.key(integration)
    _, secret = await world.admin.key(integration)
    await world.admin.revoke(dead)
    other = tmp_path / "elsewhere"
    other.mkdir(mode=0o700)
    back_up(world.database, other / "keyconsole.db")
    shutil.copy2(world.settings.root_key_file, other / "root-keys")

    restored = create_app(ServiceSettings.from_environment(other, environ={}), clock=world.clock)
    await restored.start()
    world.gateway._transport.app = restored  # type: ignore[attr-defined]
    assert (await world.verify(secret)).status_code == 200
    assert (await world.verify(dead_secret)).status_code == 401
    await restored.aclose()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write for another account")
def test_the_backup_of_root_belongs_to_the_owner_of_the_database(
    world: World, tmp_path: Path
) -> None:
    os.chown(world.database, 65534, 65534)
    back_up(world.database, tmp_path / "kept.db")
    assert (tmp_path / "kept.db").stat().st_uid == 65534


def test_a_file_that_is_there_stays(world: World, tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    path.write_text("old")
    with pytest.raises(KeyconsoleError, match="is there already"):
        back_up(world.database, path)
    assert path.read_text() == "old"


def test_what_cannot_be_backed_up_leaves_nothing(world: World, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(ConfigurationError, match="no database"):
        back_up(tmp_path / "missing.db", out / "a.db")
    strange = tmp_path / "strange.db"
    with closing(sqlite3.connect(strange)) as raw:
        raw.execute("CREATE TABLE t (x)")
    with pytest.raises(ConfigurationError, match="another program"):
        back_up(strange, out / "a.db")
    strange.write_bytes(b"nonsense" * 1000)
    with pytest.raises(KeyconsoleError, match="cannot be backed up"):
        back_up(strange, out / "a.db")
    with pytest.raises(KeyconsoleError, match="cannot be written"):
        back_up(world.database, out / "none" / "a.db")
    assert list(out.iterdir()) == []


def test_a_name_that_was_taken_meanwhile_stays(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    whole = os.fsync

    def taken(descriptor: int) -> None:
        path.write_text("theirs")
        whole(descriptor)

    monkeypatch.setattr(os, "fsync", taken)
    with pytest.raises(KeyconsoleError, match="is there already"):
        back_up(world.database, path)
    assert path.read_text() == "theirs"
