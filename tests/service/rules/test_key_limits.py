"""How often a key may be used: fields, permissions and the audit log."""

from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.service.world import Person, World

from keyconsole.core import limits
from keyconsole.core.limits import Limits, Quota, QuotaPeriod, Rate
from keyconsole.wire import Permission, Role

RATE = {"requests": 100, "seconds": 60}
QUOTA = {"requests": 1_000, "per": "day"}


@pytest.fixture
async def place(world: World) -> str:
    return await world.admin.integration()


async def limit(person: Person, public_key: str, **fields: Any) -> httpx.Response:
    return await person.patch(f"/v1/keys/{public_key}", fields, if_match="*")


async def shown(world: World, public_key: str) -> tuple[Any, Any]:
    key = (await world.admin.get(f"/v1/keys/{public_key}")).json()
    return key["rate_limit"], key["quota"]


async def test_a_key_has_the_limits_it_was_made_with_and_its_rotation_keeps_them(
    world: World, place: str
) -> None:
    public_key, _ = await world.admin.key(place, rate_limit=RATE, quota=QUOTA)
    free, _ = await world.admin.key(place)
    assert await shown(world, public_key) == (RATE, QUOTA)
    assert await shown(world, free) == (None, None)
    events = (await world.admin.get("/v1/audit", action="key.created")).json()["items"]
    told = [(each["detail"].get("rate_limit"), each["detail"].get("quota")) for each in events]
    assert told[:2] == [(None, None), (RATE, QUOTA)]

    answer = await world.admin.post(f"/v1/keys/{public_key}/rotation", {}, idempotency_key="r" * 32)

    assert (answer.json()["key"]["rate_limit"], answer.json()["key"]["quota"]) == (RATE, QUOTA)


async def test_what_is_left_out_stays_and_null_is_no_limit(world: World, place: str) -> None:
    public_key, _ = await world.admin.key(place)
    lower = {"requests": 5, "seconds": 1}
    for fields, after in (
        ({"rate_limit": RATE}, (RATE, None)),
        ({"quota": QUOTA}, (RATE, QUOTA)),
        ({"rate_limit": lower}, (lower, QUOTA)),
        ({"rate_limit": None}, (None, QUOTA)),
        ({"quota": None, "rate_limit": None}, (None, None)),
    ):
        answer = await limit(world.admin, public_key, **fields)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["rate_limit"], answer.json()["quota"]) == after
        assert await shown(world, public_key) == after

    events = (await world.admin.get("/v1/audit", action="key.limits_changed")).json()["items"]
    told = [each["detail"]["limits"] for each in reversed(events)]
    assert [each["from"] for each in told] == [None, *(each["to"] for each in told[:-1])]
    assert told[1]["to"] == {"rate_limit": RATE, "quota": QUOTA}
    assert (told[-1]["from"], told[-1]["to"]) == ({"quota": QUOTA}, None)
    assert (await world.admin.get("/v1/audit", action="key.changed")).json()["items"] == []


LOWER: list[dict[str, Any]] = [
    {"rate_limit": {"requests": 100, "seconds": 60}},
    {"rate_limit": {"requests": 100, "seconds": 61}},
    {"rate_limit": {"requests": 99, "seconds": 61}},
    {"quota": {"requests": 3_000, "per": "month"}},
    {"quota": {"requests": 96, "per": "day"}},
    {"quota": {"requests": 96, "per": "month"}, "rate_limit": {"requests": 1, "seconds": 1}},
]
HIGHER: list[dict[str, Any]] = [
    {"rate_limit": {"requests": 101, "seconds": 6_000}},
    {"rate_limit": {"requests": 100, "seconds": 59}},
    {"rate_limit": {"requests": 99, "seconds": 59}},
    {"rate_limit": None},
    {"quota": {"requests": 97, "per": "day"}},
    {"quota": {"requests": 3_001, "per": "month"}},
    {"quota": None},
    {"quota": {"requests": 1, "per": "day"}, "rate_limit": None},
]


@pytest.mark.parametrize("role", [Role.RESPONDER])
async def test_who_may_revoke_lowers_and_only_who_may_create_raises(
    world: World, place: str, role: Role
) -> None:
    person = await world.member(role)
    public_key, _ = await world.admin.key(place)
    for fields in LOWER:
        assert (await limit(person, public_key, **fields)).status_code == 200, fields

    limited, _ = await world.admin.key(place, rate_limit=RATE, quota=QUOTA | {"per": "month"})
    await limit(world.admin, limited, quota={"requests": 3_000, "per": "month"})
    before = await shown(world, limited)
    for fields in HIGHER:
        answer = await limit(person, limited, **fields)
        assert answer.status_code == 403, fields
        assert Permission.KEYS_CREATE in answer.json()["detail"]
    assert await shown(world, limited) == before
    for fields in HIGHER:
        assert (await limit(world.admin, limited, **fields)).status_code == 200, fields

    viewer = await world.member(Role.VIEWER)
    assert (await limit(viewer, public_key, rate_limit=RATE)).status_code == 403


