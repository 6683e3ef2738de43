"""Every route × every role × own, foreign and missing, from the routes themselves.

A route that is not in `NEEDS` fails the first test, so none is left out.
"""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from tests.service.databases import Engine
from tests.service.world import Person, World, fresh_nonce

from keyconsole.service.management import management
from keyconsole.wire import ROLE_PERMISSIONS, Permission, Role

OPEN = "nobody needs to sign in"
ANY = "whoever is signed in"
PUBLISHED = "nobody needs to sign in, where the service has a public URL; here it has none"
INVITED = "whoever is invited, and nobody else"

NEEDS: dict[str, Permission | str] = {
    "GET /livez": OPEN,
    "GET /readyz": OPEN,
    "GET /v1/openapi.json": OPEN,
    "GET /metrics": OPEN,
    "GET /.well-known/oauth-authorization-server": PUBLISHED,
    "GET /.well-known/oauth-authorization-server/keys": PUBLISHED,
    "POST /v1/revoke": OPEN,
    "POST /v1/introspect": Permission.INTROSPECT,
    "GET /v1/me": ANY,
    "GET /v1/integrations": Permission.INTEGRATIONS_READ,
    "POST /v1/integrations": Permission.INTEGRATIONS_WRITE,
    "GET /v1/integrations/{integration_id}": Permission.INTEGRATIONS_READ,
    "PATCH /v1/integrations/{integration_id}": Permission.INTEGRATIONS_WRITE,
    "GET /v1/integrations/{integration_id}/keys": Permission.KEYS_READ,
    "GET /v1/integrations/{integration_id}/usage": Permission.KEYS_READ,
    "POST /v1/integrations/{integration_id}/keys": Permission.KEYS_CREATE,
    "GET /v1/keys": Permission.KEYS_READ,
    "GET /v1/keys/{public_key}": Permission.KEYS_READ,
    "PATCH /v1/keys/{public_key}": Permission.KEYS_WRITE,
    "GET /v1/keys/{public_key}/usage": Permission.KEYS_READ,
    "POST /v1/keys/{public_key}/acknowledge": Permission.KEYS_CREATE,
    "POST /v1/keys/{public_key}/revoke": Permission.KEYS_REVOKE,
    "POST /v1/keys/{public_key}/disable": Permission.KEYS_REVOKE,
    "POST /v1/keys/{public_key}/enable": Permission.KEYS_REVOKE,
    "POST /v1/keys/{public_key}/rotation": Permission.KEYS_CREATE,
    "GET /v1/keys/{public_key}/rotation": Permission.KEYS_CREATE,
    "PATCH /v1/keys/{public_key}/rotation": Permission.KEYS_CREATE,
    "POST /v1/keys/{public_key}/rotation/complete": Permission.KEYS_CREATE,
    "POST /v1/keys/{public_key}/rotation/cancel": Permission.KEYS_CREATE,
    "GET /v1/rotations": Permission.KEYS_CREATE,
    "GET /v1/workspaces/{workspace_id}": ANY,
    "GET /v1/workspaces/{workspace_id}/usage": Permission.KEYS_READ,
    "PATCH /v1/workspaces/{workspace_id}": Permission.MEMBERS_WRITE,
    "POST /v1/revocations": Permission.KEYS_REVOKE,
    "GET /v1/revocations/{revocation_id}": Permission.KEYS_REVOKE,
    "POST /v1/identify": Permission.KEYS_READ,
    "GET /v1/refusals": Permission.KEYS_READ,
    "GET /v1/label-audit": Permission.KEYS_READ,
    "GET /v1/label-audit/counts": Permission.KEYS_READ,
    "GET /v1/reports/keys": Permission.KEYS_READ,
    "GET /v1/attention": Permission.KEYS_READ,
    "PUT /v1/attention/{item_id}/dismissal": Permission.KEYS_WRITE,
    "POST /v1/keys/{public_key}/review": Permission.KEYS_WRITE,
    "GET /v1/audit": Permission.AUDIT_READ,
    "GET /v1/audit/checkpoint": Permission.AUDIT_READ,
    "GET /v1/audit/verification": Permission.AUDIT_READ,
    "GET /v1/members": Permission.MEMBERS_WRITE,
    "POST /v1/members": Permission.MEMBERS_WRITE,
    "GET /v1/members/{account_id}": Permission.MEMBERS_WRITE,
    "PATCH /v1/members/{account_id}": Permission.MEMBERS_WRITE,
    "DELETE /v1/members/{account_id}": Permission.MEMBERS_WRITE,
    "GET /v1/tokens": Permission.MEMBERS_WRITE,
    "POST /v1/tokens": Permission.MEMBERS_WRITE,
    "DELETE /v1/tokens/{token_id}": Permission.MEMBERS_WRITE,
    "GET /v1/invitations": ANY,
    "POST /v1/invitations/{invitation_id}/accept": INVITED,
    "POST /v1/invitations/{invitation_id}/decline": INVITED,
}
LET_THROUGH = {"PATCH /v1/keys/{public_key}": Permission.KEYS_REVOKE}
"""Who has this instead may ask too, for some of it: to revoke suffices to allow fewer addresses."""
MISSING = {
    "integration_id": "int_0000000000000000",
    "item_id": "due-int_0000000000000000",
    "public_key": "kcp_0000000000000000",
    "account_id": "acc_0000000000000000",
    "token_id": "tok_0000000000000000",
    "invitation_id": "inv_0000000000000000",
    "workspace_id": "ws_0000000000000000",
    "revocation_id": "rev_0000000000000000",
}
# What permission and existence are decided before: neither is JSON that any route takes.
BODIES = (b"{nonsense", b'{"nonsense":1}')

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Route:
    """A method at an address, as the service itself knows it."""

    method: str
    path: str
    query: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        return _PARAMETER.findall(self.path)

    async def ask(
        self, http: httpx.AsyncClient, ids: Mapping[str, str], body: bytes, **query: str
    ) -> httpx.Response:
        headers = {
            "idempotency-key": fresh_nonce(),
            "if-match": "*",
            "content-type": "application/json",
        }
        content = None if self.method == "GET" else body
        return await http.request(
            self.method, self.path.format(**ids), content=content, headers=headers, params=query
        )


