"""Operator tokens: shown once, for as far as they reach, and dead at once when revoked."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.service.rules.test_members import joined
from tests.service.world import Person, World, fresh_nonce

from keyconsole.core.credential import Kind, parse
from keyconsole.service import scheduler
from keyconsole.service.clock import DAY, MINUTE, moment
from keyconsole.wire import Role, rfc3339

NONCE = "n" * 32


async def create(person: Person, nonce: str = "", **body: Any) -> httpx.Response:
    return await person.post("/v1/tokens", body, idempotency_key=nonce or fresh_nonce())


async def added(person: Person, email: str, role: str = "viewer", **where: str) -> str:
    answer = await person.post("/v1/members", {"email": email, "role": role} | where)
    return str(answer.json()["account_id"])


async def listed(person: Person, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await person.get("/v1/tokens", **query)).json()["items"]
    return items


async def test_a_token_is_shown_once_and_signs_in(world: World) -> None:
    answer = await create(world.admin, label="laptop")
    made = answer.json()
    value = parse(made["value"])
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert (value.kind, f"tok_{value.pid}") == (Kind.OPERATOR_TOKEN, made["id"])
    person = world.person(made["value"])
    assert (await person.get("/v1/me")).json()["email"] == "ops@acme.example"
    [card] = [each for each in await listed(person, status="active") if each["current"]]
    assert (card["id"], card["label"]) == (made["id"], "laptop")
    assert made["value"] not in (await world.admin.get("/v1/tokens")).text


async def test_a_value_is_in_no_file_of_the_service(world: World) -> None:
    value = (await create(world.admin)).json()["value"]
    await world.person(value).get("/v1/me")
    await world.runtime.token_last_used.flush()
    for path in world.settings.data_dir.iterdir():
        assert value.encode() not in path.read_bytes(), path
        assert value[21:64].encode() not in path.read_bytes(), path


async def test_a_revoked_token_signs_nobody_in_at_the_very_next_request(world: World) -> None:
    made = (await create(world.admin)).json()
    person = world.person(made["value"])
    assert (await person.get("/v1/me")).status_code == 200
    for _ in range(2):  # repeating it is fine
        assert (await world.admin.delete(f"/v1/tokens/{made['id']}")).status_code == 204
    assert (await person.get("/v1/me")).status_code == 401
    [card] = await listed(world.admin, status="revoked")
    assert (card["id"], card["revoked_by"]) == (made["id"], "ops@acme.example")
    actions = [each["action"] for each in (await world.admin.get("/v1/audit")).json()["items"]]
    assert actions.count("token.revoked") == 1


async def test_one_may_revoke_the_token_one_signed_in_with(world: World) -> None:
    [own] = [each for each in await listed(world.admin) if each["current"]]
    assert own["created_by"] is None  # the one that service init printed
    await create(world.admin)
    assert (await world.admin.delete(f"/v1/tokens/{own['id']}")).status_code == 204
    assert (await world.admin.get("/v1/me")).status_code == 401


async def test_the_last_token_of_the_last_admin_is_asked_for_once_more(world: World) -> None:
    [own] = await listed(world.admin)
    for _ in range(2):
        refused = await world.admin.delete(f"/v1/tokens/{own['id']}")
        assert (refused.status_code, refused.json()["error"]) == (409, "last-token")
        assert "service init" in refused.json()["detail"]
    odd = await world.admin.delete(f"/v1/tokens/{own['id']}", last="perhaps")
    assert odd.status_code == 422
    assert (await world.admin.get("/v1/me")).status_code == 200
    assert (await world.admin.delete(f"/v1/tokens/{own['id']}", last="yes")).status_code == 204
    assert (await world.admin.get("/v1/me")).status_code == 401


@pytest.mark.parametrize(
    "other", ["none", "expired", "seen expired", "revoked", "viewer", "pending"]
)
async def test_who_cannot_sign_in_as_an_admin_is_none_to_rely_on(world: World, other: str) -> None:
    [own] = await listed(world.admin)
    email, role = "ana@acme.example", "viewer" if other == "viewer" else "admin"
    if other == "pending":
        await added(await world.stranger(), email)
    ana = await added(world.admin, email, role)
    until = rfc3339(moment(world.clock.now) + timedelta(days=1))
    limit = {"expires_at": until} if other.endswith("expired") else {}
    if other not in ("none", "pending"):
        made = (await create(world.admin, account_id=ana, **limit)).json()
        if other == "revoked":
            await world.admin.delete(f"/v1/tokens/{made['id']}")
        world.clock.move(DAY)
    if other == "seen expired":
        await scheduler.run_due_jobs(world.runtime)
        world.clock.move(-DAY)
    refused = await world.admin.delete(f"/v1/tokens/{own['id']}")
    assert (refused.status_code, refused.json()["error"]) == (409, "last-token")
    # Nor may the one who can sign in go, or step down.
    me = own["account_id"]
    for answer in (
        await world.admin.delete(f"/v1/members/{me}"),
        await world.admin.patch(f"/v1/members/{me}", {"role": "viewer"}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (409, "last-admin")
    assert (await world.admin.get("/v1/members")).status_code == 200
    if other != "pending":
        await world.admin.patch(f"/v1/members/{ana}", {"role": "admin"})
        assert (await create(world.admin, account_id=ana)).status_code == 201
        assert (await world.admin.delete(f"/v1/tokens/{own['id']}")).status_code == 204


async def test_an_expired_token_signs_nobody_in(world: World) -> None:
    until = moment(world.clock.now) + timedelta(days=1)
    made = (await create(world.admin, expires_at=rfc3339(until))).json()
    person = world.person(made["value"])
    assert (await person.get("/v1/me")).status_code == 200
    world.clock.move(DAY)
    assert (await person.get("/v1/me")).status_code == 401
    [card] = await listed(world.admin, status="expired")
    assert card["id"] == made["id"]
    past = await create(world.admin, expires_at=rfc3339(until))
    assert (past.status_code, past.json()["errors"][0]["field"]) == (422, "expires_at")


async def test_the_last_use_is_written_to_the_minute(world: World) -> None:
    made = (await create(world.admin)).json()
    person = world.person(made["value"])

    async def last_used() -> Any:
        await world.runtime.token_last_used.flush()
        cards = {each["id"]: each["last_used_at"] for each in await listed(world.admin)}
        return cards[made["id"]]

    assert await last_used() is None
    await person.get("/v1/me")
    first = rfc3339(moment(world.clock.now))
    assert await last_used() == first
    world.clock.move(MINUTE - 1)
    await person.get("/v1/me")
    assert await last_used() == first
    world.clock.move(1)
    await person.get("/v1/me")
    assert await last_used() == rfc3339(moment(world.clock.now))


async def test_what_an_admin_makes_for_somebody_reaches_their_workspace_and_no_other(
    world: World,
) -> None:
    """Or an admin could borrow a colleague's access elsewhere."""
    stranger = await world.stranger()
    other = (await stranger.get("/v1/me")).json()["memberships"][0]["workspace_id"]
    await stranger.integration("Theirs")
    await joined(world, world.admin, stranger, "admin")
    eve = (await stranger.get("/v1/me")).json()["account_id"]
    made = (await create(world.admin, account_id=eve)).json()
    borrowed = world.person(made["value"])

    [membership] = (await borrowed.get("/v1/me")).json()["memberships"]
    assert membership["workspace_id"] == await world.workspace_id()
    assert (await borrowed.get("/v1/integrations", workspace=other)).json()["items"] == []
    # Not by a detour either: it makes no token for another workspace, and none that could.
    assert (await create(borrowed, workspace_id=other)).status_code == 404
    again = world.person((await create(borrowed)).json()["value"])
    assert (await create(again, workspace_id=other)).status_code == 404
    there = [token["id"] for token in await listed(stranger, workspace=other)]
    own = await listed(stranger, workspace=other, account=eve, status="active")
    assert there == [token["id"] for token in own]
    assert made["id"] not in there


