"""The audit log: every change, once, in a chain that shows what was done to it."""

import dataclasses
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from tests.service.databases import on_sqlite
from tests.service.world import START, World

from keyconsole.service.audit_chain import ChainVerifier, hash_of
from keyconsole.service.clock import HOUR, moment
from keyconsole.service.initialize import initialize
from keyconsole.service.rootkeys import RootKey
from keyconsole.service.rules import audit as rules
from keyconsole.service.store import accounts, audit
from keyconsole.service.store.audit import EventFilter, EventRecord
from keyconsole.wire import Role, rfc3339


async def events(world: World) -> list[EventRecord]:
    async with world.runtime.store.read() as tx:
        which = EventFilter(workspaces=[await world.workspace_id()])
        return sorted(await audit.page(tx, which, 1000, None), key=lambda event: event.sequence)


async def test_every_change_leaves_one_event(world: World) -> None:
    integration = await world.admin.integration()
    await world.admin.patch(f"/v1/integrations/{integration}", {"name": "Sales"})
    await world.admin.patch(f"/v1/integrations/{integration}", {"status": "disabled"})
    await world.admin.patch(f"/v1/integrations/{integration}", {"status": "configured"})
    public_key, _ = await world.admin.key(integration)
    await world.admin.patch(f"/v1/keys/{public_key}", {"label": "n"}, if_match="*")
    await world.admin.patch(f"/v1/keys/{public_key}", {"metadata": {"a": "b"}}, if_match="*")
    await world.admin.post(f"/v1/keys/{public_key}/acknowledge")
    await world.admin.revoke(public_key)
    assert [event.action for event in await events(world)] == [
        "workspace.created",
        "member.added",
        "integration.created",
        "integration.changed",
        "integration.disabled",
        "integration.enabled",
        "key.created",
        "key.renamed",
        "key.changed",
        "key.acknowledged",
        "key.revoked",
    ]


def first_break(world: World, chain: list[EventRecord]) -> int | None:
    verifier = ChainVerifier(world.runtime.roots)
    verifier.follow(chain)
    return verifier.first_broken


async def test_the_chain_shows_every_kind_of_tampering(world: World) -> None:
    integration = await world.admin.integration()
    for _ in range(3):
        await world.admin.revoke((await world.admin.key(integration))[0])
    chain = await events(world)
    assert first_break(world, chain) is None
    for field in EventRecord.__slots__:
        value: Any = 1 if field in ("at", "sequence") else "x"
        bent = [*chain]
        bent[4] = dataclasses.replace(bent[4], **{field: value})
        assert first_break(world, bent) == 5, field
    for hash_ in ("", "é", "\x1b[31m", chain[3].hash):
        bent = [*chain]
        bent[4] = dataclasses.replace(bent[4], hash=hash_)
        assert first_break(world, bent) == 5, hash_
    assert first_break(world, chain[:3] + chain[4:]) == 4
    swapped = [*chain]
    swapped[3], swapped[4] = swapped[4], swapped[3]
    assert first_break(world, swapped) == 4
    forged = [*chain]
    forged[0] = dataclasses.replace(forged[0], root_id="rk_0000000000")
    assert first_break(world, forged) == 1


async def test_the_chain_cannot_be_written_anew_without_the_root_key(world: World) -> None:
    await world.admin.key(await world.admin.integration())
    chain = await events(world)
    forger = dataclasses.replace(RootKey.of(bytes(32)), id=world.runtime.roots.newest.id)
    forged = dataclasses.replace(chain[-1], actor="nobody")
    forged = dataclasses.replace(forged, hash=hash_of(forger, forged, chain[-2].hash))
    assert first_break(world, [*chain[:-1], forged]) == len(chain)


