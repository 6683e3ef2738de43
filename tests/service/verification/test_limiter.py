"""Limits of keys where they are verified: who is counted, what is told, what processes share."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.service.databases import Engine
from tests.service.world import World, store_of

from keyconsole.service.clock import DAY, HOUR, SECOND
from keyconsole.service.store import limit_counts
from keyconsole.service.store.engine import StoreUnavailableError
from keyconsole.service.verification import limiter as limiters
from keyconsole.service.verification.limiter import KeyLimiter
from keyconsole.wire import Role

RATE = {"requests": 3, "seconds": 60}
QUOTA = {"requests": 2, "per": "day"}
THRICE = '{"rate_limit": {"requests": 3, "seconds": 60}}'
ONCE = '{"rate_limit": {"requests": 1, "seconds": 60}}'
_ITEM = re.compile(r'"(?P<name>[a-z]+)"(?P<parameters>(;[a-z]+=[0-9]+)+)')


@pytest.fixture
async def place(world: World) -> str:
    return await world.admin.integration(scopes=["api", "refunds"])


@pytest.fixture
async def other(world: World) -> AsyncIterator[KeyLimiter]:
    """What counts in another process."""
    store = store_of(world.settings)
    yield KeyLimiter(store, world.clock)
    await store.aclose()


def items(header: str) -> dict[str, dict[str, int]]:
    """A list of strings with whole numbers as parameters (RFC 9651, section 3.1)."""
    found = {}
    for text in header.split(", "):
        match = _ITEM.fullmatch(text)
        assert match is not None, header
        pairs = (each.split("=") for each in match["parameters"].removeprefix(";").split(";"))
        found[match["name"]] = {name: int(value) for name, value in pairs}
    return found


async def stored_of(world: World, public_key: str) -> str:
    pid = public_key.removeprefix("kcp_")
    [(found,)] = await world.sql(f"SELECT CAST(limits AS TEXT) FROM api_keys WHERE pid = '{pid}'")
    return str(found)


async def statuses(world: World, secret: str, times: int) -> list[int]:
    return [(await world.verify(secret)).status_code for _ in range(times)]


async def test_a_rate_lets_its_burst_through_and_then_one_at_a_time(
    world: World, place: str
) -> None:
    public_key, secret = await world.admin.key(place, rate_limit=RATE)
    assert await statuses(world, secret, 4) == [200, 200, 200, 429]

    answer = await world.verify(secret)

    assert answer.headers["retry-after"] == "20"
    assert answer.headers["x-auth-reason"] == answer.json()["error"] == "rate-limited"
    assert "rate" in answer.json()["detail"]
    assert answer.headers["cache-control"] == "no-store"
    world.clock.move(19_999)
    assert (await world.verify(secret)).headers["retry-after"] == "1"
    world.clock.move(1)
    assert await statuses(world, secret, 2) == [200, 429]
    assert (await world.admin.get(f"/v1/keys/{public_key}")).json()["damaged"] is False


async def test_a_quota_is_told_until_its_day_is_over(world: World, place: str) -> None:
    _, secret = await world.admin.key(place, quota=QUOTA)
    world.clock.move(DAY - HOUR)
    assert await statuses(world, secret, 3) == [200, 200, 429]

    answer = await world.verify(secret)

    assert (answer.json()["error"], answer.headers["retry-after"]) == ("quota-exceeded", "3600")
    world.clock.move(HOUR - 1)
    assert await statuses(world, secret, 1) == [429]
    world.clock.move(1)
    assert await statuses(world, secret, 3) == [200, 200, 429]


async def test_every_answer_of_a_limited_key_tells_what_is_left_as_structured_fields(
    world: World, place: str
) -> None:
    _, secret = await world.admin.key(place, rate_limit=RATE, quota=QUOTA)
    _, free = await world.admin.key(place)
    left = []
    for _ in range(3):
        answer = await world.verify(secret)
        assert items(answer.headers["ratelimit-policy"]) == {
            "rate": {"q": 3, "w": 60},
            "quota": {"q": 2, "w": 86_400},
        }
        left.append(items(answer.headers["ratelimit"]))
    day = DAY // SECOND
    assert left == [
        {"rate": {"r": 2, "t": 20}, "quota": {"r": 1, "t": day}},
        {"rate": {"r": 1, "t": 40}, "quota": {"r": 0, "t": day}},
        {"rate": {"r": 1, "t": 40}, "quota": {"r": 0, "t": day}},
    ]
    assert not {"ratelimit", "ratelimit-policy"} & {*(await world.verify(free)).headers}


async def test_nginx_gets_403_with_the_reason_and_every_other_header(
    world: World, place: str
) -> None:
    _, secret = await world.admin.key(place, rate_limit={"requests": 1, "seconds": 10})
    await world.verify(secret)
    headers = {"authorization": f"Bearer {secret}"}

    answer = await world.gateway.get("/v1/forward-auth?profile=nginx", headers=headers)

    assert (answer.status_code, answer.headers["x-auth-reason"]) == (403, "rate-limited")
    assert (answer.headers["retry-after"], answer.json()["status"]) == ("10", 403)
    assert items(answer.headers["ratelimit"]) == {"rate": {"r": 0, "t": 10}}


async def test_nobody_takes_anything_before_all_else_has_passed(world: World, place: str) -> None:
    once: dict[str, Any] = {"rate_limit": {"requests": 1, "seconds": 60}, "quota": QUOTA}
    public_key, secret = await world.admin.key(place, **once, scopes=["api"])
    _, of_elsewhere = await world.admin.key(place, **once, allowed_ips=["10.9.9.9"])
    wrong = f"{secret[:27]}{'0' * 37}{secret[-6:]}"
    gateway = await world.member(Role.GATEWAY)
    for query, presented in (
        ("", public_key),
        ("", wrong),
        ("", secret[:-1] + ("0" if secret[-1] != "0" else "1")),
        ("?scope=refunds", secret),
        ("?integration=int_0000000000000000", secret),
        ("", of_elsewhere),
    ):
        headers = {"authorization": f"Bearer {presented}"}
        answer = await world.gateway.get(f"/v1/forward-auth{query}", headers=headers)
        assert answer.status_code in (401, 403), query
        assert "ratelimit" not in answer.headers
    await world.admin.post(f"/v1/keys/{public_key}/disable", {})
    assert await statuses(world, secret, 1) == [401]
    await world.admin.post(f"/v1/keys/{public_key}/enable")
    for _ in range(3):
        found = await gateway.http.post("/v1/introspect", data={"token": secret})
        assert found.json()["active"] is True

    assert await statuses(world, secret, 2) == [200, 429]
    assert len(world.runtime.limiter) == 1


async def test_a_refusal_by_a_limit_is_counted_as_one_and_is_no_failure_of_its_address(
    world: World, place: str
) -> None:
    public_key, secret = await world.admin.key(place, rate_limit={"requests": 1, "seconds": 60})
    await statuses(world, secret, 4)
    usage = (await world.admin.get(f"/v1/keys/{public_key}/usage")).json()
    [hour] = usage["hours"]
    assert (hour["accepted"], hour["refused"]) == (1, {"rate-limited": 3})
    [refused] = (await world.admin.get("/v1/refusals")).json()["items"]
    assert (refused["reason"], refused["count"]) == ("rate-limited", 3)
    counted = world.runtime.verifications.outcomes
    assert (counted["key-rate-limited"], counted.get("rate-limited")) == (3, None)


async def test_processes_share_what_they_let_through(
    world: World, place: str, other: KeyLimiter
) -> None:
    limits = {"rate_limit": {"requests": 4, "seconds": 40}, "quota": {"requests": 6, "per": "day"}}
    public_key, secret = await world.admin.key(place, **limits)
    pid, stored = public_key.removeprefix("kcp_"), await stored_of(world, public_key)

    assert await statuses(world, secret, 3) == [200] * 3
    await world.runtime.limiter.flush()
    assert (await other.take(pid, stored)).refusal is None
    assert (await other.take(pid, stored)).refusal == "rate-limited"
    await other.flush()
    world.clock.move(SECOND)  # what is older than a moment is read again
    assert await statuses(world, secret, 1) == [429]
    world.clock.move(20 * SECOND)
    assert await statuses(world, secret, 3) == [200, 200, 429]
    await world.runtime.limiter.flush()
    world.clock.move(20 * SECOND)
    assert (await other.take(pid, stored)).refusal == "quota-exceeded"


async def test_a_process_that_begins_knows_what_was_used_up(
    world: World, place: str, other: KeyLimiter
) -> None:
    public_key, secret = await world.admin.key(place, rate_limit=RATE, quota=QUOTA)
    assert await statuses(world, secret, 3) == [200, 200, 429]
    await world.runtime.limiter.flush()

    taken = await other.take(public_key.removeprefix("kcp_"), await stored_of(world, public_key))

    assert taken.refusal == "quota-exceeded"


async def test_another_limit_counts_from_its_change_on(world: World, place: str) -> None:
    public_key, secret = await world.admin.key(place, rate_limit=RATE, quota=QUOTA)
    assert await statuses(world, secret, 3) == [200, 200, 429]

    more = {"quota": {"requests": 4, "per": "day"}}
    await world.admin.patch(f"/v1/keys/{public_key}", more, if_match="*")
    assert await statuses(world, secret, 2) == [200, 429]
    faster = {"rate_limit": {"requests": 100, "seconds": 1}}
    await world.admin.patch(f"/v1/keys/{public_key}", faster, if_match="*")
    assert await statuses(world, secret, 2) == [200, 429]
    await world.admin.patch(f"/v1/keys/{public_key}", {"quota": None}, if_match="*")
    assert await statuses(world, secret, 5) == [200] * 5


async def test_requests_that_arrive_together_are_counted_one_by_one(
    world: World, place: str
) -> None:
    _, secret = await world.admin.key(place, rate_limit=RATE)

    answers = await asyncio.gather(*(world.verify(secret) for _ in range(20)))

    assert sorted(each.status_code for each in answers) == [200] * 3 + [429] * 17


async def test_counts_that_cannot_be_written_are_kept_and_count(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = KeyLimiter(world.runtime.store, world.clock)
    for _ in range(2):
        assert (await counted.take("pid", THRICE)).refusal is None

    async def failing(*_: Any) -> None:
        raise StoreUnavailableError

    with monkeypatch.context() as patched:
        patched.setattr(limit_counts, "add", failing)
        with pytest.raises(StoreUnavailableError):
            await counted.flush()
    assert (await counted.take("pid", THRICE)).refusal is None
    assert (await counted.take("pid", THRICE)).refusal == "rate-limited"
    await counted.flush()
    [(amount,)] = await world.sql("SELECT amount FROM limit_counts")
    assert amount == 3 * world.clock.now + 3 * 60 * SECOND


async def test_a_key_without_limits_costs_no_statement_and_no_place(
    world: World, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = await world.admin.key(place)

    async def never(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(limit_counts, "amounts", never)
    assert await statuses(world, secret, 3) == [200] * 3
    assert len(world.runtime.limiter) == 0
    await world.runtime.limiter.flush()
    assert await world.sql("SELECT pid FROM limit_counts") == []


async def test_memory_is_bounded_and_whoever_cannot_be_counted_is_not_let_through(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limiters, "MAX_KEYS", 50)
    monkeypatch.setattr(limiters, "MAX_UNWRITTEN", 120)
    counted = KeyLimiter(world.runtime.store, world.clock)
    stored = '{"quota": {"requests": 2, "per": "day"}}'
    for number in range(120):
        assert (await counted.take(f"{number:016}", stored)).refusal is None
    assert len(counted) <= 100
    with pytest.raises(StoreUnavailableError):
        await counted.take("z" * 16, stored)
    assert (await counted.take(f"{0:016}", stored)).refusal is None
    assert (await counted.take(f"{0:016}", stored)).refusal == "quota-exceeded"
    await counted.flush()
    assert (await counted.take("z" * 16, stored)).refusal is None


async def test_what_arrives_while_counts_are_written_counts_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, add = KeyLimiter(world.runtime.store, world.clock), limit_counts.add

    async def adding(*asked: Any) -> dict[limit_counts.Place, int]:
        assert (await counted.take("pid", THRICE)).refusal is None
        return await add(*asked)

    assert (await counted.take("pid", THRICE)).refusal is None
    with monkeypatch.context() as patched:
        patched.setattr(limit_counts, "add", adding)
        await counted.flush()
    await asyncio.gather(counted.flush(), counted.flush())
    [(amount,)] = await world.sql("SELECT amount FROM limit_counts")
    assert amount == 3 * world.clock.now + 2 * 60 * SECOND
    assert (await counted.take("pid", THRICE)).refusal is None
    assert (await counted.take("pid", THRICE)).refusal == "rate-limited"


async def test_counts_that_were_written_while_they_were_read_are_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, amounts = KeyLimiter(world.runtime.store, world.clock), limit_counts.amounts
    for _ in range(2):
        assert (await counted.take("pid", THRICE)).refusal is None
    world.clock.move(SECOND)
    reads = 0

    async def reading(*asked: Any) -> dict[limit_counts.Place, int]:
        nonlocal reads
        found = await amounts(*asked)
        reads += 1
        if reads == 1:
            await counted.flush()
        return found

    with monkeypatch.context() as patched:
        patched.setattr(limit_counts, "amounts", reading)
        assert (await counted.take("pid", THRICE)).refusal is None
    assert (await counted.take("pid", THRICE)).refusal == "rate-limited"


async def test_whoever_waits_for_counts_of_other_limits_reads_those_of_its_own(
    world: World,
) -> None:
    counted = KeyLimiter(world.runtime.store, world.clock)

    first, second = await asyncio.gather(counted.take("pid", ONCE), counted.take("pid", THRICE))

    assert dict(first.headers)[b"ratelimit"] == b'"rate";r=0;t=60'
    assert dict(second.headers)[b"ratelimit"] == b'"rate";r=2;t=20'


async def test_limits_whose_counts_cannot_be_read_let_nobody_through(
    world: World, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = await world.admin.key(place, rate_limit=RATE)
    _, free = await world.admin.key(place)

    async def failing(*_: Any) -> None:
        raise StoreUnavailableError

    monkeypatch.setattr(limit_counts, "amounts", failing)

    assert (await world.verify(secret)).status_code == 503
    assert (await world.verify(free)).status_code == 200


async def test_what_ended_is_forgotten_a_day_later(world: World, place: str) -> None:
    _, secret = await world.admin.key(place, rate_limit=RATE, quota=QUOTA)
    await statuses(world, secret, 1)
    await world.runtime.limiter.flush()
    world.clock.move(3 * DAY)
    _, fresh = await world.admin.key(place, rate_limit=RATE)
    await statuses(world, fresh, 1)
    await world.runtime.limiter.flush()
    kept = await world.sql("SELECT pid FROM limit_counts")
    assert kept == [(fresh[4:20],)]


@pytest.mark.parametrize("world", [Engine.SQLITE], indirect=True)
@pytest.mark.parametrize("wrong", ["9223372036854775807", "'text'", "x'61ff'", "-5"])
async def test_a_count_that_somebody_spoilt_is_replaced(
    world: World, place: str, wrong: str
) -> None:
    _, secret = await world.admin.key(place, rate_limit=RATE, quota=QUOTA)
    await statuses(world, secret, 1)
    await world.runtime.limiter.flush()
    await world.sql(f"UPDATE limit_counts SET amount = {wrong}")
    world.clock.move(SECOND)

    assert await statuses(world, secret, 1) == [200]
    await world.runtime.limiter.flush()
    for amount, kind in await world.sql("SELECT amount, typeof(amount) FROM limit_counts"):
        assert kind == "integer"
        assert 0 < amount < 2**60