async def test_a_token_for_oneself_is_for_one_workspace_that_one_is_a_member_of(
    world: World,
) -> None:
    stranger = await world.stranger()
    other = (await stranger.get("/v1/me")).json()["memberships"][0]["workspace_id"]
    assert (await create(world.admin, workspace_id=other)).status_code == 404
    await joined(world, stranger, world.admin, "viewer")
    acme = await world.workspace_id()

    async def reach(person: Person, **body: Any) -> list[str]:
        made = (await create(person, **body)).json()
        me = (await world.person(made["value"]).get("/v1/me")).json()
        return [each["workspace_id"] for each in me["memberships"]]

    assert await reach(world.admin) == [acme]
    assert await reach(world.admin, workspace_id=other) == [other]
    made = await create(world.admin, NONCE, workspace_id=other)
    again = await create(world.admin, NONCE, workspace_id=other)
    assert (again.status_code, again.content) == (201, made.content)
    narrow = world.person(made.json()["value"])
    # What was made for another workspace stays there, and a viewer makes no more of them.
    assert (await create(narrow, workspace_id=acme)).status_code == 403
    assert (await create(narrow)).status_code == 403
    # One that renews the first goes on as the first did.
    renewed = world.person((await create(world.admin)).json()["value"])
    assert await reach(renewed, workspace_id=other) == [other]
    assert {each["workspace_id"] for each in await listed(stranger)} == {other}
    actions = await stranger.get("/v1/audit", action="token.created")
    assert len(actions.json()["items"]) == 3


