"""Use is counted in memory, written within a second, and never twice."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.service.world import World, store_of

from keyconsole.core.credentialtext import HIDDEN, redact
from keyconsole.service.clock import HOUR, MINUTE, SECOND, moment
from keyconsole.service.store.engine import Store, StoreUnavailableError
from keyconsole.service.store.sqlite.engine import SqliteStore
from keyconsole.service.store.sqlite.opening import open_file
from keyconsole.service.verification import recorder, sources
from keyconsole.wire import rfc3339


@pytest.fixture
async def key(world: World) -> tuple[str, str]:
    return await world.admin.key(await world.admin.integration())


async def usage(world: World, public_key: str) -> dict[str, Any]:
    answer = await world.admin.get(f"/v1/keys/{public_key}/usage")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_use_is_exact_when_it_is_read(world: World, key: tuple[str, str]) -> None:
    public_key, secret = key
    for _ in range(3):
        await world.verify(secret, params={})
    world.clock.move(HOUR)
    await world.verify(secret)
    found = await usage(world, public_key)
    assert found["last_used_at"] == rfc3339(moment(world.clock.now))
    assert [hour["accepted"] for hour in found["hours"]] == [3, 1]
    assert found["last_day"] == 4
    [source] = found["sources"]
    assert (source["address"], source["accepted"]) == ("10.1.4.7", 4)
    assert source["first_seen_at"] < source["last_seen_at"]
    card = (await world.admin.get(f"/v1/keys/{public_key}")).json()
    assert (card["source"], card["sources"], card["confirmed"]) == ("10.1.4.7", 1, True)


async def test_the_last_minute_is_counted_when_it_is_read(
    world: World, key: tuple[str, str]
) -> None:
    public_key, secret = key
    await world.verify(secret)
    assert (await usage(world, public_key))["last_minute"] == 1
    world.clock.move(MINUTE)
    assert (await usage(world, public_key))["last_minute"] == 0
    assert (await usage(world, public_key))["last_hour"] == 1


async def test_the_last_hour_counts_nothing_of_a_key_that_was_not_used_in_it(
    world: World, key: tuple[str, str]
) -> None:
    public_key, secret = key
    for _ in range(4):
        await world.verify(secret)
    world.clock.move(HOUR)
    assert (await usage(world, public_key))["last_hour"] == 0


async def test_refusals_are_counted_by_reason(world: World, key: tuple[str, str]) -> None:
    public_key, secret = key
    await world.verify(secret)
    await world.admin.revoke(public_key)
    await world.verify(secret)
    await world.verify(secret)
    found = await usage(world, public_key)
    [hour] = found["hours"]
    assert hour["refused"] == {"key-revoked": 2}
    [source] = found["sources"]
    assert (source["accepted"], source["refused"]) == (1, 2)


async def test_a_wrong_secret_is_counted_but_cannot_crowd_out_the_sources(
    world: World, key: tuple[str, str]
) -> None:
    from tests.service.verification.test_forward_auth import with_another_secret

    public_key, secret = key
    await world.verify(with_another_secret(secret))
    found = await usage(world, public_key)
    [hour] = found["hours"]
    assert hour["refused"] == {"credential-invalid": 1}
    assert found["sources"] == []
    assert found["last_used_at"] is None


async def test_the_latest_sources_stand_first(world: World, key: tuple[str, str]) -> None:
    public_key, secret = key
    for number in range(25):
        world.clock.move(1)
        headers = {"authorization": f"Bearer {secret}", "user-agent": f"agent-{number}"}
        await world.gateway.get("/v1/forward-auth", headers=headers)
    found = await usage(world, public_key)
    agents = [source["agent"] for source in found["sources"]]
    assert agents == [f"agent-{number}" for number in range(24, -1, -1)]


async def test_last_use_never_moves_back(world: World, key: tuple[str, str]) -> None:
    public_key, secret = key
    await world.verify(secret)
    await world.runtime.recorder.flush()
    world.clock.move(-HOUR)
    await world.verify(secret)
    world.clock.move(HOUR)
    assert (await usage(world, public_key))["last_used_at"] == rfc3339(moment(world.clock.now))


def a_store_that_is_gone(data_dir: Path) -> Store:
    opened = open_file(data_dir / "gone.db")
    (data_dir / "gone.db").unlink()
    return SqliteStore(opened.file, opened.lease)


async def test_what_could_not_be_written_is_kept(world: World, key: tuple[str, str]) -> None:
    public_key, secret = key
    await world.verify(secret)
    nowhere = a_store_that_is_gone(world.settings.data_dir)
    world.runtime.recorder._store = nowhere
    with pytest.raises(StoreUnavailableError):
        await world.runtime.recorder.flush()
    await nowhere.aclose()
    world.runtime.recorder._store = world.runtime.store
    await world.verify(secret)
    assert (await usage(world, public_key))["last_day"] == 2


async def test_that_a_key_was_refused_as_expired_is_kept_where_it_could_not_be_written(
    world: World,
) -> None:
    soon = rfc3339(moment(world.clock() + HOUR))
    public_key, secret = await world.admin.key(await world.admin.integration(), expires_at=soon)
    world.clock.move(2 * HOUR)
    assert (await world.verify(secret)).json()["error"] == "key-expired"
    nowhere = a_store_that_is_gone(world.settings.data_dir)
    world.runtime.recorder._store = nowhere
    with pytest.raises(StoreUnavailableError):
        await world.runtime.recorder.flush()
    await nowhere.aclose()
    world.runtime.recorder._store = world.runtime.store
    await world.runtime.recorder.flush()
    pid = public_key.removeprefix("kcp_")
    [[seen]] = await world.sql(f"SELECT expiry_seen_at FROM api_keys WHERE pid = '{pid}'")
    assert seen is not None


async def test_a_busy_store_neither_refuses_nor_delays_who_only_reads(
    world: World, key: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "CATCH_UP_SECONDS", 0.0)
    public_key, secret = key
    await world.verify(secret)
    async with world.busy():
        assert (await world.admin.get("/v1/keys")).status_code == 200
        assert (await usage(world, public_key))["last_day"] == 0
    await world.runtime.recorder.flush()
    assert (await usage(world, public_key))["last_day"] == 1


async def test_who_waits_for_a_flush_may_be_cancelled_and_nothing_is_counted_twice(
    world: World, key: tuple[str, str]
) -> None:
    public_key, secret = key
    for _ in range(20):
        await world.verify(secret)
        flush = asyncio.create_task(world.runtime.recorder.flush())
        await asyncio.sleep(0)
        flush.cancel()
        with pytest.raises(asyncio.CancelledError):
            await flush
    assert (await usage(world, public_key))["last_day"] == 20


async def test_use_is_written_at_shutdown(world: World, key: tuple[str, str]) -> None:
    _, secret = key
    await world.verify(secret)
    await world.runtime.recorder.aclose()
    assert await world.sql("SELECT count FROM usage_hours") == [(1,)]


async def test_many_different_sources_do_not_grow_memory_without_end(
    world: World, key: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "MAX_PENDING", 10)
    public_key, secret = key
    for number in range(50):
        headers = {"authorization": f"Bearer {secret}", "user-agent": f"agent-{number}"}
        await world.gateway.get("/v1/forward-auth", headers=headers)
    assert len(world.runtime.recorder._pending) <= 11
    assert (await usage(world, public_key))["last_day"] == 50


async def test_use_shows_on_the_integration(world: World, key: tuple[str, str]) -> None:
    _, secret = key
    await world.verify(secret)
    world.clock.move(2 * HOUR)
    await world.verify(secret)
    [integration] = (await world.admin.get("/v1/integrations")).json()["items"]
    assert integration["recent_use"] == [0] * 21 + [1, 0, 1]
    assert integration["last_used_at"] == rfc3339(moment(world.clock.now))


async def test_the_last_minute_counts_what_every_process_accepted(
    world: World, key: tuple[str, str]
) -> None:
    public_key, secret = key
    pid, integration = secret[4:20], (await world.admin.get(f"/v1/keys/{public_key}")).json()
    other = recorder.UsageRecorder(store_of(world.settings), world.clock)
    for _ in range(8 * 60):
        world.clock.move(SECOND)
        other.record(pid, integration["integration_id"], "accepted", ("10.1.4.8", "curl"))
        await other.flush()
    await world.verify(secret)
    assert (await usage(world, public_key))["last_minute"] == 60 + 1

    world.clock.move(2 * MINUTE)
    assert (await usage(world, public_key))["last_minute"] == 0
    await world.verify(secret)
    await usage(world, public_key)
    assert await world.sql("SELECT accepted FROM usage_seconds") == [(1,)]
    await other.aclose()
    await other._store.aclose()


async def test_whoever_only_reads_is_not_told_that_a_write_failed(
    world: World, key: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    public_key, secret = key
    await world.verify(secret)
    nowhere = a_store_that_is_gone(world.settings.data_dir)
    world.runtime.recorder._store = nowhere
    assert (await usage(world, public_key))["last_day"] == 0
    assert "use is not written before it is read" in caplog.text
    await nowhere.aclose()
    world.runtime.recorder._store = world.runtime.store
    assert (await usage(world, public_key))["last_day"] == 1


async def test_an_agent_is_examined_when_it_is_written(
    world: World, key: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    public_key, secret = key
    looked_at: list[str] = []

    def counting(text: str) -> str:
        looked_at.append(text)
        return redact(text)

    monkeypatch.setattr(sources, "redact", counting)
    agents = [f"acme {secret[:60]}", f"acme {secret[:60]}", f"acme {secret[:60]}A"]
    encoded = f"acme {secret.encode().hex()}"
    for agent in (*agents, encoded):
        await world.gateway.get(
            "/v1/forward-auth",
            headers={"authorization": f"Bearer {secret}", "user-agent": agent},
        )
    assert looked_at == []

    found = (await usage(world, public_key))["sources"]
    counts = {each["agent"]: each["accepted"] for each in found}
    assert counts == {f"acme {secret[:21]}…": 3, f"acme {HIDDEN}": 1}
    assert len(looked_at) == 3  # each header once
