"""A disabled key is refused at once; a fuse ends that by itself, whoever runs at the time."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.service.world import Person, World, a_world

from keyconsole.service.app import create_app
from keyconsole.service.clock import HOUR, moment
from keyconsole.service.rules import disabling
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store import keys as store
from keyconsole.wire import Role, rfc3339


@pytest.fixture
async def key(world: World) -> tuple[str, str]:
    return await world.admin.key(await world.admin.integration())


def in_an_hour(world: World) -> str:
    return rfc3339(moment(world.clock()) + timedelta(hours=1))


async def disable(world: World, public_key: str, **body: Any) -> dict[str, Any]:
    answer = await world.admin.post(f"/v1/keys/{public_key}/disable", body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def enable(world: World, public_key: str) -> dict[str, Any]:
    answer = await world.admin.post(f"/v1/keys/{public_key}/enable")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def reason(world: World, secret: str) -> str:
    answer = await world.verify(secret)
    return str(answer.headers["x-auth-reason"])


async def actions(world: World, public_key: str) -> list[str]:
    events = (await world.admin.get("/v1/audit", target=public_key)).json()["items"]
    return [event["action"] for event in reversed(events)]


async def test_it_is_refused_at_once_and_let_in_again(world: World, key: tuple[str, str]) -> None:
    card = await disable(world, key[0], reason="key_compromise", incident="INC-7")
    assert (card["status"], card["disabled_until"]) == ("disabled", None)
    assert await reason(world, key[1]) == "key-disabled"
    assert (await enable(world, key[0]))["status"] == "active"
    assert (await world.verify(key[1])).status_code == 200
    assert await actions(world, key[0]) == ["key.created", "key.disabled", "key.enabled"]


async def test_a_fuse_revokes_when_it_has_burnt_down(world: World, key: tuple[str, str]) -> None:
    until = in_an_hour(world)
    card = await disable(world, key[0], until=until, incident="INC-7")
    assert (card["disabled_until"], card["disabled_then"]) == (until, "revoke")
    world.clock.move(HOUR)

    assert await reason(world, key[1]) == "key-revoked"
    card = (await world.admin.get(f"/v1/keys/{key[0]}")).json()
    assert (card["status"], card["revoked_at"]) == ("revoked", until)
    refused = await world.admin.post(f"/v1/keys/{key[0]}/enable")
    assert refused.json()["error"] == "key-already-revoked"

    world.clock.move(HOUR)
    assert await disabling.run_due_transitions(world.runtime) == 1
    assert await disabling.run_due_transitions(world.runtime) == 0
    receipt = (await world.admin.revoke(key[0])).json()
    assert receipt["already"] is True
    assert (receipt["revoked_at"], receipt["revoked_by"]) == (until, "ops@acme.example")
    assert (receipt["incident"], receipt["reason"]) == ("INC-7", "unspecified")
    [event] = (await world.admin.get("/v1/audit", action="key.revoked")).json()["items"]
    assert event["detail"]["via"] == "fuse"


async def test_a_fuse_may_lead_back(world: World, key: tuple[str, str]) -> None:
    await disable(world, key[0], until=in_an_hour(world), then="enable")
    assert await reason(world, key[1]) == "key-disabled"
    world.clock.move(HOUR)

    assert (await world.verify(key[1])).status_code == 200
    card = (await world.admin.get(f"/v1/keys/{key[0]}")).json()
    assert (card["status"], card["disabled_at"], card["disabled_until"]) == ("active", None, None)
    await disabling.run_due_transitions(world.runtime)
    assert await actions(world, key[0]) == ["key.created", "key.disabled", "key.enabled"]


@pytest.mark.parametrize("then", ["enable", "revoke"])
async def test_lists_and_counts_follow_the_fuse(
    world: World, key: tuple[str, str], then: str
) -> None:
    await disable(world, key[0], until=in_an_hour(world), then=then)
    world.clock.move(HOUR)
    ended = {"enable": "active", "revoke": "revoked"}[then]

    listed = (await world.admin.get("/v1/keys", query=f"status:{ended}")).json()["items"]
    assert [each["public_key"] for each in listed] == [key[0]]
    assert (await world.admin.get("/v1/keys", query="status:disabled")).json()["items"] == []
    [integration] = (await world.admin.get("/v1/integrations")).json()["items"]
    assert integration["key_counts"][ended] == 1
    assert integration["key_counts"]["disabled"] == 0


async def test_another_fuse_takes_the_place_of_the_first(
    world: World, key: tuple[str, str]
) -> None:
    first = await disable(world, key[0], until=in_an_hour(world))
    world.clock.move(HOUR // 2)
    again = await disable(world, key[0])
    assert (again["disabled_until"], again["disabled_then"]) == (None, None)
    assert again["disabled_at"] == first["disabled_at"]
    world.clock.move(HOUR)
    assert await reason(world, key[1]) == "key-disabled"


async def test_another_fuse_keeps_the_reason_and_the_incident(
    world: World, key: tuple[str, str]
) -> None:
    await disable(world, key[0], reason="key_compromise", incident="INC-7", note="in a paste")
    await disable(world, key[0], until=in_an_hour(world))
    await disable(world, key[0], until=in_an_hour(world), note="in two pastes")
    world.clock.move(HOUR)
    await disabling.run_due_transitions(world.runtime)
    event = (await world.admin.get("/v1/audit", target=key[0], action="key.revoked")).json()
    detail = event["items"][0]["detail"]
    assert (detail["reason"], detail["incident"]) == ("key_compromise", "INC-7")
    assert (detail["note"], detail["via"]) == ("in two pastes", "fuse")


async def test_a_spoilt_event_keeps_no_fuse_from_burning_down(
    world: World, key: tuple[str, str]
) -> None:
    other, secret = await world.admin.key(await world.admin.integration("Other"))
    await disable(world, key[0], until=in_an_hour(world))
    await disable(world, other, until=in_an_hour(world))
    await world.drop_guard("audit_events_never_changed", "audit_events")
    await world.sql("UPDATE audit_events SET detail = '{' WHERE action = 'key.disabled'")
    world.clock.move(HOUR)
    assert await disabling.run_due_transitions(world.runtime) == 2
    assert await reason(world, secret) == "key-revoked"


async def test_disabling_again_after_the_fuse_led_back_starts_anew(
    world: World, key: tuple[str, str]
) -> None:
    first = await disable(world, key[0], until=in_an_hour(world), then="enable")
    world.clock.move(2 * HOUR)
    again = await disable(world, key[0])
    assert again["disabled_at"] > first["disabled_at"]
    assert await actions(world, key[0]) == [
        "key.created",
        "key.disabled",
        "key.enabled",
        "key.disabled",
    ]


async def test_what_burnt_down_while_nothing_ran_is_carried_out_at_the_next_start(
    tmp_path: Path,
) -> None:
    async with a_world(tmp_path) as world:
        public_key, _ = await world.admin.key(await world.admin.integration())
        await disable(world, public_key, until=in_an_hour(world))
        late = world.clock() + 2 * HOUR

    app = create_app(ServiceSettings.from_environment(tmp_path, environ={}), clock=lambda: late)
    await app.start()
    person = Person(app, world.admin.token)
    events = (await person.get("/v1/audit", target=public_key)).json()["items"]
    await person.http.aclose()
    await app.aclose()

    assert [event["action"] for event in events] == ["key.revoked", "key.disabled", "key.created"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"until": "2001-01-01T00:00:00Z"}, "until"),
        ({"then": "revoke"}, "then"),
        ({"until": "tomorrow"}, "until"),
        ({"until": "2199-01-01T00:00:00Z", "then": "forget"}, "then"),
        ({"incident": "a\u202eb"}, "incident"),
        ({"status": "active"}, "status"),
    ],
)
async def test_what_cannot_be_meant_is_refused_at_its_field(
    world: World, key: tuple[str, str], body: dict[str, str], field: str
) -> None:
    answer = await world.admin.post(f"/v1/keys/{key[0]}/disable", body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await world.verify(key[1])).status_code == 200


async def test_a_revoked_key_is_neither_disabled_nor_enabled(
    world: World, key: tuple[str, str]
) -> None:
    await world.admin.revoke(key[0])
    for verb in ("disable", "enable"):
        answer = await world.admin.post(f"/v1/keys/{key[0]}/{verb}")
        assert (answer.status_code, answer.json()["error"]) == (409, "key-already-revoked")


async def test_a_responder_may_and_a_viewer_may_not(world: World, key: tuple[str, str]) -> None:
    viewer, responder = await world.member(Role.VIEWER), await world.member(Role.RESPONDER)
    stranger = await world.stranger()
    for verb in ("disable", "enable"):
        path = f"/v1/keys/{key[0]}/{verb}"
        assert (await viewer.post(path)).status_code == 403
        assert (await responder.post(path)).status_code == 200
        assert (await stranger.post(path)).status_code == 404


async def test_fuses_that_have_burnt_down_are_found_by_their_index(world: World) -> None:
    asked: list[tuple[str, Any]] = []

    def listen(
        _connection: object, _cursor: object, statement: str, values: Any, *_: object
    ) -> None:
        asked.append((statement, values))

    sa.event.listen(sa.Engine, "before_cursor_execute", listen)
    try:
        async with world.runtime.store.read() as tx:
            await store.due_transitions(tx, world.clock(), 1)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", listen)
    [(statement, values)] = [each for each in asked if "disabled_until" in each[0]]
    async with world.runtime.store.read() as tx:
        if world.settings.is_postgresql:
            # A table that is small is read as fast as an index: whether there is a way is asked.
            await tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = await tx.exec_driver_sql(f"EXPLAIN {statement}", tuple(values))
        else:
            plan = await tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(values))
        assert "ix_api_keys_fuses" in str(plan.all())


@pytest.mark.parametrize("detail", ["{", "null", '{"reason": 5, "incident": [], "note": 1}'])
async def test_a_spoilt_event_keeps_no_scheduled_revoke_from_being_carried_out(
    world: World, key: tuple[str, str], detail: str
) -> None:
    other, _ = await world.admin.key(await world.admin.integration("Other"))
    for public_key in (key[0], other):
        await disable(world, public_key, until=in_an_hour(world), reason="key_compromise")
    await world.drop_guard("audit_events_never_changed", "audit_events")
    await world.sql(
        f"UPDATE audit_events SET detail = '{detail}' "
        f"WHERE action = 'key.disabled' AND target = '{key[0]}'"
    )
    world.clock.move(HOUR)
    assert await disabling.run_due_transitions(world.runtime) == 2
    for public_key, why in ((key[0], "unspecified"), (other, "key_compromise")):
        assert (await actions(world, public_key))[-1] == "key.revoked"
        assert (await world.admin.get(f"/v1/keys/{public_key}")).json()["revoke_reason"] == why


@pytest.mark.parametrize("detail", ["{", "[]", '{"reason": "other"}'])
async def test_a_receipt_of_a_spoilt_event_says_what_is_left(
    world: World, key: tuple[str, str], detail: str
) -> None:
    first = (await world.admin.revoke(key[0], reason="key_compromise")).json()
    await world.drop_guard("audit_events_never_changed", "audit_events")
    await world.sql(f"UPDATE audit_events SET detail = '{detail}' WHERE action = 'key.revoked'")
    again = await world.admin.revoke(key[0])
    assert (again.status_code, again.json()["already"]) == (200, True)
    assert again.json()["revoked_at"] == first["revoked_at"]
    assert again.json()["reason"] == "unspecified"
