"""The label audit: found with a reason, put to rest until a day, as keys change under it."""

from collections import Counter
from typing import Any

import pytest
from tests.service.world import World

from keyconsole.client import KeyServiceClient
from keyconsole.core import labels
from keyconsole.service.clock import DAY, moment
from keyconsole.service.rules import labelaudit
from keyconsole.service.store import reviews
from keyconsole.service.store.tables import memberships
from keyconsole.wire import Role, rfc3339


@pytest.fixture
async def place(world: World) -> str:
    return await world.admin.integration()


async def findings(world: World, **params: Any) -> dict[str, dict[str, str]]:
    """What was found, by label, with its reason."""
    answer = await world.admin.get("/v1/label-audit", **params)
    assert answer.status_code == 200, answer.text
    return {
        row["key"]["label"]: {each["finding"]: each["reason"] for each in row["findings"]}
        for row in answer.json()["items"]
    }


async def used(world: World, place: str, label: str, **fields: Any) -> str:
    public_key, secret = await world.admin.key(place, label=label, **fields)
    await world.verify(secret)
    return public_key


async def test_a_good_key_in_use_is_not_found(world: World, place: str) -> None:
    await used(world, place, "api-gateway-prod")
    assert await findings(world) == {}


async def test_each_reason_is_told(world: World, place: str) -> None:
    other = await world.admin.integration("Sandbox", environment="sandbox")
    await used(world, place, "test")
    await used(world, place, "api-gateway")
    await used(world, place, "crm-sync-staging")
    await used(world, place, "billing-worker-prod")
    await used(world, place, "Billing Worker Prod")
    await used(world, place, "p\u0430yroll-export-prod")
    await used(world, place, "payroll-export-prod")
    await used(world, place, "lead-import")
    await used(world, other, "lead-import")
    expires = rfc3339(moment(world.clock() + 10 * DAY))
    await used(world, place, "old-sync-prod", expires_at=expires)
    await world.admin.key(place, label="idle-sync-prod")
    assert "idle-sync-prod" not in await findings(world)
    world.clock.move(2 * DAY)

    found = await findings(world)

    assert set(found["test"]) == {"generic"}
    counts = (await world.admin.get("/v1/label-audit/counts")).json()
    kinds = [kind for reasons in found.values() for kind in reasons]
    assert counts["keys"] == len(found) + 1  # two are called lead-import
    assert counts["is_complete"]
    assert {kind: keys for kind, keys in counts["by_finding"].items() if keys} == {
        **Counter(kinds), "duplicate": 2, "unclear": kinds.count("unclear") + 1,
    }  # fmt: skip
    assert found["api-gateway"] == {"unclear": "It names no environment, such as prod or staging."}
    assert found["crm-sync-staging"]["other_environment"] == (
        "It names staging, but Salesforce is production."
    )
    assert "Billing Worker Prod" in found["billing-worker-prod"]["look_alike"]
    assert "look_alike" in found["p\u0430yroll-export-prod"]
    assert "duplicate" in found["lead-import"]
    assert "expiring" in found["old-sync-prod"]
    assert found["idle-sync-prod"] == {
        "never_used": "Never used in 2 days.",
        "unconfirmed": "Nobody ever confirmed to have its value.",
    }


async def test_age_and_quiet_are_found_from_their_thresholds_on(world: World, place: str) -> None:
    await used(world, place, "api-gateway-prod")
    world.clock.move(90 * DAY - 1)
    assert await findings(world) == {}
    world.clock.move(1)
    assert set((await findings(world))["api-gateway-prod"]) == {"unused"}
    world.clock.move(275 * DAY)
    assert set((await findings(world))["api-gateway-prod"]) == {"old", "unused"}


