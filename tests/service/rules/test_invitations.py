"""Whoever is a member elsewhere joins only if they accept, and nobody else answers for them."""

import asyncio
from typing import Any

import httpx
import pytest
from tests.service.rules.test_members import add, me, signed_in
from tests.service.world import Person, World, fresh_nonce

from keyconsole.service.clock import DAY, moment
from keyconsole.wire import Role, rfc3339

OPS = "ops@acme.example"
ANA = "ana@acme.example"


async def invitations(person: Person) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await person.get("/v1/invitations")).json()["items"]
    return items


async def answer(person: Person, verb: str, invitation_id: str) -> httpx.Response:
    return await person.post(f"/v1/invitations/{invitation_id}/{verb}")


async def workspaces(person: Person) -> list[str]:
    return [each["workspace"] for each in (await person.get("/v1/me")).json()["memberships"]]


async def events(person: Person) -> list[tuple[str, str, dict[str, Any]]]:
    """The newest event first: action, actor and detail."""
    items = (await person.get("/v1/audit")).json()["items"]
    return [(each["action"], each["actor"], each["detail"]) for each in items]


@pytest.fixture
async def stranger(world: World) -> Person:
    return await world.stranger()


@pytest.fixture
async def invited(world: World, stranger: Person) -> str:
    """The invitation of Acme's admin to be an operator of the other workspace."""
    assert (await add(stranger, OPS)).status_code == 201
    [invitation] = await invitations(world.admin)
    return str(invitation["id"])


async def test_an_account_that_is_a_member_elsewhere_is_invited_and_nothing_changes_for_it(
    world: World, stranger: Person
) -> None:
    integration = await world.admin.integration()
    theirs = await stranger.integration("Theirs")
    await stranger.key(theirs, label="shared-name")
    both = await world.old_token(await me(world.admin))
    before = [(await person.get("/v1/me")).json() for person in (world.admin, both)]
    member = (await add(stranger, OPS, "admin")).json()
    assert (member["pending"], member["role"]) == (True, "admin")

    for person, known in zip((world.admin, both), before, strict=True):
        assert (await person.get("/v1/me")).json() == known
        assert (await person.post("/v1/integrations", {"name": fresh_nonce()})).status_code == 201
        assert (await person.create(integration)).status_code == 201
        listed = (await person.get("/v1/integrations")).json()["items"]
        assert theirs not in [each["id"] for each in listed]
        assert (await person.get(f"/v1/integrations/{theirs}")).status_code == 404
        selector = {"selector": {"label": "shared-*"}, "dry_run": True}
        assert (await person.post("/v1/revocations", selector)).json()["count"] == 0


@pytest.mark.parametrize(
    "written", ["OPS@acme.example", "Ops@Acme.Example", "\uff4fps@acme.example"]
)
async def test_the_same_address_written_otherwise_is_the_same_account(
    world: World, stranger: Person, written: str
) -> None:
    member = (await add(stranger, written)).json()
    assert member["pending"] is True
    assert member["account_id"] == await me(world.admin)
    assert len(await invitations(world.admin)) == 1


async def test_an_unknown_address_is_a_member_at_once(world: World, stranger: Person) -> None:
    member = (await add(stranger, "new@other.example")).json()
    assert member["pending"] is False
    person = await signed_in(world, member["account_id"], stranger)
    assert await workspaces(person) == ["Other"]


async def test_who_left_every_workspace_is_a_member_at_once(world: World, stranger: Person) -> None:
    account_id = (await add(world.admin)).json()["account_id"]
    await world.admin.delete(f"/v1/members/{account_id}")
    assert (await add(stranger)).json()["pending"] is False


async def test_what_is_invited_is_told_to_the_account_and_nothing_of_it_to_the_admin(
    world: World, stranger: Person
) -> None:
    await world.sql(f"UPDATE accounts SET name = 'Olga of Acme' WHERE email = '{OPS}'")
    made = await add(stranger, OPS)
    account_id = made.json()["account_id"]
    acme = await world.workspace_id()
    answers = [
        made,
        await add(stranger, OPS),
        await add(stranger, OPS, "viewer"),
        await stranger.get("/v1/members"),
        await stranger.get(f"/v1/members/{account_id}"),
        await stranger.patch(f"/v1/members/{account_id}", {"role": "viewer"}),
        await stranger.post("/v1/tokens", {"account_id": account_id}, idempotency_key="n" * 32),
        await stranger.get("/v1/audit"),
        await stranger.get("/v1/tokens", account=account_id),
    ]
    for each in answers:
        assert "Acme" not in each.text, each.text
        assert acme not in each.text
    assert made.json()["name"] == "ops"
    [invitation] = await invitations(world.admin)
    assert invitation == {
        "id": invitation["id"],
        "workspace_id": (await stranger.get("/v1/me")).json()["memberships"][0]["workspace_id"],
        "workspace": "Other",
        "role": "viewer",
        "invited_by": "eve@other.example",
        "created_at": rfc3339(moment(world.clock.now)),
    }
    # Once they have accepted, they are a member like every other.
    await answer(world.admin, "accept", invitation["id"])
    assert (await stranger.get(f"/v1/members/{account_id}")).json()["name"] == "Olga of Acme"