async def test_the_chain_shows_an_event_that_followed_another_one(world: World) -> None:
    """As after a restored backup: both events were sealed by the service, but not in one log."""
    await world.admin.key(await world.admin.integration())
    chain = await events(world)
    other = dataclasses.replace(chain[-2], actor="somebody else")
    other = dataclasses.replace(
        other, hash=hash_of(world.runtime.roots.newest, other, chain[-3].hash)
    )
    assert first_break(world, [*chain[:-2], other]) is None
    assert first_break(world, [*chain[:-2], other, chain[-1]]) == len(chain)


async def test_events_are_filtered_and_paged_newest_first(world: World) -> None:
    integration = await world.admin.integration()
    other = await world.admin.integration("HubSpot")
    public_key, _ = await world.admin.key(integration)
    await world.admin.key(other)
    await world.admin.revoke(public_key)

    async def actions(**params: str) -> list[str]:
        answer = await world.admin.get("/v1/audit", **params)
        return [event["action"] for event in answer.json()["items"]]

    assert await actions(target=public_key) == ["key.revoked", "key.created"]
    assert await actions(integration=integration) == [
        "key.revoked",
        "key.created",
        "integration.created",
    ]
    assert await actions(target=other) == ["integration.created"]
    assert await actions(action="key.created", integration=other) == ["key.created"]
    assert await actions(actor="nobody") == []
    assert await actions(action="key.revoked", actor="ops@acme.example") == ["key.revoked"]

    whole = (await world.admin.get("/v1/audit")).json()["items"]
    found = []
    cursor: dict[str, str] = {}
    while True:
        page = (await world.admin.get("/v1/audit", limit=3, **cursor)).json()
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == whole
    assert [event["sequence"] for event in whole] == list(range(len(whole), 0, -1))


@pytest.mark.parametrize("path", ["/v1/keys", "/v1/integrations", "/v1/audit"])
async def test_a_refused_change_leaves_no_event(world: World, path: str) -> None:
    integration = await world.admin.integration()
    before = len(await events(world))
    assert not (await world.admin.create(integration, label="\u202e")).is_success
    assert not (await world.admin.post(path, {"name": ""})).is_success
    assert len(await events(world)) == before


async def test_events_are_found_by_when_they_were(world: World) -> None:
    integration = await world.admin.integration()
    world.clock.move(HOUR)
    public_key, _ = await world.admin.key(integration)
    world.clock.move(HOUR)
    await world.admin.revoke(public_key)

    async def actions(**params: str) -> list[str]:
        answer = await world.admin.get("/v1/audit", **params)
        return [event["action"] for event in answer.json()["items"]]

    second = rfc3339(moment(START + HOUR))
    third = rfc3339(moment(START + 2 * HOUR))
    assert await actions(since=second) == ["key.revoked", "key.created"]
    assert await actions(since=second, until=third) == ["key.created"]
    assert await actions(until=second, action="integration.created") == ["integration.created"]
    assert (await world.admin.get("/v1/audit", since="yesterday")).status_code == 422


@on_sqlite
async def test_a_page_is_read_from_an_index_and_not_sorted(world: World) -> None:
    workspace = await world.workspace_id()
    with closing(sqlite3.connect(world.database)) as raw:
        for column in ("", "target", "integration_id", "actor", "action"):
            only = f"AND {column} = 'x'" if column else ""
            plan = raw.execute(
                f"EXPLAIN QUERY PLAN SELECT * FROM audit_events WHERE workspace_id = ? {only} "
                "AND (at, sequence) < (?, ?) ORDER BY at DESC, sequence DESC LIMIT 100",
                (workspace, START, 1),
            ).fetchall()
            [step] = [row[3] for row in plan]
            assert step.startswith("SEARCH audit_events USING INDEX"), step


