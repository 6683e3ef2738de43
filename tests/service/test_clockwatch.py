"""Nothing that cannot be undone happens by a wrong clock, and nothing decided is undone by one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.service.world import START, Clock, Person, World, fresh_nonce

from keyconsole.service import scheduler
from keyconsole.service.acceptance import accept_clock
from keyconsole.service.app import ServiceApp, create_app
from keyconsole.service.clock import DAY, HOUR, MINUTE, SECOND, elapsed_clock, moment
from keyconsole.service.store.key_sources import KEPT_LATEST
from keyconsole.service.store.usage import ACCEPTED
from keyconsole.wire import rfc3339


@asynccontextmanager
async def another(
    world: World, wall: Clock, elapsed: Clock | None = None, *, is_personal: bool = False
) -> AsyncIterator[ServiceApp]:
    """Another process on the same database, with a clock of its own."""
    app = create_app(world.settings, clock=wall, elapsed=elapsed, is_personal=is_personal)
    await app.start()
    try:
        yield app
    finally:
        await app.aclose()


def clock_at(now: int) -> Clock:
    clock = Clock()
    clock.now = now
    return clock


async def readiness(world: World, app: ServiceApp) -> str:
    """The reason why it is not ready, or nothing."""
    answer = await _person(world, app).get("/readyz")
    return "" if answer.status_code == 200 else str(answer.json()["detail"])


def _person(world: World, app: ServiceApp) -> Person:
    person = Person(app, world.admin.token)
    world.people.append(person)
    return person


async def fused(world: World, after: int = HOUR) -> tuple[str, str]:
    """A key that is disabled, and revoked by itself after a while."""
    public_key, secret = await world.admin.key(await world.admin.integration())
    until = rfc3339(moment(world.clock() + after))
    answer = await world.admin.post(f"/v1/keys/{public_key}/disable", {"until": until})
    assert answer.status_code == 200
    return public_key, secret


async def revoked(world: World) -> int:
    [(count,)] = await world.sql("SELECT count(*) FROM api_keys WHERE revoked_at IS NOT NULL")
    return int(count)


async def test_what_is_scheduled_waits_for_a_clock_that_is_a_day_ahead_at_the_start(
    world: World,
) -> None:
    await fused(world)
    ahead = clock_at(START + DAY + MINUTE)
    async with another(world, ahead) as app:
        assert "may be ahead" in await readiness(world, app)
        assert await revoked(world) == 0
        ahead.now = START + 2 * HOUR
        await scheduler.run_due_jobs(app.runtime)
        assert await readiness(world, app) == ""
        assert await revoked(world) == 1


async def test_a_pause_of_less_than_a_day_is_none(world: World) -> None:
    await fused(world)
    async with another(world, clock_at(START + DAY)) as app:
        assert await readiness(world, app) == ""
        assert await revoked(world) == 1


async def test_a_service_that_runs_without_events_for_days_is_not_doubted(world: World) -> None:
    await fused(world)
    world.clock.move(3 * DAY)
    await world.runtime.clock_watch.look()
    async with another(world, clock_at(START + 3 * DAY + HOUR)) as app:
        assert await readiness(world, app) == ""


@pytest.mark.parametrize("drift", [5 * MINUTE + SECOND, -5 * MINUTE - SECOND, 400 * DAY])
async def test_a_clock_that_is_moved_while_it_runs_is_doubted_until_it_is_right_again(
    world: World, drift: int
) -> None:
    await fused(world)
    wall, elapsed = clock_at(START), clock_at(0)
    async with another(world, wall, elapsed) as app:
        wall.move(drift + 2 * HOUR)
        elapsed.move(2 * HOUR)
        assert "was moved" in await readiness(world, app)
        await scheduler.run_due_jobs(app.runtime)
        assert await revoked(world) == 0
        wall.move(-drift)
        assert await readiness(world, app) == ""
        await scheduler.run_due_jobs(app.runtime)
        assert await revoked(world) == 1


async def test_a_clock_that_is_corrected_slowly_is_not_doubted(world: World) -> None:
    wall, elapsed = clock_at(START), clock_at(0)
    async with another(world, wall, elapsed) as app:
        for _ in range(24):
            wall.move(HOUR + MINUTE)
            elapsed.move(HOUR)
            assert await readiness(world, app) == ""


async def test_a_person_accepts_the_clock_of_a_process_that_runs(world: World) -> None:
    await fused(world)
    ahead = clock_at(START + 3 * DAY)
    async with another(world, ahead) as app:
        accepted = await accept_clock(world.settings, ahead)
        assert accepted.heartbeat == rfc3339(moment(START))
        await scheduler.run_due_jobs(app.runtime)
        assert await readiness(world, app) == ""
        assert await revoked(world) == 1
    events = (await world.admin.get("/v1/audit", action="clock.accepted")).json()["items"]
    assert [event["actor"] for event in events] == ["service"]


async def test_the_clock_of_another_machine_is_not_accepted_with_it(world: World) -> None:
    async with another(world, clock_at(START + 3 * DAY)) as app:
        await accept_clock(world.settings, clock_at(START + HOUR))
        await scheduler.run_due_jobs(app.runtime)
        assert "may be ahead" in await readiness(world, app)


async def test_events_in_the_future_are_asked_about_once(world: World) -> None:
    world.clock.move(400 * DAY)
    await world.admin.integration()
    right = clock_at(START + HOUR)
    async with another(world, right) as app:
        assert "is behind, or was ahead" in await readiness(world, app)
        await accept_clock(world.settings, right)
        await scheduler.run_due_jobs(app.runtime)
        assert await readiness(world, app) == ""
    async with another(world, right) as app:
        assert await readiness(world, app) == ""


async def test_a_personal_service_may_be_closed_for_a_week(world: World) -> None:
    async with another(world, clock_at(START + 7 * DAY), is_personal=True) as app:
        assert app.runtime.clock_watch.reason is None


async def test_a_personal_service_asks_where_something_would_be_done(world: World) -> None:
    await fused(world)
    async with another(world, clock_at(START + 7 * DAY), is_personal=True) as app:
        assert "accept-clock" in (app.runtime.clock_watch.reason or "")
        assert await revoked(world) == 0


async def test_a_database_without_a_heartbeat_has_its_newest_event(world: World) -> None:
    await world.sql("UPDATE clock_state SET heartbeat_at = 0")
    async with another(world, clock_at(START + DAY + MINUTE)) as app:
        assert rfc3339(moment(START)) in await readiness(world, app)


async def test_the_time_that_passed_goes_on() -> None:
    assert elapsed_clock() <= elapsed_clock()


async def expiring(world: World) -> tuple[str, str]:
    integration = await world.admin.integration()
    return await world.admin.key(integration, expires_at=rfc3339(moment(START + HOUR)))


async def test_a_key_that_was_refused_as_expired_stays_expired(world: World) -> None:
    public_key, secret = await expiring(world)
    world.clock.move(2 * HOUR)
    assert (await world.verify(secret)).headers["x-auth-reason"] == "key-expired"
    world.clock.move(-3 * DAY)
    assert (await world.verify(secret)).headers["x-auth-reason"] == "key-expired"
    await world.runtime.recorder.flush()
    async with another(world, clock_at(START - DAY)) as app:
        person = _person(world, app)
        answer = await person.get("/v1/forward-auth")
        assert answer.status_code == 401
        state = (await person.get(f"/v1/keys/{public_key}")).json()
        assert state["status"] == "expired"
        found = await person.get("/v1/keys", query="status:expired")
        assert [each["public_key"] for each in found.json()["items"]] == [public_key]
    verdict = await world.runtime.verifier.state(public_key.removeprefix("kcp_"))
    assert verdict.refusal == "key-expired"


async def test_a_key_that_expired_unseen_is_marked_by_the_scan(world: World) -> None:
    public_key, secret = await expiring(world)
    world.clock.move(2 * HOUR)
    await scheduler.run_due_jobs(world.runtime)
    world.clock.move(-3 * DAY)
    assert (await world.verify(secret)).headers["x-auth-reason"] == "key-expired"
    later = rfc3339(moment(START + 10 * DAY))
    changed = await world.admin.patch(f"/v1/keys/{public_key}", {"expires_at": later}, if_match="*")
    assert changed.json()["status"] == "active"
    assert (await world.verify(secret)).status_code == 200


async def test_a_clock_that_is_wrong_marks_no_key_as_expired(world: World) -> None:
    _, secret = await expiring(world)
    wall, elapsed = clock_at(START), clock_at(0)
    async with another(world, wall, elapsed) as app:
        gateway = _person(world, app)
        gateway.http.headers["authorization"] = f"Bearer {secret}"
        wall.move(3 * DAY)
        answer = await gateway.get("/v1/forward-auth")
        assert answer.headers["x-auth-reason"] == "key-expired"
        await app.runtime.recorder.flush()
        await scheduler.run_due_jobs(app.runtime)
        wall.move(-3 * DAY)
        assert (await gateway.get("/v1/forward-auth")).status_code == 200


async def test_a_window_that_was_seen_closed_stays_closed(world: World) -> None:
    integration, nonce = await world.admin.integration(), fresh_nonce()
    first = await world.admin.create(integration, nonce, label="one")
    assert first.status_code == 201
    world.clock.move(11 * MINUTE)
    late = await world.admin.create(integration, nonce, label="one")
    assert late.json()["error"] == "secret-already-issued"
    world.clock.move(-11 * MINUTE)
    again = await world.admin.create(integration, nonce, label="one")
    assert again.json()["error"] == "secret-already-issued"


async def test_a_window_that_nobody_asked_about_is_closed_by_the_scan(world: World) -> None:
    integration, nonce = await world.admin.integration(), fresh_nonce()
    await world.admin.create(integration, nonce, label="one")
    token_nonce = fresh_nonce()
    await world.admin.post("/v1/tokens", {}, idempotency_key=token_nonce)
    world.clock.move(11 * MINUTE)
    await scheduler.run_due_jobs(world.runtime)
    world.clock.move(-11 * MINUTE)
    again = await world.admin.create(integration, nonce, label="one")
    assert again.json()["error"] == "secret-already-issued"
    again = await world.admin.post("/v1/tokens", {}, idempotency_key=token_nonce)
    assert again.json()["error"] == "secret-already-issued"


async def test_a_clock_set_back_replays_nothing(world: World) -> None:
    integration, nonce = await world.admin.integration(), fresh_nonce()
    await world.admin.create(integration, nonce, label="one")
    world.clock.move(-3 * DAY)
    again = await world.admin.create(integration, nonce, label="one")
    assert again.json()["error"] == "secret-already-issued"


async def test_a_token_that_was_refused_as_expired_stays_expired(world: World) -> None:
    made = await world.admin.post(
        "/v1/tokens",
        {"expires_at": rfc3339(moment(START + HOUR))},
        idempotency_key=fresh_nonce(),
    )
    person = world.person(made.json()["value"])
    world.clock.move(2 * HOUR)
    assert (await person.get("/v1/me")).status_code == 401
    world.clock.move(-3 * DAY)
    assert (await person.get("/v1/me")).status_code == 401
    await world.runtime.token_last_used.flush()
    assert (await person.get("/v1/me")).status_code == 401
    listed = (await world.admin.get("/v1/tokens", status="expired")).json()["items"]
    assert [each["id"] for each in listed] == [made.json()["id"]]


@pytest.mark.parametrize("outcome", [ACCEPTED, "key-revoked"])
async def test_sources_in_the_future_do_not_push_out_whoever_comes_now(
    world: World, outcome: str
) -> None:
    integration = await world.admin.integration()
    public_key, _ = await world.admin.key(integration)
    recorder = world.runtime.recorder
    world.clock.move(400 * DAY)
    for number in range(KEPT_LATEST):
        recorder.record(public_key[4:], integration, outcome, (f"10.0.0.{number}", "curl"))
    await recorder.flush()
    world.clock.now = START + HOUR
    recorder.record(public_key[4:], integration, outcome, ("203.0.113.9", "curl"))
    await recorder.flush()

    found = (await world.admin.get(f"/v1/keys/{public_key}/usage")).json()["sources"]
    if outcome != ACCEPTED:
        found += (await world.admin.get("/v1/refusals")).json()["items"]
    assert [each["address"] for each in found].count("203.0.113.9") == 1 + (outcome != ACCEPTED)


async def test_a_last_use_in_the_future_is_put_right_by_the_next_use(world: World) -> None:
    public_key, secret = await world.admin.key(await world.admin.integration())
    world.clock.move(400 * DAY)
    assert (await world.verify(secret)).status_code == 200
    await world.admin.get("/v1/me")
    await world.runtime.recorder.flush()
    await world.runtime.token_last_used.flush()
    world.clock.now = START + HOUR
    usage = (await world.admin.get(f"/v1/keys/{public_key}/usage")).json()
    assert (usage["last_minute"], usage["last_hour"], usage["last_day"]) == (0, 0, 0)
    assert (await world.verify(secret)).status_code == 200
    await world.runtime.recorder.flush()
    await world.runtime.token_last_used.flush()
    usage = (await world.admin.get(f"/v1/keys/{public_key}/usage")).json()
    right = rfc3339(moment(START + HOUR))
    assert usage["last_used_at"] == right
    assert usage["last_minute"] == 1
    assert await world.sql("SELECT second, accepted FROM usage_seconds") == [
        ((START + HOUR) // SECOND, 1)
    ]
    assert [(each["first_seen_at"], each["last_seen_at"]) for each in usage["sources"]] == [
        (right, right)
    ]
    [token] = (await world.admin.get("/v1/tokens")).json()["items"]
    assert token["last_used_at"] == right


async def test_a_clock_that_was_moved_back_puts_no_use_right(world: World) -> None:
    public_key, secret = await world.admin.key(await world.admin.integration())
    assert (await world.verify(secret)).status_code == 200
    await world.runtime.recorder.flush()
    wall, elapsed = clock_at(START), clock_at(0)
    async with another(world, wall, elapsed) as app:
        gateway = _person(world, app)
        gateway.http.headers["authorization"] = f"Bearer {secret}"
        wall.move(-3 * DAY)
        assert (await gateway.get("/v1/forward-auth")).status_code == 200
        await app.runtime.recorder.flush()
    key = (await world.admin.get(f"/v1/keys/{public_key}")).json()
    assert key["last_used_at"] == rfc3339(moment(START))


async def test_what_is_held_until_it_is_stored_is_bounded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keyconsole.service.verification.verifier._MOST_SEEN", 1)
    integration = await world.admin.integration()
    until = rfc3339(moment(START + HOUR))
    secrets = [(await world.admin.key(integration, expires_at=until))[1] for _ in range(2)]
    world.clock.move(2 * HOUR)
    for secret in secrets:
        assert (await world.verify(secret)).status_code == 401
    assert len(world.runtime.verifier._seen_expired) == 1
    await world.runtime.recorder.flush()
    world.clock.move(-2 * HOUR)
    for secret in secrets:
        assert (await world.verify(secret)).headers["x-auth-reason"] == "key-expired"
