"""People come, change and go, from the very next request on; one admin there always is."""

import asyncio

import httpx
import pytest
from tests.service.world import Person, World, fresh_nonce

from keyconsole.service.clock import moment
from keyconsole.wire import Role, rfc3339

ANA = "ana@acme.example"


async def add(person: Person, email: str = ANA, role: str = "operator") -> httpx.Response:
    return await person.post("/v1/members", {"email": email, "role": role})


async def signed_in(world: World, account_id: str, admin: Person | None = None) -> Person:
    """The member with a token that an admin made for them."""
    made = await (admin or world.admin).post(
        "/v1/tokens", {"account_id": account_id}, idempotency_key=fresh_nonce()
    )
    assert made.status_code == 201, made.text
    return world.person(made.json()["value"])


async def joined(world: World, admin: Person, person: Person, role: str) -> None:
    """The person is invited to the workspace of the admin, and accepts."""
    email = (await person.get("/v1/me")).json()["email"]
    assert (await add(admin, email, role)).json()["pending"]
    [invitation] = (await person.get("/v1/invitations")).json()["items"]
    accepted = await person.post(f"/v1/invitations/{invitation['id']}/accept")
    assert accepted.status_code == 200, accepted.text


async def me(person: Person) -> str:
    return str((await person.get("/v1/me")).json()["account_id"])


async def test_somebody_joins_once_however_often_they_are_added(world: World) -> None:
    first, again = await add(world.admin), await add(world.admin)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.headers["location"] == f"/v1/members/{first.json()['account_id']}"
    listed = (await world.admin.get("/v1/members")).json()["items"]
    assert [(each["email"], each["role"]) for each in listed] == [
        (ANA, "operator"),
        ("ops@acme.example", "admin"),
    ]


async def test_a_member_is_listed_with_what_signs_them_in(world: World) -> None:
    account = (await add(world.admin)).json()["account_id"]
    assert await sign_ins(world, account) == (0, None)
    ana = await signed_in(world, account)
    await signed_in(world, account)
    assert await sign_ins(world, account) == (2, None)

    await ana.get("/v1/me")
    seen = rfc3339(moment(world.clock.now))
    await world.runtime.token_last_used.flush()
    assert await sign_ins(world, account) == (2, seen)

    [token, _] = (await world.admin.get("/v1/tokens", account=account)).json()["items"]
    await world.admin.delete(f"/v1/tokens/{token['id']}")
    assert await sign_ins(world, account) == (1, seen)


async def sign_ins(world: World, account: str) -> tuple[int, str | None]:
    """The tokens and the last sign-in of a member, the same alone and in the list."""
    shown = (await world.admin.get(f"/v1/members/{account}")).json()
    listed = (await world.admin.get("/v1/members")).json()["items"]
    assert shown in listed
    return shown["tokens"], shown["last_seen_at"]


async def test_a_member_with_another_role_is_a_conflict(world: World) -> None:
    await add(world.admin)
    answer = await add(world.admin, role="viewer")
    assert (answer.status_code, answer.json()["error"]) == (409, "member-exists")
    assert answer.json()["errors"][0]["field"] == "email"


@pytest.mark.parametrize("email", ["", "ana", "a\u202e@b.example", "a" * 101 + "@b.example"])
async def test_what_cannot_name_an_account_is_refused(world: World, email: str) -> None:
    answer = await add(world.admin, email=email)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "email"


async def test_another_role_holds_from_the_very_next_request_on(world: World) -> None:
    account_id = (await add(world.admin)).json()["account_id"]
    ana = await signed_in(world, account_id)
    integration = await ana.integration()
    changed = await world.admin.patch(f"/v1/members/{account_id}", {"role": "viewer"})
    assert changed.json()["role"] == "viewer"
    assert (await ana.create(integration)).status_code == 403
    await world.admin.patch(f"/v1/members/{account_id}", {"role": "operator"})
    assert (await ana.create(integration)).status_code == 201


async def test_whoever_is_removed_is_out_at_the_very_next_request_and_stays_out(
    world: World,
) -> None:
    account_id = (await add(world.admin)).json()["account_id"]
    ana = await signed_in(world, account_id)
    assert (await ana.get("/v1/keys")).status_code == 200
    assert (await world.admin.delete(f"/v1/members/{account_id}")).status_code == 204
    assert (await ana.get("/v1/keys")).status_code == 401
    assert (await world.admin.delete(f"/v1/members/{account_id}")).status_code == 404
    # To come back is to be given another token: an old one does not wake up again.
    await add(world.admin)
    assert (await ana.get("/v1/keys")).status_code == 401
    assert (await (await signed_in(world, account_id)).get("/v1/keys")).status_code == 200


