"""The owner of a key: a member, a team or its creator, and what happens when a member leaves."""

from typing import Any

import httpx
import pytest
from tests.service.world import Person, World

from keyconsole.service.store import accounts, members
from keyconsole.wire import Role

OPS = "ops@acme.example"


@pytest.fixture
async def place(world: World) -> str:
    return await world.admin.integration()


async def name(person: Person, public_key: str, owner: Any) -> httpx.Response:
    return await person.patch(f"/v1/keys/{public_key}", {"owner": owner}, if_match="*")


async def owner_of(world: World, public_key: str) -> dict[str, Any]:
    return dict((await world.admin.get(f"/v1/keys/{public_key}")).json()["owner"])


async def email_of(person: Person) -> tuple[str, str]:
    me = (await person.get("/v1/me")).json()
    return me["account_id"], me["email"]


async def leave(world: World, account_id: str) -> None:
    async with world.runtime.store.write() as tx:
        await members.remove(tx, account_id, await world.workspace_id(), pending=False)


async def found(world: World, query: str) -> list[str]:
    answer = await world.admin.get("/v1/keys", query=query)
    assert answer.status_code == 200, answer.text
    return sorted(each["label"] for each in answer.json()["items"])


async def test_whoever_makes_a_key_owns_it_until_somebody_else_does(
    world: World, place: str
) -> None:
    me, _ = await email_of(world.admin)
    lena_id, lena = await email_of(await world.member(Role.OPERATOR))
    public_key, _ = await world.admin.key(place)
    assert await owner_of(world, public_key) == {"account_id": me, "name": OPS}

    for asked, owner in (
        ({"account_id": lena_id}, {"account_id": lena_id, "name": lena}),
        ({"name": OPS}, {"account_id": me, "name": OPS}),
        ({"name": lena}, {"account_id": lena_id, "name": lena}),
        ({"account_id": lena_id, "name": lena}, {"account_id": lena_id, "name": lena}),
        ({"name": " Payments "}, {"account_id": None, "name": "Payments"}),
        (None, {"account_id": me, "name": OPS}),
    ):
        answer = await name(world.admin, public_key, asked)
        assert answer.status_code == 200, answer.text
        assert answer.json()["owner"] == owner == await owner_of(world, public_key)

    events = (await world.admin.get("/v1/audit", action="key.owner_changed")).json()["items"]
    assert [each["detail"]["owner"] for each in reversed(events)] == [
        {"from": OPS, "to": lena},
        {"from": lena, "to": OPS},
        {"from": OPS, "to": lena},
        {"from": lena, "to": "Payments"},
        {"from": "Payments", "to": OPS},
    ]


async def test_a_key_is_made_for_somebody_else_and_its_rotation_stays_theirs(
    world: World, place: str
) -> None:
    lena = await world.member(Role.OPERATOR)
    public_key, _ = await world.admin.key(place, owner={"name": "payments"})
    mine, _ = await world.admin.key(place)
    events = (await world.admin.get("/v1/audit", action="key.created")).json()["items"]
    assert [each["detail"].get("owner") for each in events[:2]] == [None, "payments"]

    for old, owner in ((public_key, "payments"), (mine, OPS)):
        answer = await lena.post(
            f"/v1/keys/{old}/rotation", {}, idempotency_key=f"nonce-{old[-12:]}-{'0' * 20}"
        )
        assert answer.status_code == 201, answer.text
        assert answer.json()["key"]["owner"]["name"] == owner


@pytest.mark.parametrize(
    ("asked", "field", "told"),
    [
        ({"name": "eve@other.example"}, "owner.name", "eve@other.example is no member here."),
        ({"account_id": "acc_0000000000000000"}, "owner.account_id", "No member here has this id."),
        ({}, "owner.name", "The name of an owner is needed."),
        ({"name": "a\u202eb"}, "owner.name", "cannot contain <U+202E>"),
        ({"name": "x" * 101}, "owner.name", "at most 100"),
    ],
)
async def test_who_is_no_member_answers_for_nothing(
    world: World, place: str, asked: dict[str, str], field: str, told: str
) -> None:
    public_key, _ = await world.admin.key(place)
    for answer in (
        await name(world.admin, public_key, asked),
        await world.admin.create(place, owner=asked),
    ):
        assert answer.status_code == 422
        (problem,) = answer.json()["errors"]
        assert problem["field"] == field
        assert told in problem["message"]
    assert (await owner_of(world, public_key))["name"] == OPS


async def test_neither_the_invited_nor_the_departed_become_owners(world: World, place: str) -> None:
    public_key, _ = await world.admin.key(place)
    gone_id, gone = await email_of(await world.member(Role.OPERATOR))
    await leave(world, gone_id)
    other = await world.another_workspace("Elsewhere")
    guest_id, guest = await email_of(await world.member(Role.OPERATOR, other))
    answer = await world.admin.post("/v1/members", {"email": guest, "role": "viewer"})
    assert answer.json()["pending"] is True

    for asked in ({"name": gone}, {"account_id": gone_id}, {"name": guest},
                  {"account_id": guest_id}):  # fmt: skip
        assert (await name(world.admin, public_key, asked)).status_code == 422, asked
    two = {"account_id": (await email_of(world.admin))[0], "name": "payments"}
    answer = await name(world.admin, public_key, two)
    assert answer.json()["errors"][0]["message"] == f"The account with this id is {OPS}."


