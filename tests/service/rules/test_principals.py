"""Who may do what, and what a stranger cannot tell apart."""

import json
from typing import Any

import httpx
import pytest
from tests.service.world import Person, World, fresh_nonce

from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.wire import Role

MISSING_INTEGRATION = "int_0000000000000000"
MISSING_KEY = "kcp_0000000000000000"


def told(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All that an answer says, without the id that every request has of its own."""
    request_id = answer.headers["x-request-id"]
    headers = [(k, v) for k, v in answer.headers.multi_items() if k != "x-request-id"]
    return answer.status_code, answer.content.replace(request_id.encode(), b""), headers


ON_INTEGRATION: list[tuple[str, str, Any]] = [
    ("GET", "/v1/integrations/{}", None),
    ("PATCH", "/v1/integrations/{}", {"name": "x"}),
    ("PATCH", "/v1/integrations/{}", {"nonsense": 1}),
    ("GET", "/v1/integrations/{}/keys", None),
    ("POST", "/v1/integrations/{}/keys", {"label": "x"}),
    ("POST", "/v1/integrations/{}/keys", {"nonsense": 1}),
    ("GET", "/v1/keys?integration={}", None),
    ("GET", "/v1/audit?integration={}", None),
    ("GET", "/v1/audit?target={}", None),
]
ON_KEY: list[tuple[str, str, Any]] = [
    ("GET", "/v1/keys/{}", None),
    ("PATCH", "/v1/keys/{}", {"label": "x"}),
    ("PATCH", "/v1/keys/{}", {"nonsense": 1}),
    ("POST", "/v1/keys/{}/acknowledge", None),
    ("POST", "/v1/keys/{}/revoke", {"reason": "unspecified"}),
    ("POST", "/v1/keys/{}/revoke", {"nonsense": 1}),
    ("GET", "/v1/keys/{}/usage", None),
    ("GET", "/v1/keys?query={}", None),
    ("GET", "/v1/audit?target={}", None),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "on_key"),
    [(*case, False) for case in ON_INTEGRATION] + [(*case, True) for case in ON_KEY],
)
async def test_the_object_of_another_workspace_answers_like_one_that_does_not_exist(
    world: World, method: str, path: str, body: Any, *, on_key: bool
) -> None:
    integration = await world.admin.integration()
    public_key, secret = await world.admin.key(integration)
    stranger = await world.stranger()
    theirs = public_key if on_key else integration
    missing = MISSING_KEY if on_key else MISSING_INTEGRATION
    headers = {"idempotency-key": fresh_nonce(), "if-match": "*"}

    async def ask(which: str) -> httpx.Response:
        return await stranger.http.request(method, path.format(which), json=body, headers=headers)

    assert told(await ask(theirs)) == told(await ask(missing))
    assert (await world.verify(secret)).status_code == 200


async def test_identify_knows_nothing_of_another_workspace(world: World) -> None:
    public_key, secret = await world.admin.key(await world.admin.integration())
    stranger = await world.stranger()
    for digest in (None, credential.digest(secret).hex()):
        theirs = await stranger.post("/v1/identify", {"public_key": public_key, "digest": digest})
        missing = await stranger.post("/v1/identify", {"public_key": MISSING_KEY, "digest": digest})
        assert told(theirs) == told(missing)
        assert theirs.json()["match"] == "unknown"


async def test_an_integration_is_not_made_in_another_workspace(world: World) -> None:
    stranger = await world.stranger()
    theirs = await stranger.post(
        "/v1/integrations", {"name": "x", "workspace_id": await world.workspace_id()}
    )
    missing = await stranger.post(
        "/v1/integrations", {"name": "x", "workspace_id": "ws_0000000000000000"}
    )
    assert told(theirs) == told(missing)
    assert theirs.status_code == 404


async def test_lists_hold_nothing_of_another_workspace(world: World) -> None:
    await world.admin.key(await world.admin.integration())
    stranger = await world.stranger()
    for path in ("/v1/integrations", "/v1/keys"):
        assert (await stranger.get(path)).json()["items"] == []
    workspace_id = await world.workspace_id()
    assert (await stranger.get("/v1/integrations", workspace=workspace_id)).json()["items"] == []
    assert (await stranger.get("/v1/audit", workspace=workspace_id)).json()["items"] == []
    events = (await stranger.get("/v1/audit")).json()["items"]
    assert {event["action"] for event in events} == {"workspace.created", "member.added"}


NEEDS = [
    ("GET", "/v1/integrations", "integrations:read"),
    ("POST", "/v1/integrations", "integrations:write"),
    ("GET", "/v1/integrations/{i}", "integrations:read"),
    ("PATCH", "/v1/integrations/{i}", "integrations:write"),
    ("GET", "/v1/integrations/{i}/keys", "keys:read"),
    ("POST", "/v1/integrations/{i}/keys", "keys:create"),
    ("GET", "/v1/keys", "keys:read"),
    ("GET", "/v1/keys/{k}", "keys:read"),
    ("PATCH", "/v1/keys/{k}", "keys:write"),
    ("POST", "/v1/keys/{k}/acknowledge", "keys:create"),
    ("POST", "/v1/keys/{k}/revoke", "keys:revoke"),
    ("GET", "/v1/keys/{k}/usage", "keys:read"),
    ("POST", "/v1/identify", "keys:read"),
    ("GET", "/v1/audit", "audit:read"),
]
LACKING = {
    Role.GATEWAY: {permission for _, _, permission in NEEDS},
    Role.VIEWER: {"integrations:write", "keys:create", "keys:write", "keys:revoke"},
    # To revoke suffices to allow fewer addresses, so that a change of a key may be one of theirs.
    Role.RESPONDER: {"integrations:write", "keys:create"},
    Role.OPERATOR: set(),
    Role.ADMIN: set(),
}


@pytest.mark.parametrize("role", list(Role))
async def test_a_missing_permission_is_named_before_the_body_is_looked_at(
    world: World, role: Role
) -> None:
    integration = await world.admin.integration()
    public_key, _ = await world.admin.key(integration)
    person = await world.member(role)
    for method, path, permission in NEEDS:
        answer = await person.http.request(
            method, path.format(i=integration, k=public_key), content=b"{nonsense"
        )
        if permission in LACKING[role]:
            assert answer.status_code == 403, path
            assert answer.json()["error"] == "permission-denied"
            assert permission in answer.json()["detail"]
        else:
            assert answer.status_code not in (401, 403, 404, 500), path


async def sign_in(world: World, **headers: Any) -> httpx.Response:
    return await world.gateway.get("/v1/me", **headers)


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic x", "kco_x", "Bearer kco_x", "Bearer ü"]
)
async def test_what_is_no_operator_token_does_not_sign_in(world: World, authorization: str) -> None:
    answer = await sign_in(world, headers=[(b"authorization", authorization.encode())])
    assert answer.status_code == 401
    assert answer.json()["error"] == "not-signed-in"
    assert answer.headers["www-authenticate"] == 'Bearer realm="keyconsole"'


async def test_a_key_an_unknown_token_and_a_forged_one_do_not_sign_in(world: World) -> None:
    _, secret = await world.admin.key(await world.admin.integration())
    unknown = credential.mint(Kind.OPERATOR_TOKEN).text
    forged = credential.assemble(Kind.OPERATOR_TOKEN, world.admin.token[4:20], b"\x01" * 32).text
    for text in (secret, unknown, forged):
        answer = await sign_in(world, headers={"authorization": f"Bearer {text}"})
        assert answer.status_code == 401
        assert text not in answer.text
    twice = [(b"authorization", f"Bearer {world.admin.token}".encode())] * 2
    assert (await sign_in(world, headers=twice)).status_code == 401


@pytest.mark.parametrize(("method", "path", "_permission"), NEEDS)
async def test_nothing_is_answered_before_signing_in(
    world: World, method: str, path: str, _permission: str
) -> None:
    answer = await world.gateway.request(
        method, path.format(i=MISSING_INTEGRATION, k=MISSING_KEY) + "?limit=x", content=b"{"
    )
    assert answer.status_code == 401


async def test_me_tells_the_account_and_what_it_may_do(world: World) -> None:
    viewer = await world.member(Role.VIEWER)
    me = (await viewer.get("/v1/me")).json()
    [membership] = me["memberships"]
    assert membership["workspace"] == "Acme"
    assert membership["role"] == "viewer"
    assert membership["permissions"] == ["audit:read", "integrations:read", "keys:read"]
    assert me["embedded"] is False
    assert me["service_version"]
    assert me["server_time"].endswith("Z")


async def test_a_lost_membership_is_lost_at_once(world: World) -> None:
    viewer: Person = await world.member(Role.VIEWER)
    assert (await viewer.get("/v1/keys")).status_code == 200
    async with world.runtime.store.write() as tx:
        await tx.exec_driver_sql("DELETE FROM memberships WHERE role = 'viewer'")
    assert (await viewer.get("/v1/keys")).status_code == 403
    assert json.loads((await viewer.get("/v1/me")).text)["memberships"] == []
