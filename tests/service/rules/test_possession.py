"""Whoever holds a key can end it, and learns nothing by trying."""

import httpx
import pytest
from tests.service.world import World

from keyconsole.core import credential
from keyconsole.core.credential import Kind


async def hand_in(world: World, token: str) -> httpx.Response:
    return await world.gateway.post("/v1/revoke", data={"token": token})


async def test_the_secret_is_enough_and_the_key_is_dead_at_the_very_next_request(
    world: World,
) -> None:
    public_key, secret = await world.admin.key(await world.admin.integration())
    answer = await hand_in(world, secret)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert (await world.verify(secret)).headers["x-auth-reason"] == "key-revoked"
    key = (await world.admin.get(f"/v1/keys/{public_key}")).json()
    assert (key["status"], key["revoke_reason"]) == ("revoked", "unspecified")


async def test_the_audit_log_says_by_which_way(world: World) -> None:
    public_key, secret = await world.admin.key(await world.admin.integration())
    await hand_in(world, secret)
    [event] = (await world.admin.get("/v1/audit", action="key.revoked")).json()["items"]
    assert (event["target"], event["detail"]["via"]) == (public_key, "possession")
    assert event["actor"] == "whoever holds the key"
    assert event["address"] == "10.1.4.7"
    # The receipt that an operator gets afterwards is that of this event.
    receipt = (await world.admin.revoke(public_key)).json()
    assert (receipt["already"], receipt["audit_sequence"]) == (True, event["sequence"])


async def test_once_and_again_and_in_vain_answer_alike(world: World) -> None:
    _, secret = await world.admin.key(await world.admin.integration())
    first = await hand_in(world, secret)
    forged = credential.assemble(Kind.API_KEY, secret[4:20], b"\x01" * 32).text
    for text in (secret, forged, credential.mint(Kind.API_KEY).text, "x", world.admin.token):
        answer = await hand_in(world, text)
        assert (answer.status_code, answer.content) == (first.status_code, first.content)
        assert set(answer.headers) == set(first.headers)
    events = (await world.admin.get("/v1/audit", action="key.revoked")).json()["items"]
    assert len(events) == 1


async def test_a_public_key_is_no_possession(world: World) -> None:
    public_key, secret = await world.admin.key(await world.admin.integration())
    forged = credential.assemble(Kind.API_KEY, secret[4:20], b"\x01" * 32).text
    for text in (public_key, forged):
        assert (await hand_in(world, text)).status_code == 200
    assert (await world.verify(secret)).status_code == 200


@pytest.mark.parametrize("state", ["disabled", "integration"])
async def test_a_key_that_is_refused_already_is_ended_for_good(world: World, state: str) -> None:
    integration = await world.admin.integration()
    public_key, secret = await world.admin.key(integration)
    if state == "disabled":
        await world.admin.post(f"/v1/keys/{public_key}/disable", {})
    else:
        await world.admin.patch(f"/v1/integrations/{integration}", {"status": "disabled"})
    await hand_in(world, secret)
    assert (await world.admin.get(f"/v1/keys/{public_key}")).json()["status"] == "revoked"
