"""Many keys die exactly as they were shown, and nothing else does."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
from tests.service.world import Person, World, a_world

from keyconsole import wire
from keyconsole.core.credential import Kind, assemble, public_key
from keyconsole.service.app import create_app
from keyconsole.service.clock import DAY, MINUTE
from keyconsole.service.rules import revocations
from keyconsole.service.rules.adaptive_batch import AdaptiveBatch
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store import revocations as store
from keyconsole.wire import Role

Body = dict[str, Any]


async def show(person: Person, body: Body) -> Body:
    answer = await person.post("/v1/revocations", body | {"dry_run": True})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def meant(body: Body, shown: Body) -> Body:
    return body | {"expect_count": shown["count"], "selection_hash": shown["selection_hash"]}


async def execute(world: World, body: Body) -> Body:
    answer = await world.admin.post("/v1/revocations", body)
    assert answer.status_code == 202, answer.text
    await world.runtime.background.join()
    return await receipt(world.admin, answer.json()["id"])


async def receipt(person: Person, revocation_id: str, **page: Any) -> Body:
    answer = await person.get(f"/v1/revocations/{revocation_id}", **page)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def some_keys(world: World, count: int, **fields: Any) -> list[tuple[str, str]]:
    integration = await world.admin.integration(f"Integration {world.clock()}")
    world.clock.move(1)
    return [
        await world.admin.key(integration, **{"label": f"ci-{number}"} | fields)
        for number in range(count)
    ]


async def test_what_was_shown_dies_with_a_line_each(world: World) -> None:
    keys = await some_keys(world, 3)
    other = (await some_keys(world, 1, label="api-gateway-prod"))[0]
    await world.verify(keys[0][1])
    body = {"selector": {"label": "CI-*"}, "reason": "key_compromise", "incident": "INC-7"}

    shown = await show(world.admin, body)
    assert (shown["count"], shown["in_use"]) == (3, 1)
    future = "UPDATE api_keys SET last_used_at = 2 * last_used_at WHERE last_used_at > 0"
    await world.sql(future)
    assert (await show(world.admin, body))["in_use"] == 0
    assert shown["keys"][0]["public_key"] == keys[0][0]
    assert [each["label"] for each in sorted(shown["keys"], key=lambda each: each["label"])] == [
        "ci-0",
        "ci-1",
        "ci-2",
    ]
    assert len(shown["emptied"]) == 1
    assert (await world.verify(keys[0][1])).status_code == 200

    done = await execute(world, meant(body, shown))
    assert (done["total"], done["revoked"], done["already"]) == (3, 3, 0)
    assert done["finished_at"] is not None
    for key, secret in keys:
        assert (await world.verify(secret)).headers["x-auth-reason"] == "key-revoked"
        [event] = (await world.admin.get("/v1/audit", target=key, action="key.revoked")).json()[
            "items"
        ]
        [line] = [each for each in done["items"] if each["public_key"] == key]
        assert (line["audit_sequence"], line["audit_hash"]) == (event["sequence"], event["hash"])
        assert (line["revoked_at"], line["outcome"]) == (event["at"], "revoked")
        assert event["detail"]["revocation"] == done["id"]
        assert (await world.admin.revoke(key)).json()["incident"] == "INC-7"
    assert (await world.verify(other[1])).status_code == 200


async def test_a_list_says_which_are_not_meant_and_why(world: World) -> None:
    (live, secret), (dead, _), (healthy, _) = await some_keys(world, 3)
    await world.admin.revoke(dead)
    forged = assemble(Kind.API_KEY, healthy[4:], bytes(32)).text
    targets = [
        {"public_key": live, "digest": hashlib.sha256(secret.encode()).hexdigest()},
        {"public_key": dead},
        {"public_key": healthy, "digest": hashlib.sha256(forged.encode()).hexdigest()},
        {"public_key": public_key("0" * 16)},
    ]

    shown = await show(world.admin, {"keys": targets})

    assert [each["public_key"] for each in shown["keys"]] == [live]
    assert shown["already"] == [dead]
    assert shown["mismatched"] == [healthy]
    assert shown["unknown"] == [public_key("0" * 16)]
    done = await execute(world, meant({"keys": targets}, shown))
    assert (done["total"], done["revoked"]) == (1, 1)


@pytest.mark.parametrize("how", ["another key", "a rename", "a revoke"])
async def test_nothing_dies_that_was_not_shown(world: World, how: str) -> None:
    keys = await some_keys(world, 2)
    body = {"selector": {"label": "ci-*"}}
    shown = await show(world.admin, body)
    if how == "another key":
        await some_keys(world, 1)
    elif how == "a rename":
        await world.admin.patch(f"/v1/keys/{keys[0][0]}", {"label": "ci-x"}, if_match='"1"')
    else:
        await world.admin.revoke(keys[0][0])

    answer = await world.admin.post("/v1/revocations", meant(body, shown))

    assert (answer.status_code, answer.json()["error"]) == (409, "selection-changed")
    assert (await world.verify(keys[1][1])).status_code == 200


async def test_asked_again_after_a_lost_answer_it_is_the_same_one(world: World) -> None:
    await some_keys(world, 2)
    body = {"selector": {"label": "ci-*"}}
    body = meant(body, await show(world.admin, body))
    first = await execute(world, body)
    assert (await execute(world, body))["id"] == first["id"]

    world.clock.move(11 * MINUTE)
    answer = await world.admin.post("/v1/revocations", body)
    assert answer.json()["error"] == "selection-changed"


QUERIES: tuple[tuple[str, list[str]], ...] = (
    ("label:ci-?", ["ci-0", "ci-1"]),
    ("label:ci-1", ["ci-1"]),
    ("label:100%", []),
    ("ci", ["ci-0", "ci-1"]),
    ("by:ops", ["ci-0", "ci-1", "old_one"]),
    ("by:nobody", []),
    ("unused:90d", ["old_one"]),
    ("unused:3mo label:*", ["old_one"]),
    ("age:<2w", ["ci-0", "ci-1"]),
    ("created:<2024-11-01", ["old_one"]),
    ("created:>=2024-11-01 label:*", ["ci-0", "ci-1"]),
    ("env:prod", ["ci-0", "ci-1", "old_one"]),
    ("env:sandbox", []),
    ("from:10.", []),
    ("integration:integ*", ["ci-0", "ci-1", "old_one"]),
    ("integration:nowhere", []),
    ("due:rotation", []),
    ("status:active", ["ci-0", "ci-1", "old_one"]),
    ("status:revoked", []),
    ("status:revoked,disabled", []),
    ("label:" + "x" * 101, []),
)


async def test_a_query_selects_and_never_what_is_revoked(world: World) -> None:
    await some_keys(world, 1, label="old_one")
    world.clock.move(100 * DAY)
    await some_keys(world, 2)
    [(dead, _)] = await some_keys(world, 1, label="ci-dead")
    await world.admin.revoke(dead)
    for query, labels in QUERIES:
        shown = await show(world.admin, {"query": query})
        assert sorted(each["label"] for each in shown["keys"]) == labels, query


@pytest.mark.parametrize(
    ("selector", "labels"),
    [
        ({"label": "ci-?"}, ["ci-0", "ci-1"]),
        ({"label": "ci-1"}, ["ci-1"]),
        ({"label": "100%"}, []),
        ({"created_by": "ops@acme.example"}, ["ci-0", "ci-1", "old_one"]),
        ({"created_by": "nobody@acme.example"}, []),
        ({"unused_for": "90d"}, ["old_one"]),
        ({"created_before": "2024-11-01T00:00:00Z"}, ["old_one"]),
        ({"created_after": "2024-11-01T00:00:00Z", "label": "*"}, ["ci-0", "ci-1"]),
        ({"label": "old?one"}, ["old_one"]),
    ],
)
async def test_a_selector_selects(world: World, selector: Body, labels: list[str]) -> None:
    await some_keys(world, 1, label="old_one")
    world.clock.move(100 * DAY)
    await some_keys(world, 2)

    shown = await show(world.admin, {"selector": selector})

    assert sorted(each["label"] for each in shown["keys"]) == labels


async def test_a_selector_may_name_an_integration(world: World) -> None:
    keys = await some_keys(world, 2)
    await some_keys(world, 2)
    card = (await world.admin.get(f"/v1/keys/{keys[0][0]}")).json()

    shown = await show(world.admin, {"selector": {"integration": card["integration_id"]}})

    assert sorted(each["public_key"] for each in shown["keys"]) == sorted(key for key, _ in keys)


async def test_a_key_that_is_named_twice_is_meant_if_one_of_both_means_it(world: World) -> None:
    [(key, _), (disabled, _)] = await some_keys(world, 2)
    await world.admin.post(f"/v1/keys/{disabled}/disable", {})
    with_digest = {"public_key": key, "digest": "0" * 64}
    for order in (1, -1):
        targets = [{"public_key": key}, with_digest, {"public_key": disabled}][::order]
        shown = await show(world.admin, {"keys": targets})
        assert (shown["count"], shown["mismatched"]) == (2, [])
        assert len(shown["emptied"]) == 1


async def test_more_keys_than_one_can_look_through_are_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MOST_KEYS", 1)
    await some_keys(world, 2)
    answer = await world.admin.post(
        "/v1/revocations", {"selector": {"label": "ci-*"}, "dry_run": True}
    )
    assert answer.json()["error"] == "selection-too-large"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "request-invalid"),
        ({"selector": {}}, "request-invalid"),
        ({"query": ""}, "request-invalid"),
        ({"query": ' "" '}, "request-invalid"),
        ({"query": "status:"}, "request-invalid"),
        ({"query": "stauts:active"}, "request-invalid"),
        ({"query": "x" * 501}, "request-invalid"),
        ({"query": "x", "selector": {"label": "x"}}, "request-invalid"),
        ({"query": "x", "keys": []}, "request-invalid"),
        ({"selector": {"label": "x"}, "keys": []}, "request-invalid"),
        ({"selector": {"unused_for": "long"}}, "request-invalid"),
        ({"selector": {"label": "*", "unused_for": ""}}, "request-invalid"),
        ({"selector": {"status": "active"}}, "request-invalid"),
        ({"selector": {"integration": "int_nowhere"}}, "not-found"),
        ({"keys": [{"public_key": "kcp_short"}]}, "request-invalid"),
        ({"keys": [{"public_key": public_key("0" * 16), "digest": "AB"}]}, "request-invalid"),
        ({"selector": {"label": "x"}, "note": "a\u202eb"}, "request-invalid"),
    ],
)
async def test_what_cannot_be_meant_is_refused(world: World, body: Body, code: str) -> None:
    answer = await world.admin.post("/v1/revocations", body | {"dry_run": True})
    assert answer.json()["error"] == code


async def test_without_a_dry_run_or_a_match_nothing_is_done(world: World) -> None:
    await some_keys(world, 1)
    for body in (
        {"selector": {"label": "ci-*"}},
        {"selector": {"label": "none"}, "expect_count": 0, "selection_hash": "0" * 64},
    ):
        answer = await world.admin.post("/v1/revocations", body)
        assert answer.status_code in (409, 422)
    nothing = {"selector": {"label": "none"}}
    shown = await show(world.admin, nothing)
    answer = await world.admin.post("/v1/revocations", meant(nothing, shown))
    assert "nothing to revoke" in answer.json()["detail"]


async def test_only_who_may_revoke_and_only_in_their_workspace(world: World) -> None:
    keys = await some_keys(world, 2)
    body = {"selector": {"label": "ci-*"}}
    viewer, stranger = await world.member(Role.VIEWER), await world.stranger()
    assert (await show(stranger, body))["count"] == 0
    listed = await show(stranger, {"keys": [{"public_key": key} for key, _ in keys]})
    assert (listed["count"], listed["unknown"]) == (0, [key for key, _ in keys])
    done = await execute(world, meant(body, await show(world.admin, body)))

    assert (await viewer.post("/v1/revocations", body)).status_code == 403
    assert (await viewer.get(f"/v1/revocations/{done['id']}")).status_code == 403
    foreign = (await stranger.get(f"/v1/revocations/{done['id']}")).json()
    missing = (await stranger.get("/v1/revocations/rev_0000000000000000")).json()
    assert foreign | {"instance": ""} == missing | {"instance": ""}
    assert (await receipt(await world.member(Role.RESPONDER), done["id"]))["revoked"] == 2


async def test_the_receipt_comes_in_pages(world: World) -> None:
    keys = await some_keys(world, 5)
    body = {"selector": {"label": "ci-*"}}
    done = await execute(world, meant(body, await show(world.admin, body)))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await receipt(world.admin, done["id"], limit=2, **cursor)
        seen += [each["public_key"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert sorted(seen) == sorted(key for key, _ in keys)


class Steady(AdaptiveBatch):
    """So many keys a commit, however long it takes."""

    def record(self, seconds: float) -> None:
        pass


async def test_killed_on_the_way_the_rest_dies_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocations, "AdaptiveBatch", lambda: Steady(2))
    async with a_world(tmp_path) as world:
        keys = await some_keys(world, 5)
        body = {"selector": {"label": "ci-*"}}
        body = meant(body, await show(world.admin, body))
        stopping = asyncio.Event()

        async def stop_here() -> None:
            world.runtime.background.is_stopping = True
            stopping.set()

        monkeypatch.setattr(revocations, "pause", stop_here)
        begun = (await world.admin.post("/v1/revocations", body)).json()
        await stopping.wait()
        monkeypatch.undo()
        half = await receipt(world.admin, begun["id"])
        assert (half["revoked"], half["finished_at"]) == (2, None)
        now = world.clock()

    app = create_app(ServiceSettings.from_environment(tmp_path, environ={}), clock=lambda: now)
    await app.start()
    person = Person(app, world.admin.token)
    await app.runtime.background.join()
    done = await receipt(person, begun["id"])
    assert (done["revoked"], done["total"]) == (5, 5)
    assert done["finished_at"] is not None
    assert len({each["audit_sequence"] for each in done["items"]}) == len(keys)
    await person.http.aclose()
    await app.aclose()


async def test_a_store_that_is_away_for_a_while_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await some_keys(world, 3)
    monkeypatch.setattr(revocations, "AdaptiveBatch", lambda: Steady(1))
    monkeypatch.setattr(revocations, "AWAY_SECONDS", 0.0)
    between, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        between.set()
        await go_on.wait()

    monkeypatch.setattr(revocations, "pause", wait)
    body = {"selector": {"label": "ci-*"}}
    body = meant(body, await show(world.admin, body))
    begun = (await world.admin.post("/v1/revocations", body)).json()
    await between.wait()
    await world.impatient()
    async with world.busy():
        go_on.set()
        async with asyncio.timeout(60):
            while "a bulk revoke waits" not in caplog.text:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0)
    await world.runtime.background.join()
    done = await receipt(world.admin, begun["id"])
    assert (done["revoked"], done["total"]) == (3, 3)
    assert done["finished_at"] is not None


async def test_stopped_while_it_waits_it_is_ended_by_whoever_starts_next(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Two of them may start at once: one ends it, and the other finds that it is."""
    await some_keys(world, 3)
    monkeypatch.setattr(revocations, "AdaptiveBatch", lambda: Steady(1))
    monkeypatch.setattr(revocations, "AWAY_SECONDS", 0.0)
    monkeypatch.setattr(revocations, "PAUSE_SECONDS", 0.0)
    body = {"selector": {"label": "ci-*"}}
    body = meant(body, await show(world.admin, body))
    between, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        between.set()
        await go_on.wait()

    with monkeypatch.context() as patched:
        patched.setattr(revocations, "pause", wait)
        begun = (await world.admin.post("/v1/revocations", body)).json()
        await between.wait()
    await world.impatient()
    async with world.busy():
        go_on.set()
        async with asyncio.timeout(60):
            while "a bulk revoke waits" not in caplog.text:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0)
        world.runtime.background.is_stopping = True
        await world.runtime.background.join()
    assert (await receipt(world.admin, begun["id"]))["finished_at"] is None

    world.runtime.background.is_stopping = False
    for _ in range(2):
        await revocations.resume(world.runtime)
    await world.runtime.background.join()
    done = await receipt(world.admin, begun["id"])
    assert (done["revoked"], done["total"]) == (3, 3)
    assert done["finished_at"] is not None


