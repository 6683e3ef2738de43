"""Integrations: drafts, what is missing, disabled and enabled."""

import itertools
from collections import Counter
from typing import Any

import pytest
from tests.service.world import COMPLETE, World

from keyconsole.service.clock import DAY, moment
from keyconsole.wire import rfc3339


async def test_a_name_is_enough_for_a_draft_that_says_what_is_missing(world: World) -> None:
    answer = await world.admin.post("/v1/integrations", {"name": "HubSpot EU", "provider": None})
    assert answer.status_code == 201
    draft = answer.json()
    assert answer.headers["location"] == f"/v1/integrations/{draft['id']}"
    assert draft["status"] == "draft"
    assert draft["missing"] == ["provider", "environment", "client_id", "redirect_uri", "scopes"]
    path = f"/v1/integrations/{draft['id']}"
    half = await world.admin.patch(path, COMPLETE | {"client_id": "  "})
    assert half.json()["missing"] == ["client_id"]
    whole = await world.admin.patch(path, {"client_id": "abc"})
    assert (whole.json()["status"], whole.json()["missing"]) == ("configured", [])


async def test_the_list_has_counts_and_filters(world: World) -> None:
    integration = await world.admin.integration("beta")
    await world.admin.post("/v1/integrations", {"name": "Alpha"})
    disabled = await world.admin.integration("gamma")
    await world.admin.patch(f"/v1/integrations/{disabled}", {"status": "disabled"})
    revoked, _ = await world.admin.key(integration)
    await world.admin.revoke(revoked)
    acknowledged, _ = await world.admin.key(integration)
    await world.admin.post(f"/v1/keys/{acknowledged}/acknowledge")
    await world.admin.key(integration)

    async def names(**params: Any) -> list[str]:
        answer = await world.admin.get("/v1/integrations", **params)
        return [each["name"] for each in answer.json()["items"]]

    assert await names() == ["Alpha", "beta", "gamma"]
    assert await names(status="draft") == ["Alpha"]
    assert await names(status="configured") == ["beta"]
    assert await names(status="disabled") == ["gamma"]
    assert await names(q="ALP") == ["Alpha"]
    assert await names(q="%") == []
    assert await names(workspace=await world.workspace_id()) == ["Alpha", "beta", "gamma"]
    page = (await world.admin.get("/v1/integrations", limit=2)).json()
    rest = (await world.admin.get("/v1/integrations", limit=2, cursor=page["next_cursor"])).json()
    assert [each["name"] for each in rest["items"]] == ["gamma"]
    shown = (await world.admin.get(f"/v1/integrations/{integration}")).json()
    assert shown == page["items"][1]
    assert shown["key_counts"] == {
        "active": 2,
        "unconfirmed": 1,
        "disabled": 0,
        "expired": 0,
        "revoked": 1,
    }
    assert shown["recent_use"] == []


async def test_a_name_is_unique_in_a_workspace_as_people_read_it(world: World) -> None:
    await world.admin.integration("Sales  Force")
    taken = await world.admin.post("/v1/integrations", {"name": "sales force"})
    assert (taken.status_code, taken.json()["error"]) == (409, "name-taken")
    assert taken.json()["errors"][0]["field"] == "name"
    other = await world.admin.integration("Other")
    renamed = await world.admin.patch(f"/v1/integrations/{other}", {"name": "SALES FORCE"})
    assert renamed.json()["error"] == "name-taken"
    stranger = await world.stranger()
    assert await stranger.integration("Sales Force")


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"name": "a\x1b[2Jb"}, "name"),
        ({"name": None}, "name"),
        ({"provider": "a\u200bb"}, "provider"),
        ({"redirect_uri": "http://acme.example/cb"}, "redirect_uri"),
        ({"redirect_uri": "/cb"}, "redirect_uri"),
        ({"redirect_uri": "https://"}, "redirect_uri"),
        ({"redirect_uri": "https://a:port/"}, "redirect_uri"),
        ({"redirect_uri": "https://a/#x"}, "redirect_uri"),
        ({"redirect_uri": "https://u:p@acme.example/"}, "redirect_uri"),
        ({"redirect_uri": "https://u@acme.example/"}, "redirect_uri"),
        ({"redirect_uri": "https://@acme.example/"}, "redirect_uri"),
        ({"redirect_uri": "http://u:p@localhost:8080/cb"}, "redirect_uri"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
        ({"scopes": ["a", "b\x07"]}, "scopes.1"),
        ({"scopes": ["a b"]}, "scopes.0"),
        ({"scopes": ["x"] * 51}, "scopes"),
        ({"scopes": "api"}, "scopes"),
        ({"status": "configured"}, "status"),
        ({"id": "int_0000000000000000"}, "id"),
    ],
)
async def test_a_field_at_fault_is_named(world: World, fields: dict[str, Any], at: str) -> None:
    answer = await world.admin.post("/v1/integrations", COMPLETE | {"name": "ok"} | fields)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [at]
    assert (await world.admin.get("/v1/integrations")).json()["items"] == []


