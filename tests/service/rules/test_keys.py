"""Keys are shown, renamed and acknowledged."""

import httpx
import pytest
from tests.service.world import Person, World

from keyconsole.service.clock import DAY, HOUR, moment
from keyconsole.wire import LATEST, Role, rfc3339

LATER_THAN_ANY = ["9999-01-01T00:00:00Z", "9998-12-31T23:59:59-00:01", "9999-12-31T23:59:59-12:00"]


@pytest.fixture
async def integration(world: World) -> str:
    return await world.admin.integration()


async def test_a_rename_needs_the_version_that_was_seen(world: World, integration: str) -> None:
    public_key, _ = await world.admin.key(integration, label="before")
    path = f"/v1/keys/{public_key}"
    seen = (await world.admin.get(path)).headers["etag"]
    assert seen == '"1"'
    bare = await world.admin.patch(path, {"label": "after"})
    assert (bare.status_code, bare.json()["error"]) == (428, "precondition-required")
    done = await world.admin.patch(path, {"label": "after"}, if_match=seen)
    assert done.status_code == 200
    assert (done.json()["label"], done.json()["version"]) == ("after", 2)
    assert done.headers["etag"] == '"2"'
    stale = await world.admin.patch(path, {"label": "other"}, if_match=seen)
    assert (stale.status_code, stale.json()["error"]) == (412, "precondition-failed")
    weak = await world.admin.patch(path, {"label": "other"}, if_match='W/"2"')
    assert weak.status_code == 412
    assert (await world.admin.get(path)).json()["label"] == "after"
    [event] = (await world.admin.get("/v1/audit", action="key.renamed")).json()["items"]
    assert event["detail"] == {"label": {"from": "before", "to": "after"}}


async def test_what_does_not_change_is_no_change(world: World, integration: str) -> None:
    public_key, _ = await world.admin.key(integration, label="same")
    before = (await world.admin.get("/v1/audit")).json()["items"]
    done = await world.admin.patch(f"/v1/keys/{public_key}", {"label": "same"}, if_match="*")
    assert done.json()["version"] == 1
    assert (await world.admin.get("/v1/audit")).json()["items"] == before


async def test_a_key_can_be_renamed_in_case_only_but_not_to_the_label_of_another(
    world: World, integration: str
) -> None:
    public_key, _ = await world.admin.key(integration, label="alpha")
    await world.admin.key(integration, label="beta")
    path = f"/v1/keys/{public_key}"
    assert (await world.admin.patch(path, {"label": "Alpha"}, if_match="*")).is_success
    taken = await world.admin.patch(path, {"label": "BETA"}, if_match="*")
    assert (taken.status_code, taken.json()["error"]) == (409, "label-taken")


async def test_an_expired_key_whose_label_another_took_still_changes_in_all_else(
    world: World, integration: str
) -> None:
    soon = moment(world.clock.now + HOUR)
    expired, _ = await world.admin.key(integration, label="alpha", expires_at=rfc3339(soon))
    world.clock.move(HOUR)
    await world.admin.key(integration, label="alpha")

    async def change(**fields: object) -> httpx.Response:
        return await world.admin.patch(f"/v1/keys/{expired}", fields, if_match="*")

    for fields in ({"metadata": {"a": "b"}}, {"allowed_ips": ["10.1.4.7"]}, {"scopes": ["api"]}):
        assert (await change(**fields)).status_code == 200
    # It would hold the label again.
    assert (await change(expires_at=None)).json()["error"] == "label-taken"


