"""What needs attention: found by kind, counted up to a bound, dismissed until it gets worse."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests.service.world import World, fresh_nonce

from keyconsole.core.credential import Kind, assemble
from keyconsole.service.clock import DAY, HOUR, MINUTE, moment
from keyconsole.service.rules import attention, attention_items
from keyconsole.service.store import attention as store
from keyconsole.wire import Role, rfc3339

Item = dict[str, Any]
Key = tuple[str, str]


@pytest.fixture
async def place(world: World) -> str:
    return await world.admin.integration()


async def answer_of(world: World, **query: Any) -> dict[str, Any]:
    answer = await world.admin.get("/v1/attention", **query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def items(world: World, **query: Any) -> list[Item]:
    return list((await answer_of(world, **query))["items"])


async def kinds(world: World) -> list[str]:
    return [each["kind"] for each in await items(world)]


async def use(world: World, secret: str, address: str = "10.1.4.7", times: int = 1) -> None:
    transport = httpx.ASGITransport(app=world.app, client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://keys") as caller:
        for _ in range(times):
            await caller.get("/v1/forward-auth", headers={"authorization": f"Bearer {secret}"})
    await world.runtime.recorder.flush()


async def dismiss(world: World, item: str, milliseconds: int = 30 * DAY) -> httpx.Response:
    until = {"until": rfc3339(moment(world.clock() + milliseconds))}
    return await world.admin.http.put(f"/v1/attention/{item}/dismissal", json=until)


def in_days(world: World, days: int) -> str:
    return rfc3339(moment(world.clock() + days * DAY))


async def used_for_days(world: World, place: str, label: str = "api-gateway-prod") -> Key:
    key = await world.admin.key(place, label=label)
    await use(world, key[1])
    world.clock.move(3 * DAY)
    return key


async def test_a_workspace_in_order_needs_nothing(world: World, place: str) -> None:
    await used_for_days(world, place)
    assert await answer_of(world) == {"counts": [], "items": [], "dismissed": 0}


# New addresses


async def test_an_address_never_seen_before_is_the_worst(world: World, place: str) -> None:
    key = await used_for_days(world, place)
    await world.admin.key(place, label="laptop-test", expires_at=in_days(world, 5))
    await use(world, key[1], "203.0.113.66", times=3)

    found = await answer_of(world)

    item = found["items"][0]
    assert item["id"] == f"new_source-{key[0]}"
    assert (item["kind"], item["urgency"]) == ("new_source", "now")
    assert (item["label"], item["address"]) == ("api-gateway-prod", "203.0.113.66")
    assert (item["keys"], item["times"], item["integration_id"]) == (1, 1, place)
    assert item["at"] == rfc3339(moment(world.clock()))
    assert [each["kind"] for each in found["counts"]] == ["new_source", "expiring"]

    world.clock.move(DAY)
    assert "new_source" not in await kinds(world)


async def test_an_address_that_was_cut_off_needs_nobody(world: World, place: str) -> None:
    key = await used_for_days(world, place)
    await use(world, key[1], "203.0.113.66")
    assert await kinds(world) == ["new_source"]

    body = {"allowed_ips": ["10.1.0.0/16"]}
    assert (await world.admin.patch(f"/v1/keys/{key[0]}", body, if_match="*")).is_success

    assert await kinds(world) == []
    body = {"allowed_ips": ["10.1.0.0/16", "203.0.113.0/24"]}
    assert (await world.admin.patch(f"/v1/keys/{key[0]}", body, if_match="*")).is_success
    assert await kinds(world) == ["new_source"]


async def test_only_what_differs_from_before_is_new(world: World, place: str) -> None:
    await use(world, (await world.admin.key(place))[1])
    old = await world.admin.key(place)
    world.clock.move(3 * DAY)
    await use(world, old[1], "10.9.9.9")  # its first use of all
    assert await kinds(world) == []


async def test_neither_another_agent_nor_a_disabled_key_needs_anybody(
    world: World, place: str
) -> None:
    key = await used_for_days(world, place)
    headers = {"authorization": f"Bearer {key[1]}", "user-agent": "another/1"}
    await world.gateway.get("/v1/forward-auth", headers=headers)
    assert await kinds(world) == []
    await use(world, key[1], "203.0.113.66")
    assert await kinds(world) == ["new_source"]
    await world.admin.post(f"/v1/keys/{key[0]}/disable", {})
    assert await kinds(world) == []


# Refusals


async def test_a_dead_key_that_is_still_used_is_told_from_a_hundred_on(
    world: World, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention_items, "REFUSED_BURST", 4)
    key = await used_for_days(world, place)
    await world.admin.revoke(key[0])
    await use(world, key[1], times=3)
    assert await kinds(world) == []
    await use(world, key[1])

    [item] = await items(world)
    assert (item["kind"], item["urgency"], item["times"]) == ("refused", "now", 4)
    assert item["public_key"] == key[0]
    world.clock.move(DAY + HOUR)
    assert await kinds(world) == []


async def test_forged_values_are_a_kind_of_their_own(
    world: World, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention_items, "FORGED_BURST", 3)
    key = await used_for_days(world, place)
    forged = assemble(Kind.API_KEY, key[0][4:], bytes(32)).text
    await use(world, forged, times=2)
    assert await kinds(world) == []
    await use(world, forged)
    [item] = await items(world)
    assert (item["kind"], item["times"], item["label"]) == ("forged", 3, "api-gateway-prod")
    await world.admin.revoke(key[0])
    assert await kinds(world) == [], "a dead key cannot be forged"


async def test_a_key_that_was_refused_by_its_limit_is_a_kind_of_its_own(
    world: World, place: str
) -> None:
    free = await used_for_days(world, place)
    limited, secret = await world.admin.key(place, rate_limit={"requests": 1, "seconds": 60})
    await use(world, free[1], times=3)
    await use(world, secret)
    assert await kinds(world) == []
    await use(world, secret, times=2)

    [item] = await items(world)
    assert (item["kind"], item["urgency"], item["times"]) == ("limited", "soon", 2)
    assert item["public_key"] == limited
    world.clock.move(DAY + HOUR)
    assert await kinds(world) == []


# What comes soon


async def test_what_a_key_does_by_itself_is_told_within_the_warning(
    world: World, place: str
) -> None:
    keys = [await used_for_days(world, place, label) for label in ("dies", "lives", "later")]
    for (public_key, _), days, then in zip(
        keys, (2, 1, 20), ("revoke", "enable", "revoke"), strict=True
    ):
        body = {"until": in_days(world, days), "then": then}
        answer = await world.admin.post(f"/v1/keys/{public_key}/disable", body)
        assert answer.status_code == 200, answer.text

    found = await items(world)

    told = [(each["kind"], each["label"], each["at"]) for each in found]
    assert told == [
        ("revokes_itself", "dies", in_days(world, 2)),
        ("enables_itself", "lives", in_days(world, 1)),
    ]


async def test_keys_that_expire_are_one_item_an_integration(world: World, place: str) -> None:
    other = await world.admin.integration("HubSpot")
    for days, where in ((3, place), (9, place), (40, place), (5, other)):
        label = f"in-{days}"
        _, secret = await world.admin.key(where, label=label, expires_at=in_days(world, days))
        await use(world, secret)

    found = await answer_of(world)

    first, second = found["items"]
    assert (first["id"], first["keys"]) == (f"expiring-{place}", 2)
    assert (first["at"], first["query"]) == (in_days(world, 3), "expires:14d")
    assert first["label"] is first["public_key"] is None
    assert (second["id"], second["keys"], second["label"]) == (f"expiring-{other}", 1, "in-5")
    assert found["counts"] == [{"kind": "expiring", "urgency": "soon", "keys": 3, "capped": False}]
    listed = await world.admin.get(f"/v1/integrations/{place}/keys", query=first["query"])
    assert len(listed.json()["items"]) == first["keys"]


async def test_due_for_rotation_is_what_the_list_calls_due(world: World, place: str) -> None:
    mine = await world.admin.integration("Mine")
    await world.admin.patch(f"/v1/integrations/{mine}", {"max_key_age_days": 30})
    keys = [await used_for_days(world, *each) for each in ((mine, "a"), (mine, "b"), (place, "c"))]
    world.clock.move(20 * DAY)
    await world.admin.revoke(keys[0][0])
    assert await kinds(world) == ["due"]
    [item] = await items(world)
    assert (item["id"], item["keys"], item["query"]) == (f"due-{mine}", 1, "due:rotation")
    assert item["public_key"] == keys[1][0]
    created = (await world.admin.get(f"/v1/keys/{keys[1][0]}")).json()["created_at"]
    assert (datetime.fromisoformat(item["at"]) - datetime.fromisoformat(created)).days == 30
    listed = await world.admin.get("/v1/keys", query=item["query"])
    assert [each["public_key"] for each in listed.json()["items"]] == [keys[1][0]]

    workspace = await world.workspace_id()
    body = {"settings": {"max_key_age_days": 25}}
    answer = await world.admin.patch(f"/v1/workspaces/{workspace}", body)
    assert answer.status_code == 200, answer.text
    assert {each["integration_id"] for each in await items(world)} == {mine, place}


async def test_unconfirmed_keys_are_left_alone_for_a_day(world: World, place: str) -> None:
    for _ in range(3):
        await world.admin.key(place)
    dead, _ = await world.admin.key(place)
    await world.admin.revoke(dead)
    assert await kinds(world) == []
    world.clock.move(DAY + 1)
    [item] = await items(world)
    assert (item["urgency"], item["keys"]) == ("tidy", 3)
    listed = await world.admin.get(f"/v1/integrations/{place}/keys", query=item["query"])
    assert len(listed.json()["items"]) == 3


async def test_a_rotation_is_told_once_a_person_has_to_decide(world: World, place: str) -> None:
    old = await used_for_days(world, place)
    answer = await world.admin.post(
        f"/v1/keys/{old[0]}/rotation", {"automatic": False}, idempotency_key=fresh_nonce()
    )
    assert answer.status_code == 201, answer.text
    assert await kinds(world) == []
    await use(world, answer.json()["secret"])
    world.clock.move(2 * DAY)
    [item] = await items(world)
    assert (item["kind"], item["public_key"]) == ("rotation_ready", old[0])

    await use(world, old[1])
    assert await kinds(world) == []
    world.clock.move(30 * DAY)
    await use(world, old[1])
    assert await kinds(world) == ["rotation_late"]
    done = await world.admin.post(f"/v1/keys/{old[0]}/rotation/cancel")
    assert done.status_code == 200, done.text
    assert await kinds(world) == []


# Counts


async def test_counting_stops(world: World, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (attention, attention_items, store):
        monkeypatch.setattr(module, "MOST", 4)
    monkeypatch.setattr(attention, "SHOWN", 2)
    for number in range(6):
        public_key, secret = await world.admin.key(place, expires_at=in_days(world, 3 + number))
        await use(world, secret)
        body = {"until": in_days(world, 1), "then": "enable"}
        await world.admin.post(f"/v1/keys/{public_key}/disable", body)

    found = await answer_of(world)

    told = {each["kind"]: (each["keys"], each["capped"]) for each in found["counts"]}
    assert told == {"expiring": (4, True), "enables_itself": (4, True)}
    shown = [each["kind"] for each in found["items"]]
    assert shown == ["expiring", "enables_itself", "enables_itself"]
    assert (found["items"][0]["keys"], found["items"][0]["capped"]) == (4, True)


# Dismissals


async def test_a_dismissal_is_for_the_workspace_until_a_day_and_audited(
    world: World, place: str
) -> None:
    await world.admin.key(place)
    world.clock.move(2 * DAY)
    name = f"unconfirmed-{place}"

    answer = await dismiss(world, name)

    assert answer.status_code == 200, answer.text
    assert answer.json()["until"] == in_days(world, 30)
    assert answer.json()["by"] == "ops@acme.example"
    assert await answer_of(world) == {"counts": [], "items": [], "dismissed": 1}
    [item] = await items(world, dismissed=True)
    assert item["dismissed"] == answer.json()
    colleague = await world.member(Role.VIEWER)
    assert (await colleague.get("/v1/attention")).json()["items"] == []
    [event] = (await world.admin.get("/v1/audit", action="attention.dismissed")).json()["items"]
    assert (event["target"], event["target_name"]) == (place, "Salesforce")
    assert event["detail"]["item"] == "unconfirmed"
    world.clock.move(30 * DAY)
    assert await kinds(world) == ["unconfirmed"]


async def test_a_dismissal_ends_when_there_is_more(world: World, place: str) -> None:
    await world.admin.key(place)
    world.clock.move(2 * DAY)
    assert (await dismiss(world, f"unconfirmed-{place}")).status_code == 200
    another = await world.admin.key(place)
    assert await kinds(world) == []
    world.clock.move(DAY + 1)
    [item] = await items(world)
    assert item["keys"] == 2
    # As many as before, and one of them is not one of those.
    assert (await dismiss(world, f"unconfirmed-{place}")).status_code == 200
    await use(world, another[1])
    await world.admin.key(place)
    world.clock.move(DAY + 1)
    assert await kinds(world) == ["unconfirmed"]


async def test_another_address_ends_a_dismissal_when_the_first_is_no_longer_new(
    world: World, place: str
) -> None:
    key = await used_for_days(world, place)
    await use(world, key[1], "203.0.113.66")
    assert (await dismiss(world, f"new_source-{key[0]}")).status_code == 200
    await use(world, key[1], "203.0.113.66")
    assert await kinds(world) == []
    world.clock.move(DAY)
    await use(world, key[1], "198.51.100.7")
    [item] = await items(world)
    assert (item["address"], item["times"]) == ("198.51.100.7", 1)


async def test_refusals_may_go_on_but_not_double(
    world: World, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention_items, "REFUSED_BURST", 3)
    key = await used_for_days(world, place)
    await world.admin.revoke(key[0])
    await use(world, key[1], times=3)
    assert (await dismiss(world, f"refused-{key[0]}")).status_code == 200
    await use(world, key[1], times=3)
    assert await kinds(world) == []
    await use(world, key[1])
    assert await kinds(world) == ["refused"]
    assert (await dismiss(world, f"refused-{key[0]}")).status_code == 200
    world.clock.move(MINUTE)
    await use(world, key[1], "198.51.100.7")
    assert await kinds(world) == ["refused"]


async def test_what_comes_sooner_than_when_it_was_dismissed_is_back(
    world: World, place: str
) -> None:
    key = await used_for_days(world, place)
    for days, expected in ((5, []), (6, []), (4, ["revokes_itself"])):
        body = {"until": in_days(world, days), "then": "revoke"}
        await world.admin.post(f"/v1/keys/{key[0]}/enable")
        await world.admin.post(f"/v1/keys/{key[0]}/disable", body)
        if days == 5:
            assert (await dismiss(world, f"revokes_itself-{key[0]}")).status_code == 200
        assert await kinds(world) == expected


async def test_it_ends_within_ninety_days(world: World, place: str) -> None:
    await world.admin.key(place)
    world.clock.move(DAY + 1)
    name = f"unconfirmed-{place}"
    for milliseconds, code in ((90 * DAY + 1, "too-late"), (0, "in-the-past")):
        refused = await dismiss(world, name, milliseconds)
        assert refused.status_code == 422
        assert [each["code"] for each in refused.json()["errors"]] == [code]
    assert (await dismiss(world, name, 90 * DAY)).status_code == 200
    # A dismissal that is over is forgotten with the next one.
    world.clock.move(90 * DAY)
    other = await world.admin.integration("HubSpot")
    await world.admin.key(other)
    world.clock.move(DAY + 1)
    assert (await dismiss(world, f"unconfirmed-{other}")).status_code == 200
    rows = await world.sql("SELECT item FROM attention_dismissals")
    assert rows == [(f"unconfirmed-{other}",)]


async def test_what_is_no_item_cannot_be_dismissed(world: World, place: str) -> None:
    key, _ = await world.admin.key(place)
    for name in (
        f"unconfirmed-{place}",
        f"unconfirmed-{key}",
        f"due-{key}",
        f"nonsense-{place}",
        place,
        f"new_source-{key}",
        "unconfirmed-int_0000000000000000",
        "unconfirmed-",
        f"unconfirmed-{place}%00",
    ):
        assert (await dismiss(world, name)).status_code == 404, name
    assert await world.sql("SELECT count(*) FROM attention_dismissals") == [(0,)]


async def test_another_workspace_sees_and_dismisses_nothing(world: World, place: str) -> None:
    await world.admin.key(place)
    world.clock.move(DAY + 1)
    stranger = await world.stranger()
    assert (await stranger.get("/v1/attention")).json()["items"] == []
    until = {"until": rfc3339(datetime(2024, 11, 1, tzinfo=UTC))}
    name = f"/v1/attention/unconfirmed-{place}/dismissal"
    assert (await stranger.http.put(name, json=until)).status_code == 404
    assert await kinds(world) == ["unconfirmed"]