@pytest.mark.parametrize(
    ("fields", "field", "told"),
    [
        ({"rate_limit": {"requests": 0, "seconds": 60}}, "rate_limit.requests", "1 to 1,000,000"),
        ({"rate_limit": {"requests": -1, "seconds": 60}}, "rate_limit.requests", "1 to 1,000,000"),
        ({"rate_limit": {"requests": 10**9, "seconds": 1}}, "rate_limit.requests", "1,000,000 req"),
        ({"rate_limit": {"requests": 1, "seconds": 0}}, "rate_limit.seconds", "1 to 86,400 sec"),
        ({"rate_limit": {"requests": 1, "seconds": 10**9}}, "rate_limit.seconds", "86,400 seconds"),
        ({"rate_limit": {"requests": True, "seconds": 1}}, "rate_limit.requests", "whole number"),
        ({"rate_limit": {"requests": 1.0, "seconds": 1}}, "rate_limit.requests", "whole number"),
        ({"rate_limit": {"requests": "1", "seconds": 1}}, "rate_limit.requests", "whole number"),
        ({"rate_limit": {"requests": 1}}, "rate_limit.seconds", "needed"),
        ({"rate_limit": {"requests": 1, "seconds": 1, "burst": 2}}, "rate_limit.burst", "no such"),
        ({"rate_limit": "100/60s"}, "rate_limit", "object"),
        ({"quota": {"requests": 0, "per": "day"}}, "quota.requests", "1 to 100,000,000 requests"),
        ({"quota": {"requests": 10**9, "per": "day"}}, "quota.requests", "100,000,000 requests"),
        ({"quota": {"requests": 1, "per": "week"}}, "quota.per", "possible values"),
        ({"quota": {"requests": False, "per": "day"}}, "quota.requests", "whole number"),
        ({"quota": {"requests": 1.5, "per": "day"}}, "quota.requests", "whole number"),
    ],
)
async def test_what_is_no_limit_is_refused_at_its_field(
    world: World, place: str, fields: dict[str, Any], field: str, told: str
) -> None:
    public_key, _ = await world.admin.key(place)
    for answer in (
        await limit(world.admin, public_key, **fields),
        await world.admin.create(place, **fields),
    ):
        assert answer.status_code == 422, answer.text
        (problem,) = answer.json()["errors"]
        assert problem["field"] == field
        assert told in problem["message"]
    assert await shown(world, public_key) == (None, None)


SPOILT = [
    "{", "7", "[]", "{}", '{"rate_limit": {"requests": 1}}', '{"more": 1}',
    '{"rate_limit": {"requests": 0, "seconds": 1}}', '{"rate_limit": null}',
    '{"rate_limit": {"requests": 1.5, "seconds": 1}}', '{"rate_limit": [1, 1]}',
    '{"rate_limit": {"requests": true, "seconds": 1}}',
    '{"quota": {"requests": 1, "per": "week"}}', '{"quota": {"requests": 1, "per": []}}',
]  # fmt: skip


@pytest.mark.parametrize("stored", SPOILT)
async def test_limits_that_cannot_be_read_let_nobody_through(
    world: World, place: str, stored: str
) -> None:
    if stored == "{" and world.settings.is_postgresql:
        pytest.skip("PostgreSQL keeps no text there that is not JSON")
    public_key, secret = await world.admin.key(place, rate_limit=RATE)
    await world.sql(f"UPDATE api_keys SET limits = '{stored}'")

    assert (await world.verify(secret)).status_code == 503
    shown = (await world.admin.get(f"/v1/keys/{public_key}")).json()
    assert (shown["damaged"], shown["rate_limit"], shown["quota"]) == (True, None, None)
    assert (await limit(world.admin, public_key, rate_limit=RATE)).status_code == 200
    assert (await world.verify(secret)).status_code == 200


rates = st.none() | st.builds(Rate, st.integers(1, 50), st.integers(1, 50))
quotas = st.none() | st.builds(Quota, st.integers(1, 99), st.sampled_from(QuotaPeriod))
every_limit = st.builds(Limits, rates, quotas)


@given(every_limit)
def test_limits_are_read_as_they_were_kept(each: Limits) -> None:
    assert limits.of_stored(each.stored) == each
    for text, read, value in (
        (str(each.rate).lower(), limits.typed_rate, each.rate),
        (str(each.quota).lower(), limits.typed_quota, each.quota),
    ):
        assert read(text) == value


@given(st.lists(every_limit, min_size=2, max_size=6))
def test_steps_that_widen_nothing_never_add_up_to_a_wider_limit(steps: list[Limits]) -> None:
    widened = [limits.widens(before.stored, after.stored) for before, after in pairwise(steps)]
    assert any(widened) or not limits.widens(steps[0].stored, steps[-1].stored)
    assert not limits.widens(steps[0].stored, steps[0].stored)