async def test_the_last_admin_can_neither_go_nor_step_down(world: World) -> None:
    own = await me(world.admin)
    for answer in (
        await world.admin.delete(f"/v1/members/{own}"),
        await world.admin.patch(f"/v1/members/{own}", {"role": "viewer"}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (409, "last-admin")
    assert (await world.admin.patch(f"/v1/members/{own}", {"role": "admin"})).status_code == 200
    second = (await add(world.admin, role="admin")).json()["account_id"]
    ana = await signed_in(world, second)
    assert (await ana.delete(f"/v1/members/{own}")).status_code == 204
    assert (await ana.delete(f"/v1/members/{second}")).status_code == 409


async def test_two_admins_who_remove_each_other_at_once_leave_one(world: World) -> None:
    own = await me(world.admin)
    for _ in range(5):
        second = (await add(world.admin, role="admin")).json()["account_id"]
        ana = await signed_in(world, second)
        answers = await asyncio.gather(
            ana.patch(f"/v1/members/{own}", {"role": "viewer"}),
            world.admin.patch(f"/v1/members/{second}", {"role": "viewer"}),
        )
        codes = sorted(answer.status_code for answer in answers)
        # Whoever comes second is either the last admin's peer no more, or refused as a viewer.
        assert codes in ([200, 403], [200, 409])
        keeper = world.admin if answers[1].status_code == 200 else ana
        other = own if keeper is ana else second
        restored = await keeper.patch(f"/v1/members/{other}", {"role": "admin"})
        assert restored.status_code == 200
        assert (await world.admin.delete(f"/v1/members/{second}")).status_code == 204


async def test_an_admin_of_several_workspaces_says_which_one(world: World) -> None:
    acme = await world.workspace_id()
    stranger = await world.stranger()
    other = (await stranger.get("/v1/me")).json()["memberships"][0]["workspace_id"]
    await joined(world, stranger, world.admin, "admin")
    both = await world.old_token(await me(world.admin))

    asked = await add(both)
    assert (asked.status_code, asked.json()["errors"][0]["field"]) == (422, "workspace_id")
    for workspace_id in (acme, other):
        body = {"email": ANA, "role": "viewer", "workspace_id": workspace_id}
        assert (await both.post("/v1/members", body)).status_code == 201
    account_id = (await both.get("/v1/members", workspace=acme)).json()["items"][0]["account_id"]
    unclear = await both.delete(f"/v1/members/{account_id}")
    assert (unclear.status_code, unclear.json()["errors"][0]["field"]) == (422, "workspace")
    clear = await both.delete(f"/v1/members/{account_id}", workspace=other)
    assert clear.status_code == 204
    assert (await both.get(f"/v1/members/{account_id}")).json()["workspace_id"] == acme


async def test_members_come_page_by_page(world: World) -> None:
    for number in range(5):
        await add(world.admin, f"m{number}@acme.example")
    found, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await world.admin.get("/v1/members", **query)).json()
        found += [each["email"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == [f"m{number}@acme.example" for number in range(5)] + ["ops@acme.example"]


async def test_every_change_of_people_is_in_the_unbroken_audit_log(world: World) -> None:
    account_id = (await add(world.admin)).json()["account_id"]
    await signed_in(world, account_id)
    await world.admin.patch(f"/v1/members/{account_id}", {"role": "viewer"})
    await world.admin.patch(f"/v1/members/{account_id}", {"role": "viewer"})
    await world.admin.delete(f"/v1/members/{account_id}")
    found = (await world.admin.get("/v1/audit")).json()["items"][:4]
    assert [(each["action"], each["detail"]) for each in reversed(found)] == [
        ("member.added", {"role": "operator"}),
        ("token.created", {"account": ANA, "expires_at": None}),
        ("member.changed", {"role": {"from": "operator", "to": "viewer"}}),
        ("member.removed", {"role": "viewer", "tokens_revoked": 1}),
    ]
    verdict = (await world.admin.get("/v1/audit/verification")).json()
    assert (verdict["first_broken"], verdict["complete"]) == (None, True)


async def test_a_gateway_sees_no_people(world: World) -> None:
    gateway = await world.member(Role.GATEWAY)
    assert (await gateway.get("/v1/members")).status_code == 403