async def test_accepting_makes_a_member_and_repeating_it_answers_the_same(
    world: World, stranger: Person, invited: str
) -> None:
    first, again = [await answer(world.admin, "accept", invited) for _ in range(2)]
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert (first.json()["workspace"], first.json()["role"]) == ("Other", "operator")
    assert await invitations(world.admin) == []
    assert [(each[0], each[1]) for each in await events(stranger)][:2] == [
        ("member.accepted", OPS),
        ("member.invited", "eve@other.example"),
    ]
    # The token that accepted stays where it is; one for the other workspace is made for it.
    assert await workspaces(world.admin) == ["Acme"]
    made = await signed_in(world, await me(world.admin), stranger)
    assert await workspaces(made) == ["Other"]
    assert (await answer(world.admin, "decline", invited)).status_code == 404


async def test_declining_ends_it_and_they_can_be_invited_again(
    world: World, stranger: Person, invited: str
) -> None:
    assert (await answer(world.admin, "decline", invited)).status_code == 204
    assert (await events(stranger))[0] == ("member.declined", OPS, {"role": "operator"})
    for verb in ("accept", "decline"):
        assert (await answer(world.admin, verb, invited)).status_code == 404
    listed = (await stranger.get("/v1/members")).json()["items"]
    assert [each["email"] for each in listed] == ["eve@other.example"]
    assert (await add(stranger, OPS)).status_code == 201
    assert len(await invitations(world.admin)) == 1


async def test_a_withdrawn_invitation_is_gone(world: World, stranger: Person, invited: str) -> None:
    account_id = await me(world.admin)
    assert (await stranger.delete(f"/v1/members/{account_id}")).status_code == 204
    assert (await events(stranger))[0] == (
        "member.removed",
        "eve@other.example",
        {"role": "operator", "pending": True},
    )
    assert (await answer(world.admin, "accept", invited)).status_code == 404
    assert await invitations(world.admin) == []
    assert (await stranger.delete(f"/v1/members/{account_id}")).status_code == 404
    assert (await world.admin.get("/v1/keys")).status_code == 200


async def test_who_was_removed_does_not_come_back_by_an_old_invitation(
    world: World, stranger: Person, invited: str
) -> None:
    await answer(world.admin, "accept", invited)
    account_id = await me(world.admin)
    assert (await stranger.delete(f"/v1/members/{account_id}")).status_code == 204
    assert (await answer(world.admin, "accept", invited)).status_code == 404
    assert (await stranger.get(f"/v1/members/{account_id}")).status_code == 404


@pytest.mark.parametrize("role", list(Role))
async def test_nobody_else_sees_or_answers_it(
    world: World, stranger: Person, invited: str, role: Role
) -> None:
    """Neither a colleague, nor whoever invited them, nor a token that was handed to somebody."""
    colleague = await world.member(role)
    missing = "inv_0000000000000000"
    for person in (stranger, colleague):
        assert await invitations(person) == []
        for verb in ("accept", "decline"):
            refused = [await answer(person, verb, each) for each in (invited, missing)]
            assert [each.status_code for each in refused] == [404, 404]
            assert refused[0].json()["detail"] == refused[1].json()["detail"]
    assert len(await invitations(world.admin)) == 1


async def test_a_token_that_an_admin_handed_out_answers_only_for_who_has_no_other(
    world: World, stranger: Person
) -> None:
    """Whoever hands a token out may have kept it, and with it would answer for the person."""
    second = (await add(world.admin, role="admin")).json()["account_id"]
    ana = await signed_in(world, second)
    lent = await signed_in(world, await me(world.admin), ana)
    await add(stranger, OPS)
    assert await invitations(lent) == []
    [invitation] = await invitations(world.admin)
    assert (await answer(lent, "accept", invitation["id"])).status_code == 404
    assert (await answer(lent, "decline", invitation["id"])).status_code == 404
    # Ana has none but what an admin made for her.
    await add(stranger, ANA)
    [invitation] = await invitations(ana)
    assert (await answer(ana, "accept", invitation["id"])).status_code == 200