async def test_to_name_an_owner_is_to_write_and_owning_permits_nothing(
    world: World, place: str
) -> None:
    public_key, _ = await world.admin.key(place)
    viewer = await world.member(Role.VIEWER)
    responder = await world.member(Role.RESPONDER)
    account_id, _ = await email_of(viewer)
    for person in (viewer, responder):
        answer = await name(person, public_key, {"name": "payments"})
        assert answer.status_code == 403
        assert "keys:write" in answer.json()["detail"]

    assert (await name(world.admin, public_key, {"account_id": account_id})).is_success
    assert (await viewer.revoke(public_key)).status_code == 403
    await world.admin.revoke(public_key)
    answer = await name(world.admin, public_key, None)
    assert answer.json()["error"] == "key-already-revoked"


async def test_keys_are_found_by_who_answers_for_them(world: World, place: str) -> None:
    _, lena = await email_of(await world.member(Role.OPERATOR))
    for label, owner in (
        ("mine", None), ("theirs", {"name": "Payments"}), ("hers", {"name": lena}),
    ):  # fmt: skip
        await world.admin.key(place, label=label, owner=owner)

    short = lena.partition("@")[0]
    assert await found(world, "owner:ops") == await found(world, f"owner:{OPS}") == ["mine"]
    assert await found(world, "owner:payments") == ["theirs"]
    assert await found(world, f"owner:{short}") == await found(world, f"owner:{lena}") == ["hers"]
    assert await found(world, "by:ops") == ["hers", "mine", "theirs"]
    assert await found(world, "owner:pay") == []
    report = (await world.admin.get("/v1/reports/keys", by="owner")).json()
    assert {each["group"]["owner"]: each["keys"] for each in report["groups"]} == {
        OPS: 1, "Payments": 1, lena: 1,
    }  # fmt: skip


async def test_keys_are_found_by_their_tags(world: World, place: str) -> None:
    odd = 'with "quotes", ünd: \\'
    for label, tags in (
        ("one", {"team": "pay"}), ("two", {"team": "crm", "cost": "12"}), ("three", None),
        ("four", {"note": '"team": "pay"', odd: odd}), ("five", {"steam": "pay"}),
    ):  # fmt: skip
        await world.admin.key(place, label=label, metadata=tags)

    assert await found(world, "tag:team") == ["one", "two"]
    assert await found(world, "tag:team=pay") == ["one"]
    assert await found(world, "tag:cost=12") == ["two"]
    assert await found(world, "tag:cost=1") == await found(world, "tag:eam=pay") == []
    quoted = odd.replace('"', '""')
    assert await found(world, f'tag:"{quoted}={quoted}"') == ["four"]


async def test_keys_of_a_member_who_left_are_found_and_handed_over(
    world: World, place: str
) -> None:
    leaver = await world.member(Role.OPERATOR)
    account_id, email = await email_of(leaver)
    made, _ = await leaver.key(place, label="made")
    owned, _ = await world.admin.key(place, label="owned", owner={"name": email})
    dead, _ = await leaver.key(place, label="dead")
    await leaver.key(place, label="handed-over", owner={"name": "payments"})
    await world.admin.revoke(dead)
    assert await found(world, "due:owner") == []
    assert "owner_left" not in await kinds(world)

    await leave(world, account_id)

    assert await found(world, "due:owner") == ["made", "owned"]
    answer = (await world.admin.get("/v1/label-audit", finding="owner_left")).json()
    reasons = {row["key"]["label"]: row["findings"][0]["reason"] for row in answer["items"]}
    assert reasons == {
        "made": f"{email}, who made it, is no longer a member here.",
        "owned": f"{email}, who owns it, is no longer a member here.",
    }
    (item,) = (each for each in await items(world) if each["kind"] == "owner_left")
    assert (item["keys"], item["integration_id"], item["query"]) == (2, place, "due:owner")
    assert (item["urgency"], item["at"]) == ("tidy", None)

    for public_key in (made, owned):
        assert (await name(world.admin, public_key, {"name": OPS})).is_success
    assert await found(world, "due:owner") == []
    assert "owner_left" not in await kinds(world)


async def test_many_owners_are_looked_through(world: World, place: str) -> None:
    """The names of owners are read one after the other, also those between that are here."""
    for number in range(9):
        person = await world.member(Role.OPERATOR)
        account_id, email = await email_of(person)
        await person.key(place, label=f"made-{number}")
        await world.admin.key(place, label=f"owned-{number}", owner={"name": email})
        if number % 3 == 0:
            await leave(world, account_id)
    (item,) = (each for each in await items(world) if each["kind"] == "owner_left")
    assert item["keys"] == 6
    async with world.runtime.store.write() as tx:
        await accounts.add_workspace(tx, "ws_0", "Empty", "empty", 0)
    assert (await world.admin.get("/v1/attention")).is_success


async def items(world: World) -> list[dict[str, Any]]:
    return list((await world.admin.get("/v1/attention")).json()["items"])


async def kinds(world: World) -> list[str]:
    return [each["kind"] for each in await items(world)]
