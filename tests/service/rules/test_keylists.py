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
        ("/v1/keys", {"cursor": cursor, "query": "status:active"}),
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

    async def asked(query: str) -> list[str]:
        return await labels(world, query=query)

    assert await asked("status:active") == ["new", "Old Backend"]
    assert await asked("status:expired") == ["expired"]
    assert await asked("status:expired,revoked") == ["revoked 100%", "expired"]
    assert await asked("status:disabled") == []
    assert await asked(f"integration:{other}") == ["new", "revoked 100%"]
    assert await asked("integration:hubspot") == ["new", "revoked 100%"]
    assert await asked("integration:Hub*t") == ["new", "revoked 100%"]
    assert await asked("integration:Hub") == []
    assert await asked("integration:int_0000000000000000") == []
    inside = f"/v1/integrations/{integration}/keys"
    assert await labels(world, inside, query="integration:hubspot") == []
    assert await labels(world, inside, query="status:expired") == ["expired"]
    assert await asked("unused:90d") == ["Old Backend"]
    assert await asked("unused:3mo") == ["Old Backend"]
    now = moment(world.clock.now)
    assert await asked(f"created:<{now.isoformat()}") == ["revoked 100%", "expired", "Old Backend"]
    assert await asked(f"created:>={now.isoformat()}") == ["new"]
    assert await asked(f"created:{now:%Y-%m-%d} age:<30m") == ["new"]
    assert await asked("revoked:1h") == await asked(f"revoked:{now:%Y-%m-%d}") == ["revoked 100%"]
    assert await asked("revoked:59m") == []
    assert await asked(f"revoked:<{now:%Y-%m-%d}") == []
    assert await asked("expires:1y") == []
    assert await asked(f"expires:<={now.isoformat()}") == ["expired"]
    assert await asked("expires:never") == ["new", "revoked 100%", "Old Backend"]
    assert await asked("by:ops@acme.example new") == ["new"]
    assert await asked("by:nobody") == []
    assert await asked("status:unconfirmed") == ["new", "Old Backend"]
    await world.verify(old_secret)
    assert await asked("unused:90d") == []
    assert await asked("status:unconfirmed") == ["new"]

    assert await asked("BACK") == ["Old Backend"]
    assert await asked("label:BACK") == []
    assert await asked("label:*BACK*") == ["Old Backend"]
    assert await asked('label:"old backend"') == ["Old Backend"]
    assert await asked("label:ne?") == ["new"]
    assert await asked("0%") == ["revoked 100%"]
    assert await asked("%") == ["revoked 100%"]
    assert await asked("_") == []
    assert await asked(old) == ["Old Backend"]
    assert await asked(old[:12]) == ["Old Backend"]
    assert await asked(expired[-6:]) == ["expired"]
    assert await asked(f"kcp_…{expired[-4:]}") == ["expired"]
    assert await asked(f"kcp_…{expired[-6:]}") == ["expired"]
    assert await asked("") == await labels(world)


async def test_a_list_is_of_one_workspace_where_it_is_named(world: World, integration: str) -> None:
    await world.admin.key(integration, label="ours")
    ours = await world.workspace_id()
    inside = f"/v1/integrations/{integration}/keys"
    for path in ("/v1/keys", inside):
        assert await labels(world, path, workspace=ours) == ["ours"]
        assert await labels(world, path, workspace="ws_0000000000000000") == []


REPLACED = (
    ("q", "gateway", "query=gateway"),
    ("status", "active", "query=status:active"),
    ("integration", "int_0000000000000000", "query=integration:int_…"),
    ("unused_for", "11w", "query=unused:90d"),
    ("created_by", "ana", "query=by:ops"),
    ("created_after", "2026-02-28T00:00:00Z", "query=created:>=2026-01-31"),
    ("created_before", "2026-02-28T00:00:00Z", "query=created:<2026-01-31"),
    ("confirmed", "false", "query=status:unconfirmed"),
    ("due", "true", "query=due:rotation"),
)


async def test_a_filter_that_became_a_term_is_refused_with_the_term(
    world: World, integration: str
) -> None:
    for path in ("/v1/keys", f"/v1/integrations/{integration}/keys", "/v1/label-audit"):
        for name, value, term in REPLACED:
            answer = await world.admin.get(path, **{name: value})
            assert answer.status_code == 422, (path, name)
            [error] = answer.json()["errors"]
            assert (error["field"], error["code"]) == (name, "replaced")
            assert error["message"].endswith(term)
            assert value not in answer.text or value in term


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 501}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"query": "unused:soon"}, "query"),
        ({"query": "colour:red"}, "query"),
        ({"query": "x" * 501}, "query"),
        ({"sort": "verifier"}, "sort"),
        ({"query": "status:happy"}, "query"),
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
