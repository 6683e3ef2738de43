"""`service init` makes what is missing, once."""

from pathlib import Path

import pytest
from tests.service.world import World, a_world, fresh_nonce

from keyconsole.core.errors import ConflictError, InvalidRequestError
from keyconsole.service.clock import DAY, moment
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings
from keyconsole.wire import Role, rfc3339


async def test_the_result_says_what_was_made_and_hides_the_token(tmp_path: Path) -> None:
    settings = ServiceSettings.from_environment(tmp_path / "data", environ={})
    made = await initialize(settings, workspace="Acme", account="ops@acme.example")
    assert made.workspace_id.startswith("ws_")
    assert made.account_id.startswith("acc_")
    assert made.database_url == f"sqlite:///{tmp_path / 'data' / 'keyconsole.db'}"
    assert made.root_key_file == tmp_path / "data" / "root-keys"
    assert made.operator_token not in repr(made)


@pytest.mark.parametrize("again", ["Acme", "ACME ", "Ａcme"])
async def test_the_same_workspace_again_changes_nothing(world: World, again: str) -> None:
    audit = (await world.admin.get("/v1/audit")).json()
    await world.runtime.token_last_used.flush()
    before = await world.contents()
    with pytest.raises(ConflictError) as caught:
        await initialize(world.settings, workspace=again, account="eve@example.com")
    assert caught.value.exit_code == 5
    assert (await world.admin.get("/v1/audit")).json() == audit
    assert await world.contents() == before


async def test_another_workspace_is_added(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        made = await initialize(world.settings, workspace="Second", account="ops@acme.example")
        # Each token knows of its own workspace alone.
        for person, workspace in (
            (world.admin, "Acme"),
            (world.person(made.operator_token), "Second"),
        ):
            me = (await person.get("/v1/me")).json()
            assert made.account_id == me["account_id"]
            assert [each["workspace"] for each in me["memberships"]] == [workspace]


async def test_an_admin_who_lost_the_last_token_gets_another_for_the_same_workspace(
    world: World,
) -> None:
    account = "ops@acme.example"
    with pytest.raises(ConflictError, match="--new-token"):
        await initialize(world.settings, workspace="Acme", account=account, clock=world.clock)
    [own] = (await world.admin.get("/v1/tokens")).json()["items"]
    assert (await world.admin.delete(f"/v1/tokens/{own['id']}", last="yes")).status_code == 204

    with pytest.raises(ConflictError):
        await initialize(
            world.settings, workspace="Acme", account="eve@other.example", clock=world.clock
        )
    made = await initialize(world.settings, workspace="Acme", account=account, clock=world.clock)
    back = world.person(made.operator_token)
    me = (await back.get("/v1/me")).json()
    assert (me["email"], me["memberships"][0]["workspace_id"]) == (account, made.workspace_id)
    event = (await back.get("/v1/audit", action="token.created")).json()["items"][0]
    assert event["detail"] == {"account": account, "by": "service init"}
    verdict = (await back.get("/v1/audit/verification")).json()
    assert (verdict["first_broken"], verdict["complete"]) == (None, True)


async def test_an_admin_whose_tokens_expired_gets_another(world: World) -> None:
    until = moment(world.clock.now + DAY)
    made = await world.admin.post(
        "/v1/tokens", {"expires_at": rfc3339(until)}, idempotency_key=fresh_nonce()
    )
    short = world.person(made.json()["value"])
    own = next(
        each["id"]
        for each in (await world.admin.get("/v1/tokens")).json()["items"]
        if each["current"]
    )
    assert (await short.delete(f"/v1/tokens/{own}")).status_code == 204
    world.clock.move(DAY)
    again = await initialize(
        world.settings, workspace="Acme", account="ops@acme.example", clock=world.clock
    )
    assert (await world.person(again.operator_token).get("/v1/keys")).status_code == 200


async def test_a_token_that_is_lost_but_alive_is_replaced_where_that_is_asked_for(
    world: World,
) -> None:
    made = await initialize(
        world.settings,
        workspace="Acme",
        account="ops@acme.example",
        new_token=True,
        clock=world.clock,
    )
    assert (await world.person(made.operator_token).get("/v1/keys")).status_code == 200
    viewer = await world.member(Role.VIEWER)
    email = (await viewer.get("/v1/me")).json()["email"]
    with pytest.raises(ConflictError):  # for the admins of the workspace alone
        await initialize(world.settings, workspace="Acme", account=email, new_token=True)


@pytest.mark.parametrize(
    ("workspace", "account"), [("", "a@b"), ("a\x1bb", "a@b"), ("a", ""), ("a", "nobody")]
)
async def test_names_that_cannot_be_are_refused(
    tmp_path: Path, workspace: str, account: str
) -> None:
    settings = ServiceSettings.from_environment(tmp_path, environ={})
    with pytest.raises(InvalidRequestError):
        await initialize(settings, workspace=workspace, account=account)