async def test_the_thresholds_are_those_of_the_workspace(world: World, place: str) -> None:
    strict = await world.admin.integration("Strict")
    await world.admin.patch(f"/v1/integrations/{strict}", {"max_key_age_days": 30}, if_match="*")
    await used(world, place, "api-gateway-prod")
    await used(world, strict, "crm-sync-prod")
    expires = rfc3339(moment(world.clock() + 60 * DAY))
    await used(world, place, "lead-import-prod", expires_at=expires)
    await used(world, place, "billing-worker-eu7")
    world.clock.move(30 * DAY)
    found = await findings(world)
    assert {label: set(kinds) for label, kinds in found.items()} == {
        "crm-sync-prod": {"old"},
        "billing-worker-eu7": {"unclear"},
    }
    assert found["crm-sync-prod"]["old"] == "It is 30 days old; the rotation age is 30."

    (membership,) = (await world.admin.get("/v1/me")).json()["memberships"]
    settings = {
        "unused_for_days": 25,
        "warning_days": 30,
        "max_key_age_days": 30,
        "environments": ["prod", "eu7"],
    }
    path = f"/v1/workspaces/{membership['workspace_id']}"
    answer = await world.admin.patch(path, {"settings": settings})
    assert answer.status_code == 200, answer.text

    await used(world, place, "crm-export")
    found = await findings(world)
    assert found.pop("crm-export")["unclear"] == "It names no environment, such as prod or eu7."
    assert {label: set(kinds) for label, kinds in found.items()} == {
        "api-gateway-prod": {"old", "unused"},
        "crm-sync-prod": {"old", "unused"},
        "lead-import-prod": {"old", "unused", "expiring"},
        "billing-worker-eu7": {"old", "unused"},
    }


async def test_an_old_key_where_no_age_is_set_is_not_told_of_one(world: World) -> None:
    await used(world, await world.admin.integration(), "crm-sync-prod")
    world.clock.move(400 * DAY)
    sentence = "It is 400 days old; no rotation age is set, and 365 are many."
    assert (await findings(world))["crm-sync-prod"]["old"] == sentence


async def test_an_owner_who_left_is_found(world: World, place: str) -> None:
    await used(world, place, "api-gateway-prod")
    account = (await world.admin.get("/v1/me")).json()["account_id"]
    viewer = await world.member(Role.VIEWER)
    async with world.runtime.store.write() as tx:
        await tx.execute(memberships.delete().where(memberships.c.account_id == account))
    answer = await viewer.get("/v1/label-audit")
    (row,) = answer.json()["items"]
    assert [each["finding"] for each in row["findings"]] == ["owner_left"]


async def test_the_dead_are_left_alone(world: World, place: str) -> None:
    dead, _ = await world.admin.key(place, label="test")
    await world.admin.revoke(dead)
    assert await findings(world) == {}