@pytest.mark.parametrize(
    "uri",
    ["https://a.example/cb?x=1", "http://localhost:8080/cb", "http://127.0.0.1/", "http://[::1]/"],
)
async def test_a_redirect_uri_is_https_or_on_this_machine(world: World, uri: str) -> None:
    integration = await world.admin.integration(redirect_uri=uri)
    assert (await world.admin.get(f"/v1/integrations/{integration}")).json()["redirect_uri"] == uri


async def test_what_has_keys_in_force_cannot_become_a_draft_again(world: World) -> None:
    integration = await world.admin.integration()
    path = f"/v1/integrations/{integration}"
    public_key, _ = await world.admin.key(integration)
    refused = await world.admin.patch(path, {"client_id": None})
    assert (refused.status_code, refused.json()["error"]) == (409, "integration-not-configured")
    assert refused.json()["errors"][0]["field"] == "client_id"
    await world.admin.revoke(public_key)
    assert (await world.admin.patch(path, {"client_id": None})).json()["status"] == "draft"


async def test_disabling_and_enabling_again(world: World) -> None:
    integration = await world.admin.integration()
    path = f"/v1/integrations/{integration}"
    assert (await world.admin.patch(path, {"status": "disabled"})).json()["status"] == "disabled"
    again = await world.admin.patch(path, {"status": "disabled"})
    assert again.json()["status"] == "disabled"
    assert (
        len((await world.admin.get("/v1/audit", action="integration.disabled")).json()["items"])
        == 1
    )
    assert (await world.admin.patch(path, {"status": "configured"})).json()[
        "status"
    ] == "configured"
    wrong = await world.admin.patch(path, {"status": "draft"})
    assert wrong.json()["errors"][0]["field"] == "status"


async def test_a_draft_can_be_neither_disabled_nor_enabled(world: World) -> None:
    draft = (await world.admin.post("/v1/integrations", {"name": "Draft"})).json()["id"]
    for status in ("disabled", "configured"):
        answer = await world.admin.patch(f"/v1/integrations/{draft}", {"status": status})
        assert answer.json()["error"] == "integration-not-configured"


async def test_who_has_several_workspaces_says_which(world: World) -> None:
    from keyconsole.service.initialize import initialize

    second = await initialize(
        world.settings, workspace="Second", account="ops@acme.example", clock=world.clock
    )
    both = await world.old_token(second.account_id)
    vague = await both.post("/v1/integrations", {"name": "x"})
    assert vague.json()["errors"][0]["field"] == "workspace_id"
    clear = await both.post("/v1/integrations", {"name": "x", "workspace_id": second.workspace_id})
    assert clear.json()["workspace_id"] == second.workspace_id


async def test_each_key_counts_once_in_the_first_state_that_holds(world: World) -> None:
    place = await world.admin.integration()
    soon, later = (rfc3339(moment(world.clock() + days * DAY)) for days in (1, 9))
    for number, (expires_at, fuse, fate) in enumerate(
        itertools.product((None, soon, later), ("enable", "revoke", ""), ("revoked", "used", ""))
    ):
        public_key, secret = await world.admin.key(
            place, label=f"key-{number}", expires_at=expires_at
        )
        if fate == "used":
            await world.verify(secret)
        disabled = {"until": soon, "then": fuse} if fuse else {}
        if number % 2:
            await world.admin.post(f"/v1/keys/{public_key}/disable", disabled)
        if fate == "revoked":
            await world.admin.revoke(public_key)
    for _ in range(2):
        keys = (await world.admin.get("/v1/keys", limit=500)).json()["items"]
        expected = Counter(key["status"] for key in keys)
        expected["unconfirmed"] = sum(
            key["status"] == "active" and not key["confirmed"] for key in keys
        )
        shown = (await world.admin.get(f"/v1/integrations/{place}")).json()["key_counts"]
        assert {state: expected[state] for state in shown} == shown
        world.clock.move(2 * DAY)
