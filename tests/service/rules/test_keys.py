"""Keys are listed, found, renamed and acknowledged."""

from typing import Any

import pytest
from tests.service.world import World

from keyconsole.service.clock import DAY, HOUR, moment
from keyconsole.wire import LATEST, rfc3339

LATER_THAN_ANY = ["9999-01-01T00:00:00Z", "9998-12-31T23:59:59-00:01", "9999-12-31T23:59:59-12:00"]


@pytest.fixture
async def integration(world: World) -> str:
    return await world.admin.integration()


async def labels(world: World, path: str = "/v1/keys", **params: Any) -> list[str]:
    answer = await world.admin.get(path, **params)
    assert answer.status_code == 200, answer.text
    return [key["label"] for key in answer.json()["items"]]


async def test_pages_follow_one_another_without_gaps_or_repeats(
    world: World, integration: str
) -> None:
    for number in range(7):
        world.clock.move(number % 2)
        await world.admin.key(integration, label=f"k{number}")
    for sort in ("label", "-label", "created_at", "-created_at", "last_used_at", "-last_used_at"):
        whole = await labels(world, sort=sort)
        found: list[str] = []
        cursor: dict[str, str] = {}
        for _ in range(4):
            answer = await world.admin.get("/v1/keys", sort=sort, limit=2, **cursor)
            page = answer.json()
            found += [key["label"] for key in page["items"]]
            cursor = {"cursor": page["next_cursor"]}
        assert page["next_cursor"] is None
        assert found == whole
        assert len(set(found)) == 7
        if sort == "label":
            assert found == sorted(found)
        if sort == "-created_at":
            assert (await labels(world)) == found


async def test_the_last_full_page_is_the_last(world: World, integration: str) -> None:
    await world.admin.key(integration)
    await world.admin.key(integration)
    assert (await world.admin.get("/v1/keys", limit=2)).json()["next_cursor"] is None


async def test_a_cursor_that_was_changed_or_carried_elsewhere_is_refused(
    world: World, integration: str
) -> None:
    for _ in range(3):
        await world.admin.key(integration)
    cursor = (await world.admin.get("/v1/keys", limit=1)).json()["next_cursor"]
    path = f"/v1/integrations/{integration}/keys"
    for there, params in (
        ("/v1/keys", {"cursor": cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")}),
        ("/v1/keys", {"cursor": cursor, "sort": "label"}),
        ("/v1/keys", {"cursor": cursor, "status": "active"}),
        (path, {"cursor": cursor}),
        ("/v1/integrations", {"cursor": cursor}),
        ("/v1/audit", {"cursor": cursor}),
        ("/v1/keys", {"cursor": ""}),
        ("/v1/keys", {"cursor": "é"}),
    ):
        answer = await world.admin.get(there, **params)
        assert answer.status_code == 422, there
        assert answer.json()["errors"][0]["field"] == "cursor"


async def test_filters_narrow_the_list(world: World, integration: str) -> None:
    other = await world.admin.integration("HubSpot")
    old, old_secret = await world.admin.key(integration, label="Old Backend")
    world.clock.move(100 * DAY)
    expires = rfc3339(moment(world.clock.now + HOUR))
    expired, _ = await world.admin.key(integration, label="expired", expires_at=expires)
    world.clock.move(1)
    revoked, _ = await world.admin.key(other, label="revoked 100%")
    await world.admin.revoke(revoked)
    world.clock.move(HOUR)
    await world.admin.key(other, label="new")

    assert await labels(world, status="active") == ["new", "Old Backend"]
    assert await labels(world, status="expired") == ["expired"]
    assert await labels(world, status=["expired", "revoked"]) == ["revoked 100%", "expired"]
    assert await labels(world, status="disabled") == []
    assert await labels(world, integration=other) == ["new", "revoked 100%"]
    assert await labels(world, integration="int_0000000000000000") == []
    assert await labels(world, f"/v1/integrations/{integration}/keys", integration=other) == []
    assert await labels(world, unused_for="90d") == ["Old Backend"]
    later = rfc3339(moment(world.clock.now))
    assert await labels(world, created_before=later) == ["revoked 100%", "expired", "Old Backend"]
    assert await labels(world, created_by="ops@acme.example", q="new") == ["new"]
    assert await labels(world, created_by="nobody") == []
    await world.verify(old_secret)
    assert await labels(world, confirmed=True) == ["Old Backend"]
    assert await labels(world, unused_for="90d") == []
    assert await labels(world, confirmed=False, status="active") == ["new"]

    assert await labels(world, q="BACK") == ["Old Backend"]
    assert await labels(world, q="0%") == ["revoked 100%"]
    assert await labels(world, q="%") == ["revoked 100%"]
    assert await labels(world, q="_") == []
    assert await labels(world, q=old) == ["Old Backend"]
    assert await labels(world, q=old[:12]) == ["Old Backend"]
    assert await labels(world, q=expired[-6:]) == ["expired"]
    assert await labels(world, q="") == await labels(world)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 501}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"unused_for": "soon"}, "unused_for"),
        ({"sort": "verifier"}, "sort"),
        ({"status": "happy"}, "status.0"),
        ({"created_before": "2026-01-01T00:00:00"}, "created_before"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_query_that_cannot_be_meant_is_refused(
    world: World, params: dict[str, Any], field: str
) -> None:
    answer = await world.admin.get("/v1/keys", **params)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_list_that_did_not_change_is_not_sent_again(world: World, integration: str) -> None:
    await world.admin.key(integration)
    for path in ("/v1/keys", f"/v1/integrations/{integration}/keys", "/v1/integrations"):
        first = await world.admin.get(path)
        again = await world.admin.http.get(path, headers={"if-none-match": first.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == first.headers["etag"]
        assert "x-request-id" in again.headers
    etag = (await world.admin.get("/v1/keys")).headers["etag"]
    await world.admin.key(integration)
    changed = await world.admin.http.get("/v1/keys", headers={"if-none-match": etag})
    assert changed.status_code == 200


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
        listed = await world.admin.get("/v1/keys", status=card["status"])
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
        ("/v1/keys", "q"),
        ("/v1/keys", "query"),
        ("/v1/keys", "integration"),
        ("/v1/keys", "created_by"),
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