async def test_inviting_again_changes_nothing_and_another_role_is_a_conflict(
    world: World, stranger: Person, invited: str
) -> None:
    again = await add(stranger, OPS)
    assert (again.status_code, again.json()["pending"]) == (200, True)
    other = await add(stranger, OPS, "admin")
    assert (other.status_code, other.json()["error"]) == (409, "member-exists")
    assert [each["id"] for each in await invitations(world.admin)] == [invited]
    await answer(world.admin, "accept", invited)
    member = await add(stranger, OPS)
    assert (member.status_code, member.json()["pending"]) == (200, False)
    oneself = await add(stranger, "eve@other.example", "admin")
    assert (oneself.status_code, oneself.json()["pending"]) == (200, False)
    assert [each[0] for each in await events(stranger)].count("member.invited") == 1


async def test_the_role_that_is_offered_can_be_changed(
    world: World, stranger: Person, invited: str
) -> None:
    account_id = await me(world.admin)
    changed = await stranger.patch(f"/v1/members/{account_id}", {"role": "viewer"})
    assert (changed.json()["role"], changed.json()["pending"]) == ("viewer", True)
    assert (await events(stranger))[0][2] == {
        "role": {"from": "operator", "to": "viewer"},
        "pending": True,
    }
    assert (await answer(world.admin, "accept", invited)).json()["role"] == "viewer"


async def test_it_stays_open_after_its_inviter_left(
    world: World, stranger: Person, invited: str
) -> None:
    """It is the workspace that invites; its other admins see it and can withdraw it."""
    second = await signed_in(
        world, (await add(stranger, "b@other.example", "admin")).json()["account_id"], stranger
    )
    gone = await second.delete(f"/v1/members/{await me(stranger)}")
    assert gone.status_code == 204
    pending = [
        each for each in (await second.get("/v1/members")).json()["items"] if each["pending"]
    ]
    assert [each["email"] for each in pending] == [OPS]
    assert (await answer(world.admin, "accept", invited)).status_code == 200


async def test_a_pending_admin_is_no_admin(world: World, stranger: Person) -> None:
    await add(stranger, OPS, "admin")
    eve = await me(stranger)
    for refused in (
        await stranger.delete(f"/v1/members/{eve}"),
        await stranger.patch(f"/v1/members/{eve}", {"role": "viewer"}),
    ):
        assert (refused.status_code, refused.json()["error"]) == (409, "last-admin")
    # Nor is one who accepted and has no token for the workspace.
    [invitation] = await invitations(world.admin)
    await answer(world.admin, "accept", invitation["id"])
    assert (await stranger.delete(f"/v1/members/{eve}")).status_code == 409
    other = (await stranger.get("/v1/me")).json()["memberships"][0]["workspace_id"]
    made = await world.admin.post(
        "/v1/tokens", {"workspace_id": other}, idempotency_key=fresh_nonce()
    )
    assert made.status_code == 201
    assert (await stranger.delete(f"/v1/members/{eve}")).status_code == 204


async def test_no_admin_makes_a_token_that_acts_where_they_are_none(
    world: World, stranger: Person, invited: str
) -> None:
    acme, ops = await world.workspace_id(), await me(world.admin)

    async def attempt(person: Person, **body: Any) -> int:
        made = await person.post("/v1/tokens", body, idempotency_key=fresh_nonce())
        return made.status_code

    pending = await stranger.post("/v1/tokens", {"account_id": ops}, idempotency_key=fresh_nonce())
    assert (pending.status_code, pending.json()["error"]) == (409, "member-pending")
    assert await attempt(stranger, account_id=ops, workspace_id=acme) == 404
    colleague = await me(await world.member(Role.ADMIN))
    assert await attempt(stranger, account_id=colleague) == 404
    # The invited one makes none before accepting either.
    other = (await stranger.get("/v1/me")).json()["memberships"][0]["workspace_id"]
    assert await attempt(world.admin, workspace_id=other) == 404
    await answer(world.admin, "accept", invited)
    await stranger.patch(f"/v1/members/{ops}", {"role": "admin"})
    lent = await signed_in(world, ops, stranger)
    assert await attempt(stranger, account_id=ops, workspace_id=acme) == 404
    assert await attempt(lent, workspace_id=acme) == 404
    assert await attempt(lent, workspace_id=acme, account_id=ops) == 404
    assert (await lent.get("/v1/keys")).status_code == 200
    assert await workspaces(lent) == ["Other"]
    # The person themselves may, for themselves alone.
    assert await attempt(world.admin, workspace_id=other) == 201
    eve = await me(stranger)
    assert await attempt(world.admin, workspace_id=other, account_id=eve) == 404