def _routes() -> list[Route]:
    found = []
    for context in iter_route_contexts(management().routes):
        query = [each.alias for each in context.dependant.query_params]
        query += [
            name
            for each in context.dependant.query_params
            if hasattr(each.field_info.annotation, "model_fields")
            for name in each.field_info.annotation.model_fields
        ]
        found += [
            Route(method, (context.path or "").replace("{path:path}", "keys"), tuple(query))
            for method in sorted(context.methods or ())
        ]
    return found


ROUTES = _routes()


def told(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All that an answer says, without the id that every request has of its own."""
    request_id = answer.headers["x-request-id"]
    own = {"x-request-id", "content-length"}  # an id is longer than the one before it at times
    headers = [(k, v) for k, v in answer.headers.multi_items() if k not in own]
    return answer.status_code, answer.content.replace(request_id.encode(), b""), headers


async def objects(world: World, admin: Person) -> dict[str, str]:
    """One of each kind, fresh, in the workspace of this admin."""
    me = (await admin.get("/v1/me")).json()
    workspace_id = me["memberships"][0]["workspace_id"]
    integration = await admin.integration(name=f"Integration {fresh_nonce()}")
    public_key, _ = await admin.key(integration)
    await admin.post(f"/v1/keys/{public_key}/rotation", {}, idempotency_key=fresh_nonce())
    email = f"{fresh_nonce()}@acme.example"
    member = await admin.post("/v1/members", {"email": email, "role": "viewer"})
    account_id = member.json()["account_id"]
    token = await admin.post(
        "/v1/tokens", {"account_id": account_id}, idempotency_key=fresh_nonce()
    )
    doomed, _ = await admin.key(integration)
    asked: dict[str, Any] = {"keys": [{"public_key": doomed}]}
    shown = (await admin.post("/v1/revocations", asked | {"dry_run": True})).json()
    asked |= {"expect_count": shown["count"], "selection_hash": shown["selection_hash"]}
    revocation = await admin.post("/v1/revocations", asked)
    await world.runtime.background.join()
    return {
        "invitation_id": await an_invitation(world, admin),
        "revocation_id": revocation.json()["id"],
        "integration_id": integration,
        "item_id": f"due-{integration}",
        "public_key": public_key,
        "account_id": account_id,
        "token_id": token.json()["id"],
        "workspace_id": workspace_id,
    }


async def an_invitation(world: World, admin: Person) -> str:
    """An invitation to the workspace of this admin, of somebody from a third one."""
    guest = await world.member(Role.VIEWER, await world.another_workspace(fresh_nonce()))
    email = (await guest.get("/v1/me")).json()["email"]
    await admin.post("/v1/members", {"email": email, "role": "viewer"})
    [invitation] = (await guest.get("/v1/invitations")).json()["items"]
    return str(invitation["id"])


def code_of(answer: httpx.Response) -> str:
    """The code of a problem, whose `error` is another on OAuth's endpoints."""
    return str(answer.json()["type"]).removeprefix("urn:keyconsole:problem:")


async def events(person: Person) -> int:
    return len((await person.get("/v1/audit", limit=500)).json()["items"])


def test_every_route_has_an_expectation_and_every_expectation_a_route() -> None:
    assert {str(route) for route in ROUTES} == set(NEEDS)
    assert {name for route in ROUTES for name in route.parameters} <= set(MISSING)


async def test_nobody_is_told_anything_before_signing_in(world: World) -> None:
    own = await objects(world, world.admin)
    for route, ids, body in itertools.product(ROUTES, (own, MISSING), BODIES):
        answer = await route.ask(world.gateway, ids, body)
        if NEEDS[str(route)] == OPEN:
            assert answer.status_code in (200, 400), str(route)
        elif NEEDS[str(route)] == PUBLISHED:
            assert answer.status_code == 404, str(route)
        else:
            said = (answer.status_code, code_of(answer))
            assert said == (401, "not-signed-in"), str(route)


@pytest.mark.parametrize("role", list(Role))
async def test_what_a_role_may_not_do_names_the_permission_and_what_it_may_do_is_let_through(
    world: World, role: Role
) -> None:
    person = await world.member(role)
    own = await objects(world, world.admin)
    for route in ROUTES:
        needed = NEEDS[str(route)]
        was_done = False
        for body in BODIES:
            answer = await route.ask(person.http, own, body)
            was_done |= route.method != "GET" and answer.is_success
            if needed in (INVITED, PUBLISHED):
                assert (answer.status_code, answer.json()["error"]) == (404, "not-found")
            elif (
                needed in (OPEN, ANY)
                or {needed, LET_THROUGH.get(str(route))} & ROLE_PERMISSIONS[role]
            ):
                # DELETE has no body, so that the second one finds nobody.
                gone = answer.status_code == 404 and route.method == "DELETE"
                expected = (200,) if route.method == "GET" else (200, 204, 400, 422)
                assert gone or answer.status_code in expected, (str(route), answer.text)
            else:
                assert answer.status_code == 403, (str(route), answer.text)
                assert code_of(answer) == "permission-denied"
                assert needed in answer.json()["detail"]
        if was_done:
            own = await objects(world, world.admin)  # what was there may be gone


@pytest.mark.parametrize("role", list(Role))
async def test_what_is_foreign_answers_byte_for_byte_like_what_is_missing(
    world: World, role: Role
) -> None:
    person = await world.member(role)
    stranger = await world.stranger()
    foreign = await objects(world, stranger)
    before = await events(stranger)
    for route in ROUTES:
        if not route.parameters:
            continue
        for body in BODIES:
            answers = [await route.ask(person.http, ids, body) for ids in (foreign, MISSING)]
            assert told(answers[0]) == told(answers[1]), str(route)
            # Without the permission anywhere, nothing need be looked for.
            lacks = NEEDS[str(route)] not in ROLE_PERMISSIONS[role]
            expected = (403, 404) if lacks else (404,)
            assert answers[0].status_code in expected, (str(route), answers[0].text)
    assert await events(stranger) == before


# Which role asks is decided before a filter is read, on either engine: on the dearer one admins do.
@pytest.mark.parametrize(
    ("world", "role"),
    [*((Engine.SQLITE, role) for role in Role), (Engine.POSTGRESQL, Role.ADMIN)],
    indirect=["world"],
)
async def test_a_filter_that_names_something_foreign_answers_like_one_that_names_nothing(
    world: World, role: Role
) -> None:
    person = await world.member(role)
    foreign = await objects(world, await world.stranger())
    own = await objects(world, world.admin)
    # A filter finds the same for every role of a workspace: admins try each with every kind of id,
    # the other roles each with one kind, in turn.
    in_turn = itertools.cycle(foreign)
    asked = 0
    for route in ROUTES:
        for name in route.query:
            for kind in foreign if role is Role.ADMIN else (next(in_turn),):
                identifier = foreign[kind]
                query = [{name: each} for each in (identifier, MISSING[kind])]
                answers = [await route.ask(person.http, own, BODIES[0], **each) for each in query]
                if route.method == "DELETE":  # the first of two would be another answer
                    assert answers[0].status_code in (403, 404)
                assert told(answers[0]) == told(answers[1]), (str(route), name)
                assert all(each not in answers[0].text for each in foreign.values())
                asked += 1
    assert asked > len(ROUTES)


IN_BODIES: list[tuple[str, dict[str, Any], str]] = [
    ("/v1/integrations", {"name": "x"}, "workspace_id"),
    ("/v1/members", {"email": "x@acme.example", "role": "viewer"}, "workspace_id"),
    ("/v1/tokens", {}, "workspace_id"),
    ("/v1/tokens", {}, "account_id"),
    ("/v1/identify", {}, "public_key"),
]


@pytest.mark.parametrize(("path", "body", "field"), IN_BODIES)
async def test_a_body_that_names_something_foreign_answers_like_one_that_names_nothing(
    world: World, path: str, body: dict[str, Any], field: str
) -> None:
    stranger = await world.stranger()
    foreign = await objects(world, stranger)
    before = await events(stranger)
    answers = [
        await world.admin.post(path, body | {field: ids[field]}, idempotency_key=fresh_nonce())
        for ids in (foreign, MISSING)
    ]
    if path == "/v1/identify":
        assert [each.json()["match"] for each in answers] == ["unknown", "unknown"]
    else:
        assert told(answers[0]) == told(answers[1])
        assert answers[0].status_code == 404
    assert await events(stranger) == before


MASS = ("status", "workspace_id", "pid", "public_key", "revoked_at", "verifier", "role", "version")
WRITES = [
    ("POST", "/v1/integrations", {"name": "x"}, {"workspace_id"}),
    ("PATCH", "/v1/integrations/{integration_id}", {"name": "x"}, {"status"}),
    ("POST", "/v1/integrations/{integration_id}/keys", {"label": "x"}, set()),
    ("PATCH", "/v1/keys/{public_key}", {"label": "x"}, set()),
    ("POST", "/v1/keys/{public_key}/revoke", {}, set()),
    ("POST", "/v1/keys/{public_key}/disable", {}, set()),
    ("PUT", "/v1/attention/{item_id}/dismissal", {}, set()),
    ("POST", "/v1/keys/{public_key}/rotation", {}, set()),
    ("PATCH", "/v1/keys/{public_key}/rotation", {}, set()),
    ("POST", "/v1/keys/{public_key}/rotation/complete", {}, set()),
    ("PATCH", "/v1/workspaces/{workspace_id}", {"settings": {}}, set()),
    ("POST", "/v1/identify", {}, {"public_key"}),
    ("POST", "/v1/members", {"email": "x@acme.example"}, {"role", "workspace_id"}),
    ("PATCH", "/v1/members/{account_id}", {}, {"role"}),
    ("POST", "/v1/tokens", {}, {"workspace_id"}),
]


@pytest.mark.parametrize(("method", "path", "body", "own_fields"), WRITES)
async def test_a_field_that_is_not_the_callers_to_set_is_refused_and_nothing_changes(
    world: World, method: str, path: str, body: dict[str, Any], own_fields: set[str]
) -> None:
    ids = await objects(world, world.admin)
    before = await events(world.admin)
    for field in set(MASS) - own_fields:
        answer = await world.admin.http.request(
            method,
            path.format(**ids),
            json=body | {field: "active"},
            headers={"idempotency-key": fresh_nonce(), "if-match": "*"},
        )
        assert answer.status_code == 422, (field, answer.text)
        refused = {each["field"]: each["code"] for each in answer.json()["errors"]}
        assert refused[field] == "extra-forbidden"
    assert await events(world.admin) == before
