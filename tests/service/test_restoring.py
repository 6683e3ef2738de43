"""A restored backup revives nothing that was revoked after it, and nobody can forge a revoke."""

import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.service.databases import Engine, administer, create, url_of
from tests.service.world import Clock, Person, a_world, initialized

from keyconsole.core.errors import ConfigurationError, KeyconsoleError
from keyconsole.service.app import ServiceApp, create_app
from keyconsole.service.clock import DAY, moment
from keyconsole.service.restoring import restore
from keyconsole.service.rules.disabling import run_due_transitions
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.sqlite.backup import back_up
from keyconsole.wire import rfc3339

Key = tuple[str, str]


class Site:
    """A service with a log of revokes, which is stopped, backed up and restored."""

    def __init__(self, settings: ServiceSettings, clock: Clock, token: str, log: Path) -> None:
        self.settings, self.clock, self.token, self.log = settings, clock, token, log
        self.app: ServiceApp
        self.admin: Person

    @asynccontextmanager
    async def served(self) -> AsyncIterator[Person]:
        self.app = create_app(self.settings, clock=self.clock)
        await self.app.start()
        self.admin = Person(self.app, self.token)
        try:
            yield self.admin
        finally:
            await self.admin.http.aclose()
            await self.app.aclose()

    async def statuses(self, keys: list[Key]) -> list[int]:
        transport = httpx.ASGITransport(app=self.app, client=("10.1.4.7", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://keys") as gateway:
            return [
                (
                    await gateway.get(
                        "/v1/forward-auth", headers={"authorization": f"Bearer {secret}"}
                    )
                ).status_code
                for _, secret in keys
            ]

    def logged(self) -> list[str]:
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line["public_key"] for line in lines]


@pytest.fixture(params=list(Engine))
async def site(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    log, data = tmp_path / "revocations.jsonl", tmp_path / "data"
    environ = {"KEYCONSOLE_REVOCATIONS_LOG": str(log), "KEYCONSOLE_RATE_LIMITS": "off"}
    async with initialized(data, request.param) as (token, url):
        yield Site(ServiceSettings.from_environment(data, url, environ), Clock(), token, log)


@asynccontextmanager
async def backed_up(
    site: Site, tmp_path: Path
) -> AsyncIterator[tuple[ServiceSettings, Path | None]]:
    """The settings of where a backup is restored, and the backup; PostgreSQL has it there."""
    if not site.settings.is_postgresql:
        backup, data = tmp_path / "backup.db", tmp_path / "restored"
        back_up(site.settings.database_path, backup)
        data.mkdir(mode=0o700)
        shutil.copy(site.settings.root_key_file, data / "root-keys")
        yield ServiceSettings.from_environment(data, environ={}), backup
        return
    name = f"restored_{os.getpid()}"
    before = urlsplit(site.settings.database_url).path[1:]
    await create(name, before)
    try:
        settings = replace(site.settings, database_url=url_of(name), revocations_log=None)
        yield settings, None
    finally:
        await administer(f"DROP DATABASE {name} WITH (FORCE)")


async def revoke_in_every_way(site: Site, keys: dict[str, Key]) -> None:
    """Revokes the keys of these names: alone, in bulk, by a fuse, as the end of a rotation."""
    admin = site.admin
    assert (await admin.revoke(keys["alone"][0], reason="key_compromise")).is_success
    assert (await admin.revoke(keys["alone"][0])).json()["already"] is True
    many = [{"public_key": keys[name][0]} for name in ("bulk-1", "bulk-2", "bulk-3")]
    shown = (await admin.post("/v1/revocations", {"keys": many, "dry_run": True})).json()
    body = {
        "keys": many, "expect_count": shown["count"], "selection_hash": shown["selection_hash"],
    }  # fmt: skip
    assert (await admin.post("/v1/revocations", body)).status_code in (200, 201, 202)
    await site.app.runtime.background.join()
    site.clock.move(2 * DAY)
    assert await run_due_transitions(site.app.runtime) == 1
    old = keys["rotated"][0]
    answer = await admin.post(f"/v1/keys/{old}/rotation/complete", {"now": True})
    assert answer.is_success, answer.text


async def test_what_was_revoked_after_a_backup_is_revoked_in_it(site: Site, tmp_path: Path) -> None:
    names = ("alone", "bulk-1", "bulk-2", "bulk-3", "fuse", "rotated", "dead", "alive")
    async with site.served() as admin:
        place = await admin.integration()
        keys = {name: await admin.key(place, label=name) for name in names}
        await admin.revoke(keys["dead"][0])
        until = rfc3339(moment(site.clock() + DAY))
        assert (
            await admin.post(f"/v1/keys/{keys['fuse'][0]}/disable", {"until": until})
        ).is_success
        nonce = "nonce-of-the-rotation-0001"
        answer = await admin.post(
            f"/v1/keys/{keys['rotated'][0]}/rotation", {}, idempotency_key=nonce
        )
        assert answer.status_code == 201, answer.text
    async with backed_up(site, tmp_path) as (settings, backup):
        async with site.served() as admin:
            await revoke_in_every_way(site, keys)
            later = await admin.key(place, label="later")
            await admin.revoke(later[0])
            killed = [*(keys[name] for name in names[:-1]), later]
            assert await site.statuses(killed) == [401] * 8
            assert sorted(site.logged()) == sorted(key for key, _ in killed)

        restored = await restore(settings, backup, [site.log], site.clock)

        assert (restored.revoked, restored.already, restored.missing) == (6, 1, 1)
        assert restored.unreadable == []
        await check_restored(site, settings, [keys[name] for name in names])
        again = await restore(settings, None, [site.log], site.clock)
        assert (again.revoked, again.already, again.missing) == (0, 7, 1)


async def check_restored(site: Site, settings: ServiceSettings, keys: list[Key]) -> None:
    """All but the last are dead, at the time at which they were, and the audit log says why."""
    there = Site(settings, site.clock, site.token, site.log)
    async with there.served() as admin:
        assert await there.statuses(keys) == [401] * 7 + [200]
        events = (await admin.get("/v1/audit", action="key.revoked", limit=50)).json()["items"]
        ways = [each["detail"].get("via") for each in events]
        assert ways.count("journal") == 6
        shown = (await admin.get(f"/v1/keys/{keys[0][0]}")).json()
        logged = next(
            json.loads(line) for line in site.log.read_text().splitlines() if keys[0][0] in line
        )
        assert shown["revoked_at"] == rfc3339(moment(logged["at"]))
        assert (await admin.get("/v1/audit/verification")).json()["first_broken"] is None


async def test_a_revoke_of_a_clock_that_was_ahead_is_made_again_as_of_now(
    site: Site, tmp_path: Path
) -> None:
    async with site.served() as admin:
        public_key, secret = await admin.key(await admin.integration())
    async with backed_up(site, tmp_path) as (settings, backup):
        async with site.served() as admin:
            site.clock.move(400 * DAY)
            assert (await admin.revoke(public_key)).is_success
            site.clock.move(-400 * DAY)

        restored = await restore(settings, backup, [site.log], site.clock)

        assert restored.revoked == 1
        there = Site(settings, site.clock, site.token, site.log)
        async with there.served() as admin:
            assert await there.statuses([(public_key, secret)]) == [401]
            shown = (await admin.get(f"/v1/keys/{public_key}")).json()
            assert shown["revoked_at"] == rfc3339(moment(site.clock()))
            assert (await admin.get("/readyz")).status_code == 200


async def test_a_log_that_cannot_be_written_keeps_no_key_alive(tmp_path: Path) -> None:
    environ = {"KEYCONSOLE_REVOCATIONS_LOG": str(tmp_path / "nowhere" / "log")}
    async with a_world(tmp_path / "data", Engine.SQLITE, **environ) as world:
        public_key, secret = await world.admin.key(await world.admin.integration())
        assert (await world.admin.revoke(public_key)).is_success
        assert (await world.verify(secret)).status_code == 401
        assert "keyconsole_revocations_unlogged 1.0" in (await world.gateway.get("/metrics")).text


async def test_nothing_is_overwritten_and_nothing_is_restored_without_root_keys(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path / "data") as world:
        settings, log = world.settings, tmp_path / "log"
        log.touch()
        back_up(settings.database_path, tmp_path / "backup.db")
        with pytest.raises(KeyconsoleError, match="away first: nothing was written"):
            await restore(settings, tmp_path / "backup.db", [log])
    bare = ServiceSettings.from_environment(tmp_path / "bare", environ={})
    with pytest.raises(ConfigurationError, match="Put it back first"):
        await restore(bare, tmp_path / "backup.db", [log])
    (tmp_path / "bare").mkdir(mode=0o700)
    shutil.copy(settings.root_key_file, tmp_path / "bare" / "root-keys")
    for backup, logs, told in (
        ("none.db", [log], "There is no backup"),
        ("backup.db", [log, tmp_path / "none"], "cannot be read"),
    ):
        with pytest.raises(ConfigurationError, match=told):
            await restore(bare, tmp_path / backup, logs)
        assert not bare.database_path.exists()