async def test_accepting_and_withdrawing_at_once_leave_one_outcome(
    world: World, stranger: Person
) -> None:
    ops = await me(world.admin)
    for _ in range(5):
        await add(stranger, OPS)
        [invitation] = await invitations(world.admin)
        accepted, twice, withdrawn = await asyncio.gather(
            answer(world.admin, "accept", invitation["id"]),
            answer(world.admin, "accept", invitation["id"]),
            stranger.delete(f"/v1/members/{ops}"),
        )
        assert withdrawn.status_code == 204
        assert {accepted.status_code, twice.status_code} <= {200, 404}
        assert await invitations(world.admin) == []
        assert (await stranger.get(f"/v1/members/{ops}")).status_code == 404


async def test_an_old_token_reads_everywhere_and_changes_only_where_it_says(
    world: World, stranger: Person, invited: str
) -> None:
    await answer(world.admin, "accept", invited)
    acme = await world.workspace_id()
    mine, theirs = await world.admin.integration("Mine"), await stranger.integration("Theirs")
    keys = [(await world.admin.key(mine))[0], (await stranger.key(theirs))[0]]
    both = await world.old_token(await me(world.admin))
    assert len((await both.get("/v1/keys")).json()["items"]) == 2
    assert await workspaces(both) == ["Acme", "Other"]

    refused = [
        await both.revoke(keys[0]),
        await both.post(f"/v1/keys/{keys[0]}/disable", {}),
        await both.patch(f"/v1/keys/{keys[0]}", {"label": "x"}, if_match="*"),
        await both.create(mine),
        await both.patch(f"/v1/integrations/{mine}", {"name": "Ours"}),
        await both.post("/v1/revocations", {"selector": {"label": "*"}, "dry_run": True}),
        await both.post("/v1/integrations", {"name": "Third"}),
        await both.post("/v1/members", {"email": "x@acme.example", "role": "viewer"}),
    ]
    for each in refused:
        assert (each.status_code, each.json()["error"]) == (422, "request-invalid"), each.text
        assert each.json()["errors"][0]["field"] in ("workspace", "workspace_id")
    wrong = await both.post(f"/v1/keys/{keys[1]}/revoke?workspace={acme}", {})
    assert wrong.status_code == 404
    shown = await both.post(
        f"/v1/revocations?workspace={acme}", {"selector": {"label": "*"}, "dry_run": True}
    )
    assert shown.json()["count"] == 1
    assert (await both.post(f"/v1/keys/{keys[0]}/revoke?workspace={acme}", {})).status_code == 200
    # Whoever has but one workspace need not name it, and names no foreign one.
    assert (await world.admin.post(f"/v1/keys/{keys[0]}/revoke", {})).status_code == 200
    foreign = (await stranger.get("/v1/me")).json()["memberships"][0]["workspace_id"]
    named = await world.admin.post(f"/v1/keys/{keys[0]}/revoke?workspace={foreign}", {})
    assert named.status_code == 404


async def test_invitations_come_page_by_page(world: World) -> None:
    for number in range(3):
        admin = await world.member(Role.ADMIN, await world.another_workspace(f"W{number}"))
        await add(admin, OPS)
        world.clock.move(DAY)
    first = (await world.admin.get("/v1/invitations", limit=2)).json()
    rest = (await world.admin.get("/v1/invitations", limit=2, cursor=first["next_cursor"])).json()
    found = [each["workspace"] for each in first["items"] + rest["items"]]
    assert (found, rest["next_cursor"]) == (["W2", "W1", "W0"], None)


async def test_who_is_invited_and_left_every_workspace_since_joins_when_added_again(
    world: World, stranger: Person
) -> None:
    added = (await add(world.admin, ANA)).json()
    assert (await add(stranger, ANA)).json()["pending"] is True
    removed = await world.admin.delete(f"/v1/members/{added['account_id']}")
    assert removed.status_code == 204, removed.text
    again = await add(stranger, ANA)
    assert (again.status_code, again.json()["pending"]) == (201, False)
    assert (await add(stranger, ANA)).status_code == 200
    token = await stranger.post(
        "/v1/tokens", {"account_id": added["account_id"]}, idempotency_key=fresh_nonce()
    )
    assert token.status_code == 201, token.text
