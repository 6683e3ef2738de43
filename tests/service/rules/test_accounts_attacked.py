"""Nothing of a membership outlives it, and no way of writing an address makes a second account."""

import asyncio

import pytest
from tests.service.rules.test_invitations import ANA, OPS, answer, invitations, workspaces
from tests.service.rules.test_members import add, me
from tests.service.test_clockwatch import another
from tests.service.world import Person, World


async def test_who_is_a_member_nowhere_signs_in_with_nothing_when_they_are_added_again(
    world: World,
) -> None:
    account_id = (await add(world.admin, ANA)).json()["account_id"]
    old = await world.old_token(account_id)
    assert await workspaces(old) == ["Acme"]
    assert (await world.admin.delete(f"/v1/members/{account_id}")).status_code == 204
    assert (await add(world.admin, ANA)).json()["account_id"] == account_id
    assert (await old.get("/v1/me")).status_code == 401


async def test_who_is_still_a_member_elsewhere_keeps_a_token_for_there(world: World) -> None:
    stranger = await world.stranger()
    assert (await add(stranger, OPS)).status_code == 201
    [invitation] = await invitations(world.admin)
    assert (await answer(world.admin, "accept", invitation["id"])).is_success
    account_id = await me(world.admin)
    old = await world.old_token(account_id)
    assert (await stranger.delete(f"/v1/members/{account_id}")).status_code == 204
    assert await workspaces(old) == ["Acme"]


@pytest.mark.parametrize(
    "written", ["J\u00d6RG@acme.example", "jo\u0308rg@ACME.example", "J\u00f6RG@acme.example"]
)
async def test_letters_of_any_script_in_another_case_are_the_same_account(
    world: World, written: str
) -> None:
    account_id = (await add(world.admin, "j\u00f6rg@acme.example")).json()["account_id"]
    assert (await add(world.admin, written)).json()["account_id"] == account_id


async def test_two_processes_that_accept_at_once_answer_the_same(world: World) -> None:
    stranger = await world.stranger()
    assert (await add(stranger, OPS)).status_code == 201
    [invitation] = await invitations(world.admin)
    async with another(world, world.clock) as app:
        other = Person(app, world.admin.token)
        world.people.append(other)
        first, second = await asyncio.gather(
            *(answer(each, "accept", invitation["id"]) for each in (world.admin, other))
        )
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    items = (await stranger.get("/v1/audit", action="member.accepted")).json()["items"]
    assert len(items) == 1