async def test_somebody_else_was_faster_is_an_outcome(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = await some_keys(world, 3)
    monkeypatch.setattr(revocations, "AdaptiveBatch", lambda: Steady(1))
    between = asyncio.Event()
    go_on = asyncio.Event()

    async def wait() -> None:
        between.set()
        await go_on.wait()

    monkeypatch.setattr(revocations, "pause", wait)
    body = {"selector": {"label": "ci-*"}}
    body = meant(body, await show(world.admin, body))
    begun = (await world.admin.post("/v1/revocations", body)).json()
    await between.wait()
    last = sorted(key for key, _ in keys)[-1]
    await world.admin.revoke(last)
    go_on.set()
    await world.runtime.background.join()

    done = await receipt(world.admin, begun["id"])
    assert (done["revoked"], done["already"]) == (2, 1)
    assert done["items"][-1]["outcome"] == "already"


async def test_a_query_that_no_index_narrows_stays_in_its_workspace(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(store, "narrowest", nothing)
    await some_keys(world, 2)
    assert (await show(await world.stranger(), {"query": "label:ci-*"}))["count"] == 0
    assert (await show(world.admin, {"query": "label:ci-*"}))["count"] == 2


async def test_a_query_selects_by_what_other_tables_know(world: World) -> None:
    [(used, secret), *_] = await some_keys(world, 2)
    await world.verify(secret)
    await world.runtime.recorder.flush()
    [(address,)] = await world.sql("SELECT address FROM usage_sources")
    shown = await show(world.admin, {"query": f"from:{address}"})
    assert [each["public_key"] for each in shown["keys"]] == [used]

    workspace = await world.workspace_id()
    assert (await show(world.admin, {"query": "due:rotation"}))["count"] == 0
    settings = {"settings": {"max_key_age_days": 90}}
    assert (await world.admin.patch(f"/v1/workspaces/{workspace}", settings)).status_code == 200
    world.clock.move(90 * DAY)
    assert (await show(world.admin, {"query": "due:rotation env:prod"}))["count"] == 2