async def test_an_expiry_is_set_moved_and_taken_away(world: World, integration: str) -> None:
    public_key, _ = await world.admin.key(integration)
    path = f"/v1/keys/{public_key}"
    soon = rfc3339(moment(world.clock.now + HOUR))
    done = await world.admin.patch(path, {"expires_at": soon}, if_match="*")
    assert done.json()["expires_at"] == soon
    done = await world.admin.patch(path, {"expires_at": None, "metadata": {"a": "b"}}, if_match="*")
    assert done.json()["expires_at"] is None
    assert done.json()["metadata"] == {"a": "b"}
    past = await world.admin.patch(
        path, {"expires_at": rfc3339(moment(world.clock.now))}, if_match="*"
    )
    assert past.status_code == 422
    for never in LATER_THAN_ANY:
        far = await world.admin.patch(path, {"expires_at": never}, if_match="*")
        assert (far.status_code, far.json()["errors"][0]["field"]) == (422, "expires_at")
        far = await world.admin.create(integration, expires_at=never)
        assert (far.status_code, far.json()["errors"][0]["field"]) == (422, "expires_at")
    last = await world.admin.create(integration, expires_at=rfc3339(LATEST))
    assert last.json()["key"]["expires_at"] == rfc3339(LATEST)
    none = await world.admin.patch(path, {"label": None}, if_match="*")
    assert none.json()["errors"][0]["field"] == "label"


async def test_a_revoked_key_is_neither_renamed_nor_acknowledged(
    world: World, integration: str
) -> None:
    public_key, _ = await world.admin.key(integration)
    await world.admin.revoke(public_key)
    path = f"/v1/keys/{public_key}"
    for answer in (
        await world.admin.patch(path, {"label": "new"}, if_match="*"),
        await world.admin.post(f"{path}/acknowledge"),
    ):
        assert (answer.status_code, answer.json()["error"]) == (409, "key-already-revoked")


async def test_acknowledging_twice_is_acknowledging(world: World, integration: str) -> None:
    public_key, _ = await world.admin.key(integration)
    path = f"/v1/keys/{public_key}/acknowledge"
    first, second = await world.admin.post(path), await world.admin.post(path)
    assert first.json() == second.json()
    assert first.json()["confirmed"] is True


async def test_the_status_is_the_first_that_holds(world: World, integration: str) -> None:
    expires = rfc3339(moment(world.clock.now + HOUR))
    public_key, _ = await world.admin.key(integration, expires_at=expires)

    async def status() -> str:
        card = (await world.admin.get(f"/v1/keys/{public_key}")).json()
        [counted] = (await world.admin.get("/v1/integrations")).json()["items"]
        counts = counted["key_counts"]
        assert counts[card["status"]] == 1
        assert sum(counts.values()) - counts["unconfirmed"] == 1
        listed = await world.admin.get("/v1/keys", query=f"status:{card['status']}")
        assert len(listed.json()["items"]) == 1
        return str(card["status"])

    assert await status() == "active"
    await world.sql("UPDATE api_keys SET disabled_at = 1")
    assert await status() == "disabled"
    world.clock.move(HOUR)
    assert await status() == "expired"
    await world.admin.revoke(public_key)
    assert await status() == "revoked"


@pytest.mark.parametrize("public_key", ["kcp_", "kcp_0", "kcs_0000000000000000", "%00", "☃"])
async def test_what_cannot_be_a_public_key_is_no_key(world: World, public_key: str) -> None:
    answer = await world.admin.get(f"/v1/keys/{public_key}")
    assert answer.status_code == 404
    assert answer.json()["error"] == "not-found"


async def test_a_key_that_was_given_a_later_expiry_once_is_still_shown(
    world: World, integration: str
) -> None:
    public_key, _ = await world.admin.key(integration)
    await world.sql(f"UPDATE api_keys SET expires_at = {9999 * 366 * DAY}")
    for path in ("/v1/keys", f"/v1/keys/{public_key}"):
        answer = await world.admin.get(path)
        assert answer.status_code == 200
        assert rfc3339(LATEST) in answer.text