async def test_of_several_workspaces_the_events_come_in_the_order_of_time(world: World) -> None:
    await world.admin.integration()
    world.clock.move(HOUR)
    async with world.runtime.store.read() as tx:
        token = await accounts.find_account_id(tx, "ops@acme.example")
    other = await initialize(
        world.settings, workspace="Second", account="ops@acme.example", clock=world.clock
    )
    assert other.account_id == token
    person = await world.old_token(other.account_id)
    world.clock.move(HOUR)
    first = await world.workspace_id()
    await person.post("/v1/integrations", {"name": "late", "workspace_id": first})

    whole = (await person.get("/v1/audit")).json()["items"]
    found = []
    cursor: dict[str, str] = {}
    while True:
        page = (await person.get("/v1/audit", limit=2, **cursor)).json()
        found += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == whole
    assert [event["at"] for event in whole] == sorted((e["at"] for e in whole), reverse=True)
    assert {event["workspace_id"] for event in whole} == {first, other.workspace_id}

    for address in ("/v1/audit/checkpoint", "/v1/audit/verification"):
        refused = await person.get(address)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "workspace"
        named = await person.get(address, workspace=other.workspace_id)
        assert named.json()["workspace_id"] == other.workspace_id


async def test_a_checkpoint_is_the_length_and_the_end_of_the_log(world: World) -> None:
    await world.admin.integration()
    last = (await events(world))[-1]

    checkpoint = (await world.admin.get("/v1/audit/checkpoint")).json()

    assert checkpoint == {
        "workspace_id": last.workspace_id,
        "count": last.sequence,
        "head": last.hash,
        "at": rfc3339(moment(START)),
    }


