"""Whatever ends a restore, no service starts on a backup in which dead keys are alive."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from tests.service.databases import Engine
from tests.service.world import Clock, a_world

from keyconsole.core.errors import ConfigurationError, KeyconsoleError
from keyconsole.service.app import create_app
from keyconsole.service.restoring import restore
from keyconsole.service.rules import revocation
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.sqlite.backup import back_up

KILLED = """
import asyncio, os, pkgutil, signal, sys
from pathlib import Path
from keyconsole.service.restoring import restore
from keyconsole.service.settings import ServiceSettings

def kill(*_args, **_rest):
    os.kill(os.getpid(), signal.SIGKILL)

data, backup, log, where, name = sys.argv[1:]
setattr(pkgutil.resolve_name("keyconsole.service." + where), name, kill)
settings = ServiceSettings.from_environment(Path(data), environ={})
asyncio.run(restore(settings, Path(backup), [Path(log)]))
"""


class Lost(NamedTuple):
    """A place without its database, a backup of it, and the log of a revoke that came after."""

    settings: ServiceSettings
    backup: Path
    log: Path
    dead: str
    alive: str

    @property
    def beside(self) -> set[str]:
        return {each.name for each in self.settings.data_dir.iterdir()}


@pytest.fixture
async def lost(tmp_path: Path) -> Lost:
    log, backup, data = tmp_path / "log", tmp_path / "backup.db", tmp_path / "restored"
    async with a_world(
        tmp_path / "data", Engine.SQLITE, KEYCONSOLE_REVOCATIONS_LOG=str(log)
    ) as world:
        integration = await world.admin.integration()
        (public_key, dead), (_, alive) = [await world.admin.key(integration) for _ in range(2)]
        back_up(world.database, backup)
        assert (await world.admin.revoke(public_key)).is_success
        data.mkdir(mode=0o700)
        shutil.copy(world.settings.root_key_file, data / "root-keys")
    return Lost(ServiceSettings.from_environment(data, environ={}), backup, log, dead, alive)


def killed(lost: Lost, where: str, name: str) -> int:
    """The exit code of a restore that is killed when it calls this function."""
    arguments = [str(lost.settings.data_dir), str(lost.backup), str(lost.log), where, name]
    command = [sys.executable, "-c", KILLED, *arguments]
    return subprocess.run(command, check=False, timeout=60).returncode


async def verified(lost: Lost) -> list[int]:
    """What a service answers that is started now: to the dead key, and to the one that is alive."""
    app = create_app(lost.settings, clock=Clock())
    await app.start()
    try:
        transport = httpx.ASGITransport(app=app, client=("10.1.4.7", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://keys") as gateway:
            return [
                (
                    await gateway.get(
                        "/v1/forward-auth", headers={"authorization": f"Bearer {secret}"}
                    )
                ).status_code
                for secret in (lost.dead, lost.alive)
            ]
    finally:
        await app.aclose()


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("restoring", "_revoke"),
        ("rules.revocation", "revoke"),
        ("runtime:Runtime", "open"),
        ("runtime:Runtime", "aclose"),
        ("restoring:Path", "hardlink_to"),
    ],
)
async def test_a_restore_that_is_killed_leaves_no_database(
    lost: Lost, where: str, name: str
) -> None:
    assert killed(lost, where, name) == -signal.SIGKILL
    assert not lost.settings.database_path.exists()

    restored = await restore(lost.settings, lost.backup, [lost.log], Clock())

    assert (restored.revoked, restored.already, restored.missing) == (1, 0, 0)
    assert await verified(lost) == [401, 200]


async def test_a_restore_that_fails_leaves_nothing_at_all(
    lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_args: object) -> None:
        raise KeyconsoleError("The disk is full.")

    with monkeypatch.context() as failing:
        failing.setattr(revocation, "revoke", fail)
        with pytest.raises(KeyconsoleError, match="disk is full"):
            await restore(lost.settings, lost.backup, [lost.log], Clock())
    assert lost.beside == {"root-keys"}


async def test_what_was_restored_is_one_file_for_its_owner(lost: Lost) -> None:
    await restore(lost.settings, lost.backup, [lost.log], Clock())
    assert lost.beside == {"root-keys", "keyconsole.db"}
    found = lost.settings.database_path.stat()
    assert (found.st_mode & 0o777, found.st_nlink) == (0o600, 1)


async def test_a_database_that_appears_meanwhile_is_not_overwritten(
    lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoke = revocation.revoke

    async def slow(*args: object) -> object:
        lost.settings.database_path.write_bytes(b"of another restore")
        return await revoke(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(revocation, "revoke", slow)
    with pytest.raises(KeyconsoleError, match="is there already"):
        await restore(lost.settings, lost.backup, [lost.log], Clock())
    assert lost.settings.database_path.read_bytes() == b"of another restore"
    assert lost.beside == {"root-keys", "keyconsole.db"}


async def test_the_lock_of_a_service_that_ended_well_is_in_nobodys_way(lost: Lost) -> None:
    (lost.settings.data_dir / ".keyconsole.db.lock").touch(0o600)
    restored = await restore(lost.settings, lost.backup, [lost.log], Clock())
    assert restored.revoked == 1


async def test_without_a_backup_no_database_is_made(lost: Lost) -> None:
    with pytest.raises(ConfigurationError, match="There is no database"):
        await restore(lost.settings, None, [lost.log], Clock())
    assert lost.beside == {"root-keys"}


async def test_every_file_of_a_log_has_to_be_named(lost: Lost) -> None:
    second = lost.log.with_name(f"{lost.log.name}.1")
    shutil.copy(lost.log, second)
    with pytest.raises(ConfigurationError, match=rf"{second.name} .* named too"):
        await restore(lost.settings, lost.backup, [lost.log], Clock())
    assert lost.beside == {"root-keys"}
    restored = await restore(lost.settings, lost.backup, [second, lost.log], Clock())
    assert restored.revoked == 1
