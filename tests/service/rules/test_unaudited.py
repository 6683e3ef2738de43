"""What cannot be audited does not happen: every route that changes something, and none left out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx
import pytest
from tests.service.world import START, World, fresh_nonce

from keyconsole.service.clock import DAY, moment
from keyconsole.service.management import management
from keyconsole.service.routes import openapi
from keyconsole.wire import rfc3339


@dataclass(frozen=True)
class Scene:
    """What there is to change."""

    world: World
    integration: str
    public_key: str
    disabled_key: str
    secret: str
    rotated: str
    member: str
    token: str
    invitation: str
    workspace: str


Change = Callable[[Scene], Awaitable[httpx.Response]]

SOON = rfc3339(moment(START + DAY))
LATER_ON = rfc3339(moment(START + 30 * DAY))

CHANGES: dict[tuple[str, str], Change] = {
    ("POST", "/v1/integrations"): lambda s: s.world.admin.post("/v1/integrations", {"name": "new"}),
    ("PATCH", "/v1/integrations/{integration_id}"): lambda s: s.world.admin.patch(
        f"/v1/integrations/{s.integration}", {"name": "other"}
    ),
    ("POST", "/v1/integrations/{integration_id}/keys"): lambda s: s.world.admin.create(
        s.integration
    ),
    ("PATCH", "/v1/keys/{public_key}"): lambda s: s.world.admin.patch(
        f"/v1/keys/{s.public_key}", {"label": "other"}, if_match="*"
    ),
    ("POST", "/v1/keys/{public_key}/acknowledge"): lambda s: s.world.admin.post(
        f"/v1/keys/{s.public_key}/acknowledge"
    ),
    ("POST", "/v1/keys/{public_key}/revoke"): lambda s: s.world.admin.revoke(s.public_key),
    ("POST", "/v1/keys/{public_key}/disable"): lambda s: s.world.admin.post(
        f"/v1/keys/{s.public_key}/disable", {}
    ),
    ("POST", "/v1/keys/{public_key}/enable"): lambda s: s.world.admin.post(
        f"/v1/keys/{s.disabled_key}/enable"
    ),
    ("POST", "/v1/keys/{public_key}/review"): lambda s: s.world.admin.post(
        f"/v1/keys/{s.public_key}/review", {"finding": "unclear", "until": LATER_ON}
    ),
    ("PUT", "/v1/attention/{item_id}/dismissal"): lambda s: s.world.admin.http.put(
        f"/v1/attention/enables_itself-{s.disabled_key}/dismissal", json={"until": LATER_ON}
    ),
    ("POST", "/v1/keys/{public_key}/rotation"): lambda s: s.world.admin.post(
        f"/v1/keys/{s.public_key}/rotation", {}, idempotency_key=fresh_nonce()
    ),
    ("PATCH", "/v1/keys/{public_key}/rotation"): lambda s: s.world.admin.patch(
        f"/v1/keys/{s.rotated}/rotation", {"paused": True}
    ),
    ("POST", "/v1/keys/{public_key}/rotation/complete"): lambda s: s.world.admin.post(
        f"/v1/keys/{s.rotated}/rotation/complete", {"now": True}
    ),
    ("POST", "/v1/keys/{public_key}/rotation/cancel"): lambda s: s.world.admin.post(
        f"/v1/keys/{s.rotated}/rotation/cancel", {}
    ),
    ("POST", "/v1/members"): lambda s: s.world.admin.post(
        "/v1/members", {"email": "new@acme.example", "role": "viewer"}
    ),
    ("PATCH", "/v1/members/{account_id}"): lambda s: s.world.admin.patch(
        f"/v1/members/{s.member}", {"role": "operator"}
    ),
    ("DELETE", "/v1/members/{account_id}"): lambda s: s.world.admin.delete(
        f"/v1/members/{s.member}"
    ),
    ("POST", "/v1/tokens"): lambda s: s.world.admin.post(
        "/v1/tokens", {"label": "laptop"}, idempotency_key=fresh_nonce()
    ),
    ("DELETE", "/v1/tokens/{token_id}"): lambda s: s.world.admin.delete(f"/v1/tokens/{s.token}"),
    ("POST", "/v1/invitations/{invitation_id}/accept"): lambda s: s.world.admin.post(
        f"/v1/invitations/{s.invitation}/accept"
    ),
    ("POST", "/v1/invitations/{invitation_id}/decline"): lambda s: s.world.admin.post(
        f"/v1/invitations/{s.invitation}/decline"
    ),
    ("PATCH", "/v1/workspaces/{workspace_id}"): lambda s: s.world.admin.patch(
        f"/v1/workspaces/{s.workspace}", {"settings": {"max_key_age_days": 90}}
    ),
    ("POST", "/v1/revoke"): lambda s: s.world.gateway.post("/v1/revoke", data={"token": s.secret}),
}
"""How each route changes something. A new route needs a line here, or one below."""

READS = {("POST", "/v1/identify"), ("POST", "/v1/introspect")}
"""Routes that only ask, whatever their method."""

LATER = {("POST", "/v1/revocations")}
"""Routes whose answer is only that the work has begun: each key of it has an event of its own."""


async def close_the_log(world: World) -> None:
    begins = "CREATE TRIGGER no_more_events BEFORE INSERT ON audit_events"
    if not world.settings.is_postgresql:
        await world.sql(f"{begins} BEGIN SELECT RAISE(ABORT, 'the log is closed'); END")
        return
    await world.sql(
        "CREATE FUNCTION no_more_events() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE 'the log is closed'; END $$"
    )
    await world.sql(f"{begins} FOR EACH ROW EXECUTE FUNCTION no_more_events()")


def routes() -> set[tuple[str, str]]:
    """Every route that may change something, as the service itself has them."""
    document = openapi.document(management())
    return {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
        if method.upper() not in {"GET", "HEAD", "OPTIONS"}
    }


def test_no_route_is_left_out() -> None:
    assert routes() == CHANGES.keys() | READS | LATER


async def scene(world: World) -> Scene:
    integration = await world.admin.integration()
    public_key, _ = await world.admin.key(integration)
    disabled_key, _ = await world.admin.key(integration)
    fuse = {"until": SOON, "then": "enable"}
    await world.admin.post(f"/v1/keys/{disabled_key}/disable", fuse)
    _, secret = await world.admin.key(integration)
    rotated, _ = await world.admin.key(integration)
    begun = await world.admin.post(
        f"/v1/keys/{rotated}/rotation", {}, idempotency_key=fresh_nonce()
    )
    assert begun.is_success, begun.text
    joined = {"email": "ana@acme.example", "role": "viewer"}
    member = (await world.admin.post("/v1/members", joined)).json()["account_id"]
    made = await world.admin.post(
        "/v1/tokens", {"account_id": member}, idempotency_key=fresh_nonce()
    )
    assert made.is_success, made.text
    token = made.json()["id"]
    stranger = await world.stranger()
    await stranger.post("/v1/members", {"email": "ops@acme.example", "role": "viewer"})
    [invitation] = (await world.admin.get("/v1/invitations")).json()["items"]
    return Scene(
        world=world,
        integration=integration,
        public_key=public_key,
        disabled_key=disabled_key,
        secret=secret,
        rotated=rotated,
        member=member,
        token=token,
        invitation=invitation["id"],
        workspace=await world.workspace_id(),
    )


@pytest.mark.parametrize("route", CHANGES, ids=" ".join)
async def test_a_change_whose_event_cannot_be_written_does_not_happen(
    world: World, route: tuple[str, str]
) -> None:
    set_up = await scene(world)
    await world.runtime.token_last_used.flush()
    await close_the_log(world)
    before = await world.contents()

    refused = await CHANGES[route](set_up)

    assert refused.status_code >= 500
    assert await world.contents() == before
    await world.drop_guard("no_more_events", "audit_events")
    done = await CHANGES[route](set_up)
    assert done.is_success, done.text
    assert await world.contents() != before


async def test_of_many_keys_none_is_revoked_whose_event_cannot_be_written(world: World) -> None:
    integration = await world.admin.integration()
    public_key, secret = await world.admin.key(integration)
    body = {"keys": [{"public_key": public_key}]}
    shown = (await world.admin.post("/v1/revocations", body | {"dry_run": True})).json()
    sure = {"expect_count": shown["count"], "selection_hash": shown["selection_hash"]}
    await close_the_log(world)
    begun = await world.admin.post("/v1/revocations", body | sure)
    await world.runtime.background.join()
    assert (await world.verify(secret)).status_code == 200
    await world.drop_guard("no_more_events", "audit_events")
    progress = (await world.admin.get(f"/v1/revocations/{begun.json()['id']}")).json()
    assert progress["finished_at"] is None