@pytest.mark.parametrize("nul", ["\0", "a\0", "\0a", "%\0"])
async def test_nul_is_refused_wherever_it_is_sent(world: World, integration: str, nul: str) -> None:
    for path, name in (
        ("/v1/keys", "query"),
        ("/v1/keys", "workspace"),
        ("/v1/label-audit", "query"),
        ("/v1/integrations", "q"),
        ("/v1/integrations", "workspace"),
        ("/v1/audit", "actor"),
        ("/v1/audit", "target"),
        ("/v1/refusals", "key"),
    ):
        answer = await world.admin.get(path, **{name: nul})
        assert answer.status_code == 422, (path, name)
        assert [each["field"] for each in answer.json()["errors"]] == [name]
    for field in ("label", "created_by", "integration"):
        body = {"selector": {field: nul}, "dry_run": True}
        answer = await world.admin.post("/v1/revocations", body)
        assert answer.status_code == 422, field
    assert (await world.admin.create(integration, label=nul)).status_code == 422
    assert (await world.admin.create(integration, metadata={"a": nul})).status_code == 422
    for path in ("integrations", "keys", "members", "tokens", "revocations", "workspaces"):
        answer = await world.admin.get(f"/v1/{path}/%00")
        assert answer.status_code in (404, 405), path


async def allow(person: Person, public_key: str, addresses: list[str] | None) -> httpx.Response:
    return await person.patch(f"/v1/keys/{public_key}", {"allowed_ips": addresses}, if_match="*")


async def test_addresses_count_from_the_very_next_request(world: World, integration: str) -> None:
    public_key, secret = await world.admin.key(integration)
    assert (await world.verify(secret)).status_code == 200

    changed = await allow(world.admin, public_key, ["192.0.2.0/29", "::ffff:198.51.100.7"])

    assert changed.json()["allowed_ips"] == ["192.0.2.0/29", "198.51.100.7"]
    assert (await world.verify(secret)).status_code == 403
    assert (await allow(world.admin, public_key, None)).json()["allowed_ips"] == []
    assert (await world.verify(secret)).status_code == 200
    events = (await world.admin.get("/v1/audit", action="key.addresses_changed")).json()["items"]
    assert [each["detail"]["allowed_ips"]["to"] for each in reversed(events)] == [
        ["192.0.2.0/29", "198.51.100.7"],
        None,
    ]


async def test_who_may_revoke_may_allow_fewer_addresses_and_no_others(
    world: World, integration: str
) -> None:
    public_key, _ = await world.admin.key(integration)
    responder = await world.member(Role.RESPONDER)
    for fewer in (["10.0.0.0/8", "2001:db8::/32"], ["10.1.0.0/16"], ["10.1.2.3"], ["10.1.2.3"]):
        assert (await allow(responder, public_key, fewer)).status_code == 200, fewer

    for wider in (["10.1.2.4"], ["10.1.2.3", "10.1.2.4"], ["10.1.2.0/24"], ["2001:db8::1"], None):
        answer = await allow(responder, public_key, wider)
        assert answer.status_code == 403, wider
        assert "keys:create" in answer.json()["detail"]

    label = {"label": "another", "allowed_ips": ["10.1.2.3"]}
    answer = await responder.patch(f"/v1/keys/{public_key}", label, if_match="*")
    assert answer.status_code == 403
    assert "keys:write" in answer.json()["detail"]


@pytest.mark.parametrize("wrong", [[], ["10.0.0.300"], ["here"], ["10.0.0.0/33"]])
async def test_addresses_that_are_none_change_nothing(
    world: World, integration: str, wrong: list[str]
) -> None:
    public_key, _ = await world.admin.key(integration, allowed_ips=["10.1.2.3"])

    answer = await allow(world.admin, public_key, wrong)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("allowed_ips")
    assert (await world.admin.get(f"/v1/keys/{public_key}")).json()["allowed_ips"] == ["10.1.2.3"]


async def test_a_label_and_addresses_at_once_are_two_events(world: World, integration: str) -> None:
    public_key, _ = await world.admin.key(integration, label="before")
    body = {"label": "after", "allowed_ips": ["10.1.2.3"]}

    assert (await world.admin.patch(f"/v1/keys/{public_key}", body, if_match="*")).is_success

    events = (await world.admin.get("/v1/audit", target=public_key)).json()["items"]
    assert [each["action"] for each in events[:2]] == ["key.addresses_changed", "key.renamed"]