async def test_an_old_token_that_reaches_several_workspaces_makes_those_for_one(
    world: World,
) -> None:
    stranger = await world.stranger()
    other = (await stranger.get("/v1/me")).json()["memberships"][0]["workspace_id"]
    await joined(world, stranger, world.admin, "viewer")
    both = await world.old_token((await world.admin.get("/v1/me")).json()["account_id"])
    unclear = await create(both)
    assert (unclear.status_code, unclear.json()["errors"][0]["field"]) == (422, "workspace_id")
    for workspace in (await world.workspace_id(), other):
        made = world.person((await create(both, workspace_id=workspace)).json()["value"])
        [membership] = (await made.get("/v1/me")).json()["memberships"]
        assert membership["workspace_id"] == workspace
        assert (await create(made, workspace_id=other)).status_code in (403, 404)
    # It can be revoked by itself, in one request, and each workspace has the event.
    [old] = [each for each in await listed(both) if each["current"]]
    assert old["workspace_id"] is None
    assert (await both.delete(f"/v1/tokens/{old['id']}")).status_code == 204
    for person in (world.admin, stranger):
        found = (await person.get("/v1/audit", action="token.revoked")).json()["items"]
        assert [each["target"] for each in found] == [old["id"]]


async def test_only_members_get_tokens(world: World) -> None:
    assert (await create(world.admin, account_id="acc_0000000000000000")).status_code == 404
    viewer = await world.member(Role.VIEWER)
    assert (await create(viewer)).status_code == 403


async def test_the_same_request_gives_the_same_token_until_it_is_used(world: World) -> None:
    first = await create(world.admin, NONCE, label="ci")
    again = await create(world.admin, NONCE, label="ci")
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.status_code, again.content) == (201, first.content)
    assert len([each for each in await listed(world.admin) if each["label"] == "ci"]) == 1

    other = await create(world.admin, NONCE, label="cd")
    assert (other.status_code, other.json()["error"]) == (422, "idempotency-key-reused")

    await world.person(first.json()["value"]).get("/v1/me")
    await world.runtime.token_last_used.flush()
    closed = await create(world.admin, NONCE, label="ci")
    assert (closed.status_code, closed.json()["error"]) == (409, "secret-already-issued")
    assert first.json()["id"] in closed.json()["detail"]


@pytest.mark.parametrize("end", ["time", "revoke"])
async def test_the_window_closes(world: World, end: str) -> None:
    made = (await create(world.admin, NONCE)).json()
    if end == "time":
        world.clock.move(10 * MINUTE)
    else:
        await world.admin.delete(f"/v1/tokens/{made['id']}")
    assert (await create(world.admin, NONCE)).status_code == 409


async def test_a_nonce_is_the_principals_own_and_needed(world: World) -> None:
    account_id = await added(world.admin, "ana@acme.example", "admin")
    ana = world.person((await create(world.admin, account_id=account_id)).json()["value"])
    made = [(await create(person, NONCE)).json()["id"] for person in (world.admin, ana)]
    assert made[0] != made[1]
    answer = await world.admin.post("/v1/tokens", {})
    assert (answer.status_code, answer.json()["error"]) == (400, "idempotency-key-required")


async def test_whoever_lost_the_right_meanwhile_gets_no_replay(world: World) -> None:
    account_id = await added(world.admin, "ana@acme.example", "admin")
    ana = world.person((await create(world.admin, account_id=account_id)).json()["value"])
    assert (await create(ana, NONCE)).status_code == 201
    await world.admin.patch(f"/v1/members/{account_id}", {"role": "viewer"})
    assert (await create(ana, NONCE)).status_code == 403


async def test_tokens_come_page_by_page(world: World) -> None:
    for _ in range(4):
        await create(world.admin)
        world.clock.move(1)
    page = (await world.admin.get("/v1/tokens", limit=3)).json()
    rest = (await world.admin.get("/v1/tokens", limit=3, cursor=page["next_cursor"])).json()
    found = [each["id"] for each in page["items"] + rest["items"]]
    assert (len(found), len(set(found)), rest["next_cursor"]) == (5, 5, None)
    moved = await world.admin.get("/v1/tokens", status="active", cursor=page["next_cursor"])
    assert moved.status_code == 422


@pytest.mark.parametrize("token_id", ["", "tok_", "x", "kco_0000000000000000", "tok_" + "0" * 16])
async def test_what_is_no_token_is_not_found(world: World, token_id: str) -> None:
    answer = await world.admin.delete(f"/v1/tokens/{token_id}")
    assert answer.status_code == 404
