"""Lists of keys: pages, filters, and what need not be sent again."""

from typing import Any

import pytest
from tests.service.world import World

from keyconsole.service.clock import DAY, HOUR, moment
from keyconsole.wire import rfc3339


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