async def test_the_service_follows_its_chain_in_steps_of_bounded_size(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        await world.admin.integration(f"integration {number}")
    last = (await events(world))[-1]
    monkeypatch.setattr(rules, "STEP", 2)

    whole = (await world.admin.get("/v1/audit/verification")).json()
    assert (whole["verified"], whole["head"]) == (6, last.hash)
    assert (whole["complete"], whole["first_broken"]) == (True, None)

    monkeypatch.setattr(rules, "STEP_SECONDS", 0.0)
    steps = [(await world.admin.get("/v1/audit/verification")).json()]
    while not steps[-1]["complete"]:
        verified = steps[-1]["verified"]
        steps.append((await world.admin.get("/v1/audit/verification", after=verified)).json())
    assert [step["verified"] for step in steps] == [2, 4, 6, 6]
    assert steps[-1]["head"] == last.hash


async def test_an_event_that_was_changed_in_the_database_is_found_and_still_listed(
    world: World,
) -> None:
    for number in range(4):
        await world.admin.integration(f"integration {number}")
    await world.drop_guard("audit_events_never_changed", "audit_events")
    for spoilt in ("[]", "{"):
        await world.sql(f"UPDATE audit_events SET detail = '{spoilt}' WHERE sequence = 4")
        found = (await world.admin.get("/v1/audit/verification")).json()
        assert (found["verified"], found["first_broken"], found["complete"]) == (3, 4, True)
        listed = (await world.admin.get("/v1/audit")).json()["items"]
        assert [event["detail"] for event in listed if event["sequence"] == 4] == [{}]


@pytest.mark.parametrize("address", ["/v1/audit/checkpoint", "/v1/audit/verification"])
async def test_whose_log_it_is_decides_who_may_check_it(world: World, address: str) -> None:
    stranger = await world.stranger()
    mine = await world.workspace_id()
    missing = await stranger.get(address, workspace="ws_0000000000000000")
    foreign = await stranger.get(address, workspace=mine)
    assert (missing.status_code, foreign.status_code) == (404, 404)
    gateway = await world.member(Role.GATEWAY)
    assert (await gateway.get(address)).json()["error"] == "permission-denied"
    viewer = await world.member(Role.VIEWER)
    assert (await viewer.get(address, workspace=mine)).status_code == 200
    assert (await viewer.get(address, after=-1)).status_code == 422


async def test_the_log_is_followed_by_sequence_whatever_the_clocks_say(world: World) -> None:
    integration = await world.admin.integration()
    ahead = world.clock.now + HOUR
    world.clock.now, back = ahead, world.clock.now
    public_key, _ = await world.admin.key(integration)
    head = (await world.admin.get("/v1/audit/checkpoint")).json()["count"]
    world.clock.now = back  # another replica, an hour behind
    await world.admin.revoke(public_key)
    await world.admin.patch(f"/v1/integrations/{integration}", {"name": "Sales"})

    newer = (await world.admin.get("/v1/audit", after=head)).json()["items"]
    one = (await world.admin.get("/v1/audit", after=head, limit=1)).json()
    revoked = (await world.admin.get("/v1/audit", after=head, action="key.revoked")).json()["items"]

    assert [event["action"] for event in newer] == ["key.revoked", "integration.changed"]
    assert [event["sequence"] for event in newer] == [head + 1, head + 2]
    assert [event["sequence"] for event in one["items"]] == [head + 1]
    assert revoked == newer[:1]
    assert (await world.admin.get("/v1/audit", after=head + 2)).json()["items"] == []


async def test_following_belongs_to_one_workspace_and_has_no_cursor(world: World) -> None:
    stranger = await world.stranger()
    mine = await world.workspace_id()

    assert (await stranger.get("/v1/audit", after=0, workspace=mine)).status_code == 404
    assert (await world.admin.get("/v1/audit", after=0, cursor="x")).status_code == 422
    assert (await world.admin.get("/v1/audit", after=-1)).status_code == 422


async def test_every_event_of_a_request_says_from_where(world: World) -> None:
    integration = await world.admin.integration()
    public_key, secret = await world.admin.key(integration)
    other, _ = await world.admin.key(integration)
    asked = {"keys": [{"public_key": other}], "reason": "superseded"}
    shown = (await world.admin.post("/v1/revocations", asked | {"dry_run": True})).json()
    exact = {"expect_count": shown["count"], "selection_hash": shown["selection_hash"]}
    await world.admin.post("/v1/revocations", asked | exact)
    await world.runtime.background.join()
    await world.admin.post(f"/v1/keys/{public_key}/disable", {})
    await world.admin.post(f"/v1/keys/{public_key}/enable")
    await world.gateway.post("/v1/revoke", data={"token": secret})
    viewer = await world.member(Role.VIEWER)
    await viewer.revoke(public_key)
    await world.runtime.denials.flush(whole=True)

    of_requests = [event for event in await events(world) if event.request_id != "init"]
    without = [event.action for event in of_requests[2:] if not event.address]
    assert without == []
    assert {event.action for event in of_requests} >= {
        "key.revoked",
        "key.disabled",
        "permission.denied",
    }


@pytest.mark.parametrize(
    "detail",
    [
        "null",
        "[]",
        "{",
        '"text"',
        pytest.param('{"a":' * 300 + "1" + "}" * 300, id="too deep for an answer"),
        pytest.param('{"a":' * 5_000 + "1" + "}" * 5_000, id="too deep to be read"),
    ],
)
async def test_an_event_whose_detail_is_no_object_is_listed_as_damaged(
    world: World, detail: str
) -> None:
    await world.admin.key(await world.admin.integration())
    await world.drop_guard("audit_events_never_changed", "audit_events")
    [(last,)] = await world.sql("SELECT max(sequence) FROM audit_events")
    await world.sql(f"UPDATE audit_events SET detail = '{detail}' WHERE sequence = {last}")
    for asked in ({}, {"after": last - 1}):
        items = (await world.admin.get("/v1/audit", **asked)).json()["items"]
        [spoilt] = [each for each in items if each["sequence"] == last]
        assert (spoilt["damaged"], spoilt["detail"]) == (True, {})
        assert [each["damaged"] for each in items if each["sequence"] != last].count(True) == 0
    found = (await world.admin.get("/v1/audit/verification")).json()
    assert found["first_broken"] == last
