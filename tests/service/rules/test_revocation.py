"""A revoke is at once, for ever, and proved."""

import asyncio

import pytest
from tests.service.world import World

from keyconsole.wire import Role


@pytest.fixture
async def key(world: World) -> tuple[str, str]:
    return await world.admin.key(await world.admin.integration())


async def test_the_receipt_says_what_the_audit_log_says(world: World, key: tuple[str, str]) -> None:
    public_key, secret = key
    answer = await world.admin.revoke(
        public_key, reason="key_compromise", incident="INC-4211", note="leaked in a chat"
    )
    assert answer.status_code == 200
    receipt = answer.json()
    [event] = (await world.admin.get("/v1/audit", action="key.revoked")).json()["items"]
    assert receipt["public_key"] == event["target"] == public_key
    assert receipt["audit_sequence"] == event["sequence"]
    assert receipt["audit_hash"] == event["hash"]
    assert receipt["request_id"] == event["request_id"] == answer.headers["x-request-id"]
    assert receipt["revoked_at"] == event["at"]
    assert receipt["revoked_by"] == event["actor"] == "ops@acme.example"
    assert receipt["process"] == world.runtime.process
    assert receipt["incident"] == "INC-4211"
    assert receipt["note"] == "leaked in a chat"
    assert receipt["already"] is False
    card = (await world.admin.get(f"/v1/keys/{public_key}")).json()
    assert card["status"] == "revoked"
    assert card["revoked_at"] == receipt["revoked_at"]
    assert card["revoke_reason"] == "key_compromise"
    assert card["incident"] == "INC-4211"
    assert (await world.verify(secret)).status_code == 401


async def test_repeating_it_gives_the_same_receipt(world: World, key: tuple[str, str]) -> None:
    first = (await world.admin.revoke(key[0], reason="superseded")).json()
    world.clock.move(60_000)
    again = (await world.admin.revoke(key[0], reason="key_compromise", note="other")).json()
    assert again == first | {"already": True}
    events = (await world.admin.get("/v1/audit", action="key.revoked")).json()["items"]
    assert len(events) == 1


async def test_many_at_once_are_one_revoke(world: World, key: tuple[str, str]) -> None:
    answers = await asyncio.gather(*(world.admin.revoke(key[0]) for _ in range(8)))
    receipts = [answer.json() for answer in answers]
    assert sorted(receipt.pop("already") for receipt in receipts) == [False] + [True] * 7
    assert all(receipt == receipts[0] for receipt in receipts)


async def test_a_revoke_needs_no_body(world: World, key: tuple[str, str]) -> None:
    answer = await world.admin.post(f"/v1/keys/{key[0]}/revoke")
    assert answer.json()["reason"] == "unspecified"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "because"}, "reason"),
        ({"incident": "a\x1bb"}, "incident"),
        ({"incident": "x" * 101}, "incident"),
        ({"note": "x" * 1001}, "note"),
        ({"reasons": "unspecified"}, "reasons"),
    ],
)
async def test_a_body_at_fault_revokes_nothing(
    world: World, key: tuple[str, str], body: dict[str, str], field: str
) -> None:
    answer = await world.admin.revoke(key[0], **body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await world.verify(key[1])).status_code == 200


async def test_a_revoke_whose_event_cannot_be_written_fails_and_revokes_nothing(
    world: World, key: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from keyconsole.service.store import audit

    async def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(audit, "extend", broken)
    assert (await world.admin.revoke(key[0])).status_code == 500
    assert (await world.verify(key[1])).status_code == 200


async def test_whoever_hangs_up_has_revoked_all_the_same(
    world: World, key: tuple[str, str]
) -> None:
    revoke = asyncio.create_task(world.admin.revoke(key[0]))
    while not world.app.writes:  # noqa: ASYNC110 - no event to wait for
        await asyncio.sleep(0)
    revoke.cancel()
    with pytest.raises(asyncio.CancelledError):
        await revoke
    await world.app.writes.join()
    assert (await world.verify(key[1])).status_code == 401


async def test_a_responder_revokes_but_does_not_create(world: World, key: tuple[str, str]) -> None:
    responder = await world.member(Role.RESPONDER)
    integration = (await world.admin.get(f"/v1/keys/{key[0]}")).json()["integration_id"]
    refused = await responder.create(integration)
    assert refused.status_code == 403
    assert "keys:create" in refused.json()["detail"]
    assert (await responder.revoke(key[0])).status_code == 200


async def test_what_was_revoked_past_the_service_is_dead_and_has_no_receipt(
    world: World, key: tuple[str, str]
) -> None:
    public_key, secret = key
    new = await world.admin.post(f"/v1/keys/{public_key}/rotation", {}, idempotency_key="n" * 32)
    assert new.status_code == 201
    await world.sql(
        "UPDATE api_keys SET revoked_at = 1, revoked_by = 'root', revoke_reason = 'unspecified' "
        f"WHERE pid = '{public_key[4:]}'"
    )
    assert (await world.verify(secret)).headers["x-auth-reason"] == "key-revoked"
    assert (await world.gateway.post("/v1/revoke", data={"token": secret})).status_code == 200
    for path, body in (("revoke", {}), ("rotation/complete", {"now": True})):
        answer = await world.admin.post(f"/v1/keys/{public_key}/{path}", body)
        assert (answer.status_code, answer.json()["error"]) == (409, "key-already-revoked")
    events = (await world.admin.get("/v1/audit", action="key.revoked")).json()["items"]
    assert events == []