async def test_a_reviewed_finding_rests_until_its_day_and_is_audited(
    world: World, place: str
) -> None:
    key = await used(world, place, "test")
    until = moment(world.clock() + 30 * DAY)
    answer = await world.admin.post(
        f"/v1/keys/{key}/review", {"finding": "generic", "until": rfc3339(until)}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["by"] == "ops@acme.example"
    assert await findings(world) == {}
    assert set((await findings(world, reviewed=True))["test"]) == {"generic"}
    events = (await world.admin.get("/v1/audit", target=key, action="key.reviewed")).json()
    assert events["items"][0]["detail"]["finding"] == "generic"
    world.clock.move(30 * DAY)
    assert set((await findings(world))["test"]) == {"generic"}


async def test_a_review_needs_a_day_to_come_a_known_finding_and_the_permission(
    world: World, place: str
) -> None:
    key = await used(world, place, "test")
    past = {"finding": "generic", "until": rfc3339(moment(world.clock()))}
    assert (await world.admin.post(f"/v1/keys/{key}/review", past)).status_code == 422
    unknown = past | {"finding": "ugly"}
    assert (await world.admin.post(f"/v1/keys/{key}/review", unknown)).status_code == 422
    viewer = await world.member(Role.VIEWER)
    assert (await viewer.get("/v1/label-audit")).status_code == 200
    assert (await viewer.post(f"/v1/keys/{key}/review", past)).status_code == 403
    stranger = await world.stranger()
    assert (await stranger.post(f"/v1/keys/{key}/review", past)).status_code == 404
    assert (await stranger.get("/v1/label-audit")).json()["items"] == []


async def test_pages_follow_while_keys_are_renamed_and_revoked_under_them(
    world: World, place: str
) -> None:
    keys = [await used(world, place, f"key{number}") for number in range(6)]
    first = (await world.admin.get("/v1/label-audit", limit=2)).json()
    assert [row["key"]["label"] for row in first["items"]] == ["key0", "key1"]
    await world.admin.revoke(keys[2])
    await world.admin.patch(f"/v1/keys/{keys[3]}", {"label": "crm-prod"}, if_match="*")
    rest = await world.admin.get("/v1/label-audit", limit=9, cursor=first["next_cursor"])
    assert [row["key"]["label"] for row in rest.json()["items"]] == ["key4", "key5"]


async def test_an_answer_looks_at_so_many_keys_and_its_cursor_goes_on(
    world: World, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelaudit, "_STRIDE", 2)
    monkeypatch.setattr(labelaudit, "_STRIDES", 2)
    for number in range(8):
        await used(world, place, f"api-gateway-{number}-prod")
    await used(world, place, "test")
    pages: list[list[str]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await world.admin.get("/v1/label-audit", limit=1, **cursor)).json()
        pages.append([row["key"]["label"] for row in page["items"]])
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert pages == [[], [], ["test"]]
    client = KeyServiceClient.embedded(world.app, world.admin.token)
    found = await client.label_audit.findings(limit=1)
    await client.aclose()
    assert [row.key.label for row in found.items] == ["test"]


async def test_a_count_reads_so_many_keys_and_says_that_there_are_more(
    world: World, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelaudit, "_STRIDE", 2)
    for number in range(5):
        await used(world, place, f"test{number}")
    key = await used(world, place, "test5")
    until = rfc3339(moment(world.clock() + DAY))
    await world.admin.post(f"/v1/keys/{key}/review", {"finding": "generic", "until": until})

    async def count(**params: Any) -> tuple[int, bool]:
        answer = await world.admin.get("/v1/label-audit/counts", **params)
        assert answer.status_code == 200, answer.text
        counts = answer.json()
        assert counts["by_finding"]["generic"] == counts["keys"]
        return counts["keys"], counts["is_complete"]

    assert await count() == (5, True)
    assert await count(reviewed=True) == (6, True)
    assert await count(query="label:test4") == (1, True)
    assert await count(workspace="ws_another") == (0, True)
    monkeypatch.setattr(labelaudit, "_COUNTED", 4)
    assert await count() == (4, False)


async def test_one_kind_and_one_integration_can_be_asked_for(world: World, place: str) -> None:
    other = await world.admin.integration("Other")
    await used(world, place, "test")
    await used(world, other, "gateway")
    assert set(await findings(world, finding="unclear")) == {"gateway"}
    assert set(await findings(world, query=f"integration:{place}")) == {"test"}


async def test_every_event_says_from_where(world: World, place: str) -> None:
    key = await used(world, place, "test")
    events = (await world.admin.get("/v1/audit", target=key)).json()["items"]
    assert {event["address"] for event in events} == {"127.0.0.1"}


async def test_of_many_keys_that_look_the_same_few_are_read(world: World, place: str) -> None:
    other = await world.admin.integration("Sandbox", environment="production")
    spelled = [f"{p}{a}{y}-prod" for p in "p\u0440" for a in "a\u0430" for y in "y\u0443"]
    for label in spelled:
        for where in (place, other):
            await used(world, where, label)
            world.clock.move(1)

    found = await world.admin.get("/v1/label-audit")

    for row in found.json()["items"]:
        reasons = {each["finding"]: each["reason"] for each in row["findings"]}
        assert reasons["duplicate"].startswith("The same name as kcp_")
        assert "more" not in reasons["duplicate"]
        first = spelled[0] if row["key"]["label"] != spelled[0] else spelled[1]
        assert reasons["look_alike"].startswith(f"It looks like {first}, ")
        assert [each["like"] for each in row["findings"] if each["like"]] == [first]
        assert reasons["look_alike"].endswith("and 13 more.")
    [look] = {labels.look(label) for label in spelled}
    workspace = (await world.sql("SELECT id FROM workspaces"))[0][0]
    async with world.runtime.store.search() as tx:
        read = await reviews.living_by_look(tx, workspace, [look], spelled[3:5], world.clock())
    expected = [*spelled[:2], *spelled[3:5], *spelled[3:5]]
    assert sorted(each.label for each in read) == sorted(expected)
    assert {(each.namesakes, each.alike) for each in read} == {(2, 16)}
