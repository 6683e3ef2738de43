"""A clock that ran ahead for a while ends nothing early, and nothing that it said lasts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.service.test_clockwatch import another, clock_at
from tests.service.world import START, Clock, Person, World, fresh_nonce

from keyconsole.service import scheduler
from keyconsole.service.app import ServiceApp
from keyconsole.service.clock import DAY, HOUR, MINUTE, moment
from keyconsole.service.clockwatch import ClockWatch
from keyconsole.wire import rfc3339

AHEAD = 400 * DAY


@asynccontextmanager
async def set_clock(world: World) -> AsyncIterator[tuple[ServiceApp, Person, Clock, Clock]]:
    """A process with a clock that is set, and one that counts the time that passes."""
    wall, elapsed = clock_at(START), clock_at(0)
    async with another(world, wall, elapsed) as app:
        person = Person(app, world.admin.token)
        world.people.append(person)
        yield app, person, wall, elapsed


async def reason(app: ServiceApp, secret: str) -> str:
    """The reason why a key is refused, or nothing."""
    gateway = Person(app, secret)
    answer = await gateway.get("/v1/forward-auth")
    await gateway.http.aclose()
    return "" if answer.status_code == 200 else answer.headers["x-auth-reason"]


async def test_a_key_that_is_disabled_for_a_while_stays_so_whatever_the_clock_says(
    world: World,
) -> None:
    public_key, secret = await world.admin.key(await world.admin.integration())
    body = {"until": rfc3339(moment(START + HOUR)), "then": "enable"}
    assert (await world.admin.post(f"/v1/keys/{public_key}/disable", body)).is_success
    async with set_clock(world) as (app, _, wall, elapsed):
        wall.move(AHEAD)
        assert await reason(app, secret) == "key-disabled"
        await scheduler.run_due_jobs(app.runtime)
        wall.move(-AHEAD)
        assert await reason(app, secret) == "key-disabled"
        for clock in (wall, elapsed):
            clock.move(2 * HOUR)
        assert await reason(app, secret) == ""


async def test_the_window_of_a_create_is_closed_for_good_by_a_right_clock_alone(
    world: World,
) -> None:
    integration = await world.admin.integration()
    key_nonce, token_nonce = fresh_nonce(), fresh_nonce()
    first = await world.admin.create(integration, key_nonce, label="one")
    token = await world.admin.post("/v1/tokens", {}, idempotency_key=token_nonce)
    async with set_clock(world) as (_, person, wall, _elapsed):
        wall.move(AHEAD)
        late = await person.create(integration, key_nonce, label="one")
        assert late.json()["error"] == "secret-already-issued"
        late = await person.post("/v1/tokens", {}, idempotency_key=token_nonce)
        assert late.json()["error"] == "secret-already-issued"
        wall.move(MINUTE - AHEAD)
        again = await person.create(integration, key_nonce, label="one")
        assert again.json()["secret"] == first.json()["secret"]
        again = await person.post("/v1/tokens", {}, idempotency_key=token_nonce)
        assert again.json()["value"] == token.json()["value"]


async def test_what_a_clock_ahead_refused_as_expired_is_not_stored_once_it_is_right_again(
    world: World,
) -> None:
    integration = await world.admin.integration()
    _, secret = await world.admin.key(integration, expires_at=rfc3339(moment(START + HOUR)))
    async with set_clock(world) as (app, _, wall, _elapsed):
        wall.move(AHEAD)
        assert await reason(app, secret) == "key-expired"
        wall.move(-AHEAD)
        await app.runtime.recorder.flush()
        assert await reason(app, secret) == ""


async def test_a_clock_ahead_forgets_no_dismissal(world: World) -> None:
    places = [await world.admin.integration(name) for name in ("One", "Two")]
    for place in places:
        await world.admin.key(place)
    world.clock.move(2 * DAY)
    one, two = (f"/v1/attention/unconfirmed-{place}/dismissal" for place in places)
    body = {"until": rfc3339(moment(world.clock() + 30 * DAY))}
    assert (await world.admin.http.put(one, json=body)).is_success
    wall, elapsed = clock_at(world.clock()), clock_at(0)
    async with another(world, wall, elapsed) as app:
        person = Person(app, world.admin.token)
        world.people.append(person)
        wall.move(AHEAD)
        later = {"until": rfc3339(moment(wall() + DAY))}
        assert (await person.http.put(two, json=later)).is_success
        wall.move(-AHEAD)
        shown = (await person.get("/v1/attention")).json()
        assert (shown["items"], shown["dismissed"]) == ([], 2)


async def test_a_clock_that_was_not_compared_yet_is_not_relied_on(world: World) -> None:
    watch = ClockWatch(world.runtime.store, world.clock, world.clock)
    assert not watch.is_right()
    assert watch.reason is None
    assert await watch.look()
    assert watch.is_right()
