"""Who presents keys that are refused: counted by reason and source, bounded, in one workspace."""

from typing import Any

import pytest
from tests.service.world import World

from keyconsole.core.credential import Kind, assemble, mint
from keyconsole.service.clock import MINUTE, moment
from keyconsole.wire import Role, rfc3339

Row = dict[str, Any]


@pytest.fixture
async def key(world: World) -> tuple[str, str]:
    return await world.admin.key(await world.admin.integration(), label="ci")


async def refusals(world: World, **query: str) -> list[Row]:
    answer = await world.admin.get("/v1/refusals", **query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_dead_key_is_told_with_its_user(world: World, key: tuple[str, str]) -> None:
    await world.verify(key[1])
    assert await refusals(world) == []
    await world.admin.revoke(key[0])
    first = rfc3339(moment(world.clock()))
    await world.verify(key[1])
    world.clock.move(MINUTE)
    await world.verify(key[1])

    [row] = await refusals(world)
    assert row["public_key"] == key[0]
    assert (row["label"], row["reason"], row["count"]) == ("ci", "key-revoked", 2)
    assert (row["address"], row["first_at"]) == ("10.1.4.7", first)
    assert row["last_at"] == rfc3339(moment(world.clock()))


async def test_a_forged_value_is_no_source_of_the_key(world: World, key: tuple[str, str]) -> None:
    await world.verify(assemble(Kind.API_KEY, key[0][4:], bytes(32)).text)
    await world.verify(mint(Kind.API_KEY).text)

    [row] = await refusals(world)
    assert (row["public_key"], row["reason"]) == (key[0], "credential-invalid")
    usage = (await world.admin.get(f"/v1/keys/{key[0]}/usage")).json()
    assert usage["sources"] == []


async def test_a_flood_of_forgeries_pushes_out_no_dead_keys_user(
    world: World, key: tuple[str, str]
) -> None:
    await world.admin.revoke(key[0])
    await world.verify(key[1])
    forged = assemble(Kind.API_KEY, key[0][4:], bytes(32)).text
    for number in range(30):
        world.clock.move(1)
        await world.gateway.get(
            "/v1/forward-auth",
            headers={"authorization": f"Bearer {forged}", "user-agent": f"bot/{number}"},
        )

    rows = await refusals(world)
    reasons = [row["reason"] for row in rows]
    assert reasons.count("credential-invalid") == 20
    assert reasons.count("key-revoked") == 1
    assert rows[0]["agent"] == "bot/29"


async def test_it_is_narrowed_and_paged(world: World, key: tuple[str, str]) -> None:
    other, secret = await world.admin.key(await world.admin.integration("Other"))
    for public_key in (key[0], other):
        await world.admin.revoke(public_key)
    await world.verify(key[1])
    world.clock.move(MINUTE)
    await world.verify(secret)

    assert [row["public_key"] for row in await refusals(world)] == [other, key[0]]
    assert [row["public_key"] for row in await refusals(world, key=key[0])] == [key[0]]
    since = rfc3339(moment(world.clock()))
    assert [row["public_key"] for row in await refusals(world, since=since)] == [other]
    assert await refusals(world, reason="key-expired") == []
    page = (await world.admin.get("/v1/refusals", limit=1)).json()
    rest = (await world.admin.get("/v1/refusals", limit=1, cursor=page["next_cursor"])).json()
    assert [rest["items"][0]["public_key"], rest["next_cursor"]] == [key[0], None]


async def test_the_key_and_the_integration_narrow_it_within_the_workspace(
    world: World, key: tuple[str, str]
) -> None:
    await world.admin.revoke(key[0])
    await world.verify(key[1])
    place = (await world.admin.get(f"/v1/keys/{key[0]}")).json()["integration_id"]
    other = await world.admin.integration("HubSpot")
    stranger = await world.stranger()
    elsewhere = await stranger.integration()
    theirs, secret = await stranger.key(elsewhere)
    await stranger.revoke(theirs)
    await world.verify(secret)

    for query in ({"integration": place}, {"key": key[0]}, {"key": key[0], "integration": place}):
        assert [row["public_key"] for row in await refusals(world, **query)] == [key[0]]
    for query in (
        {"integration": other}, {"integration": elsewhere}, {"integration": "int_none"},
        {"key": theirs}, {"key": key[0], "integration": other},
    ):  # fmt: skip
        assert await refusals(world, **query) == []


async def test_only_their_own_workspace(world: World, key: tuple[str, str]) -> None:
    await world.admin.revoke(key[0])
    await world.verify(key[1])
    stranger = await world.stranger()

    assert (await stranger.get("/v1/refusals")).json()["items"] == []
    assert (await (await world.member(Role.VIEWER)).get("/v1/refusals")).json()["items"]
    assert (await (await world.member(Role.GATEWAY)).get("/v1/refusals")).status_code == 403
