"""A key is replaced without a gap: the old one goes once nobody needs it, and not before."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.service.world import World, a_world, fresh_nonce

from keyconsole.service import scheduler
from keyconsole.service.app import create_app
from keyconsole.service.clock import DAY, HOUR, MINUTE, SECOND, told
from keyconsole.wire import Role

Key = tuple[str, str]


@pytest.fixture
async def key(world: World) -> Key:
    return await world.admin.key(await world.admin.integration(), label="api-gateway-prod")


async def start(world: World, public_key: str, **asked: Any) -> Key:
    answer = await world.admin.post(
        f"/v1/keys/{public_key}/rotation", asked, idempotency_key=fresh_nonce()
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["key"]["public_key"], answer.json()["secret"]


async def rotation_of(world: World, public_key: str) -> dict[str, Any]:
    answer = await world.admin.get(f"/v1/keys/{public_key}/rotation")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def card_of(world: World, public_key: str) -> dict[str, Any]:
    return dict((await world.admin.get(f"/v1/keys/{public_key}")).json())


async def use(world: World, secret: str) -> int:
    status = (await world.verify(secret)).status_code
    await world.runtime.recorder.flush()
    return status


async def pass_time(world: World, milliseconds: int) -> None:
    world.clock.move(milliseconds)
    await scheduler.run_due_jobs(world.runtime)


# How it begins


async def test_the_replacement_works_beside_the_old_key_and_says_whom_it_replaces(
    world: World, key: Key
) -> None:
    new, secret = await start(world, key[0])
    assert await use(world, secret) == await use(world, key[1]) == 200
    old_card, new_card = await card_of(world, key[0]), await card_of(world, new)
    assert new_card["replaces"] == key[0]
    assert old_card["replaced_by"] == new
    assert (old_card["rotating"], new_card["rotating"]) == (True, False)
    assert new_card["integration_id"] == old_card["integration_id"]
    assert new_card["label"] == "api-gateway-prod (next)"


async def test_addresses_metadata_and_length_of_life_are_those_of_the_old_key(
    world: World,
) -> None:
    old, _ = await world.admin.key(
        await world.admin.integration(),
        allowed_ips=["10.1.0.0/16"],
        metadata={"team": "payments"},
        expires_at=told(world.clock() + 30 * DAY),
    )
    world.clock.move(10 * DAY)
    new, _ = await start(world, old)
    card = await card_of(world, new)
    assert card["allowed_ips"] == ["10.1.0.0/16"]
    assert card["metadata"] == {"team": "payments"}
    assert card["expires_at"] == told(world.clock() + 30 * DAY)


async def test_the_longest_label_still_has_a_successor(world: World) -> None:
    old, _ = await world.admin.key(await world.admin.integration(), label="x" * 100)
    new, _ = await start(world, old)
    label = (await card_of(world, new))["label"]
    assert len(label) == 100
    assert label.endswith("x (next)")


async def test_the_same_request_again_gives_the_same_secret_and_one_rotation(
    world: World, key: Key
) -> None:
    nonce = fresh_nonce()
    path = f"/v1/keys/{key[0]}/rotation"
    first = await world.admin.post(path, {}, idempotency_key=nonce)
    again = await world.admin.post(path, {}, idempotency_key=nonce)
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert first.headers["cache-control"] == "no-store"
    other = await world.admin.post(path, {"quiet_minutes": 5}, idempotency_key=nonce)
    assert other.json()["error"] == "idempotency-key-reused"
    assert len((await world.admin.get("/v1/rotations")).json()["items"]) == 1


async def test_it_needs_an_idempotency_key(world: World, key: Key) -> None:
    answer = await world.admin.post(f"/v1/keys/{key[0]}/rotation", {})
    assert answer.json()["error"] == "idempotency-key-required"


async def test_a_key_is_rotated_once_at_a_time(world: World, key: Key) -> None:
    new, _ = await start(world, key[0])
    for public_key in (key[0], new):
        answer = await world.admin.post(
            f"/v1/keys/{public_key}/rotation", {}, idempotency_key=fresh_nonce()
        )
        assert answer.status_code == 409
        assert answer.json()["error"] == "rotation-under-way"


async def test_of_many_at_once_one_begins(world: World, key: Key) -> None:
    answers = await asyncio.gather(
        *(
            world.admin.post(f"/v1/keys/{key[0]}/rotation", {}, idempotency_key=fresh_nonce())
            for _ in range(6)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5


async def test_what_is_dead_is_not_rotated(world: World, key: Key) -> None:
    await world.admin.revoke(key[0])
    answer = await world.admin.post(
        f"/v1/keys/{key[0]}/rotation", {}, idempotency_key=fresh_nonce()
    )
    assert answer.json()["error"] == "key-already-revoked"
    integration = (await card_of(world, key[0]))["integration_id"]
    expired, _ = await world.admin.key(integration, expires_at=told(world.clock() + HOUR))
    world.clock.move(2 * HOUR)
    answer = await world.admin.post(
        f"/v1/keys/{expired}/rotation", {}, idempotency_key=fresh_nonce()
    )
    assert answer.json()["error"] == "key-not-in-force"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"deadline": told(19_999 * DAY)}, "deadline"),
        ({"deadline": told(20_400 * DAY)}, "deadline"),
        ({"quiet_minutes": -1}, "quiet_minutes"),
        ({"quiet_minutes": 99_999}, "quiet_minutes"),
        ({"label": "a\x1bb"}, "label"),
        ({"quiet": 3}, "quiet"),
    ],
)
async def test_a_wish_at_fault_mints_nothing(
    world: World, key: Key, asked: dict[str, Any], field: str
) -> None:
    answer = await world.admin.post(
        f"/v1/keys/{key[0]}/rotation", asked, idempotency_key=fresh_nonce()
    )
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert len((await world.admin.get("/v1/keys")).json()["items"]) == 1


@pytest.mark.parametrize("days", [None, 1])
async def test_more_quiet_than_there_is_until_the_deadline_is_refused(
    world: World, key: Key, days: int | None
) -> None:
    await world.admin.patch(
        f"/v1/workspaces/{await world.workspace_id()}", {"settings": {"rotation_deadline_days": 1}}
    )
    asked: dict[str, Any] = {"quiet_minutes": 25 * 60}
    if days is not None:
        asked["deadline"] = told(world.clock() + days * DAY)
    path = f"/v1/keys/{key[0]}/rotation"
    refused = await world.admin.post(path, asked, idempotency_key=fresh_nonce())
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["quiet_minutes"]
    assert "1,500 minutes" in refused.json()["detail"]
    assert "deadline is 1,440 minutes" in refused.json()["detail"]
    assert len((await world.admin.get("/v1/keys")).json()["items"]) == 1


@pytest.mark.parametrize(("minutes", "late"), [(60, SECOND), (7 * 24 * 60, HOUR)])
async def test_quiet_may_be_all_of_a_rotation_though_clocks_differ(
    world: World, key: Key, minutes: int, late: int
) -> None:
    deadline = told(world.clock() + minutes * MINUTE - late)
    await start(world, key[0], deadline=deadline, quiet_minutes=minutes)


async def test_a_deadline_alone_may_come_nearer_than_the_quiet(world: World, key: Key) -> None:
    """Whoever sets it wants the old key gone by then, quiet or not."""
    await start(world, key[0], deadline=told(world.clock() + 2 * DAY), quiet_minutes=24 * 60)
    path = f"/v1/keys/{key[0]}/rotation"
    sooner = await world.admin.patch(path, {"deadline": told(world.clock() + HOUR)})
    assert sooner.status_code == 200
    refused = await world.admin.patch(path, {"quiet_minutes": 120})
    assert [error["field"] for error in refused.json()["errors"]] == ["quiet_minutes"]
    both = {"deadline": told(world.clock() + 2 * HOUR), "quiet_minutes": 120}
    assert (await world.admin.patch(path, both)).status_code == 200


async def test_who_may_not_create_may_not_rotate(world: World, key: Key) -> None:
    await start(world, key[0])
    for role in (Role.VIEWER, Role.RESPONDER):
        member = await world.member(role)
        path = f"/v1/keys/{key[0]}/rotation"
        for answer in (
            await member.get(path),
            await member.post(path, {}, idempotency_key=fresh_nonce()),
            await member.patch(path, {"paused": True}),
            await member.post(f"{path}/complete"),
            await member.post(f"{path}/cancel"),
            await member.get("/v1/rotations"),
        ):
            assert answer.status_code == 403
            assert "keys:create" in answer.json()["detail"]


async def test_a_stranger_sees_no_rotation(world: World, key: Key) -> None:
    await start(world, key[0])
    stranger = await world.stranger()
    assert (await stranger.get(f"/v1/keys/{key[0]}/rotation")).status_code == 404
    assert (await stranger.post(f"/v1/keys/{key[0]}/rotation/cancel")).status_code == 404
    assert (await stranger.get("/v1/rotations")).json()["items"] == []


# What it waits for, and how it ends


async def test_it_knows_a_use_in_the_last_minute_to_the_millisecond(world: World, key: Key) -> None:
    await start(world, key[0])
    world.clock.move(900)
    await use(world, key[1])
    world.clock.move(59_500)
    assert (await rotation_of(world, key[0]))["old"]["last_minute"] == 1


async def test_it_says_what_it_is_waiting_for(world: World, key: Key) -> None:
    _, secret = await start(world, key[0], quiet_minutes=10)
    await use(world, key[1])
    shown = await rotation_of(world, key[0])
    assert shown["waiting_for"] == ["new_unused", "old_in_use"]
    assert shown["old"]["last_minute"] == 1
    assert [source["address"] for source in shown["old"]["sources"]] == ["10.1.4.7"]
    assert shown["new"]["sources"] == []
    await use(world, secret)
    assert (await rotation_of(world, key[0]))["waiting_for"] == ["old_in_use"]
    world.clock.move(10 * MINUTE + 4 * SECOND)
    ready = await rotation_of(world, key[0])
    assert ready["state"] == "ready"
    assert ready["waiting_for"] == ["confirmation"]


async def test_a_source_from_before_it_began_is_no_news(world: World, key: Key) -> None:
    await use(world, key[1])
    world.clock.move(HOUR)
    await start(world, key[0])
    assert (await rotation_of(world, key[0]))["old"]["sources"] == []


async def test_without_being_asked_to_it_revokes_nothing(world: World, key: Key) -> None:
    _, secret = await start(world, key[0], quiet_minutes=10)
    await use(world, secret)
    await pass_time(world, 30 * DAY)
    assert await use(world, key[1]) == 200


async def test_by_itself_it_revokes_the_old_key_once_that_was_quiet(world: World, key: Key) -> None:
    new, secret = await start(world, key[0], quiet_minutes=10, automatic=True)
    await use(world, secret)
    await pass_time(world, 9 * MINUTE)
    assert await use(world, key[1]) == 200
    await pass_time(world, 9 * MINUTE)
    assert (await card_of(world, key[0]))["status"] == "active"
    await pass_time(world, 2 * MINUTE)
    old = await card_of(world, key[0])
    assert (old["status"], old["revoke_reason"]) == ("revoked", "superseded")
    assert old["revoked_by"] == "ops@acme.example"
    assert (await rotation_of(world, new))["state"] == "completed"
    assert await use(world, key[1]) == 401
    assert await use(world, secret) == 200


async def test_the_new_key_takes_the_name_when_it_is_free(world: World, key: Key) -> None:
    new, secret = await start(world, key[0], quiet_minutes=1, automatic=True)
    assert (await rotation_of(world, new))["label_after"] == "api-gateway-prod"
    await use(world, secret)
    await pass_time(world, HOUR)
    assert (await card_of(world, new))["label"] == "api-gateway-prod"
    events = (await world.admin.get("/v1/audit", target=new)).json()["items"]
    assert [event["action"] for event in events] == ["key.renamed", "key.created"]
    assert events[-1]["detail"]["replaces"] == key[0]


async def test_a_name_that_was_chosen_is_kept(world: World, key: Key) -> None:
    new, secret = await start(world, key[0], label="gateway-2027", quiet_minutes=1, automatic=True)
    await use(world, secret)
    await pass_time(world, HOUR)
    assert (await card_of(world, new))["label"] == "gateway-2027"


async def test_at_the_deadline_the_old_key_goes_though_it_is_used(world: World, key: Key) -> None:
    deadline = told(world.clock() + 2 * DAY)
    quiet = 2 * 24 * 60
    _, secret = await start(world, key[0], deadline=deadline, automatic=True, quiet_minutes=quiet)
    await use(world, secret)
    await pass_time(world, 2 * DAY - MINUTE)
    assert await use(world, key[1]) == 200
    await pass_time(world, MINUTE)
    assert await use(world, key[1]) == 401


async def test_nobody_is_left_without_a_key_though_the_deadline_passed(
    world: World, key: Key
) -> None:
    """A replacement that nobody has used may have reached nobody."""
    await start(world, key[0], automatic=True, deadline=told(world.clock() + DAY))
    await pass_time(world, 5 * DAY)
    assert await use(world, key[1]) == 200
    assert (await rotation_of(world, key[0]))["waiting_for"] == ["new_unused"]


async def test_a_person_confirms_and_gets_the_receipt(world: World, key: Key) -> None:
    _, secret = await start(world, key[0], quiet_minutes=1)
    path = f"/v1/keys/{key[0]}/rotation/complete"
    early = await world.admin.post(path)
    assert early.json()["error"] == "rotation-not-ready"
    assert "nobody has used the new key yet" in early.json()["detail"]
    await use(world, secret)
    world.clock.move(HOUR)
    done = await world.admin.post(path, {"incident": "CHG-7"})
    assert done.status_code == 200
    assert done.json()["reason"] == "superseded"
    assert done.json()["already"] is False
    assert (await world.admin.post(path)).json() == done.json() | {"already": True}
    [event] = (await world.admin.get("/v1/audit", action="key.revoked")).json()["items"]
    assert event["hash"] == done.json()["audit_hash"]


async def test_a_person_may_insist(world: World, key: Key) -> None:
    await start(world, key[0])
    done = await world.admin.post(f"/v1/keys/{key[0]}/rotation/complete", {"now": True})
    assert done.status_code == 200
    assert (await rotation_of(world, key[0]))["state"] == "completed"


async def test_a_paused_rotation_does_nothing_until_it_goes_on(world: World, key: Key) -> None:
    _, secret = await start(world, key[0], quiet_minutes=1, automatic=True)
    path = f"/v1/keys/{key[0]}/rotation"
    await use(world, secret)
    assert (await world.admin.patch(path, {"paused": True})).json()["state"] == "paused"
    await pass_time(world, DAY)
    assert await use(world, key[1]) == 200
    assert (await world.admin.patch(path, {"paused": False})).json()["state"] == "waiting"
    await pass_time(world, HOUR)
    assert await use(world, key[1]) == 401


async def test_going_on_after_the_deadline_needs_another_one(world: World, key: Key) -> None:
    await start(world, key[0], deadline=told(world.clock() + DAY))
    path = f"/v1/keys/{key[0]}/rotation"
    await world.admin.patch(path, {"paused": True})
    world.clock.move(2 * DAY)
    refused = await world.admin.patch(path, {"paused": False})
    assert [error["field"] for error in refused.json()["errors"]] == ["deadline"]
    later = told(world.clock() + DAY)
    resumed = await world.admin.patch(path, {"paused": False, "deadline": later})
    assert resumed.json()["deadline"] == later


async def test_extended_it_waits_longer(world: World, key: Key) -> None:
    deadline = told(world.clock() + DAY)
    _, secret = await start(world, key[0], deadline=deadline, automatic=True)
    await use(world, secret)
    path = f"/v1/keys/{key[0]}/rotation"
    later = {"deadline": told(world.clock() + 3 * DAY), "quiet_minutes": 3 * 24 * 60}
    assert (await world.admin.patch(path, later)).status_code == 200
    await pass_time(world, 3 * DAY - MINUTE)
    assert await use(world, key[1]) == 200
    await pass_time(world, MINUTE)
    assert await use(world, key[1]) == 401


async def test_cancelled_it_leaves_both_keys_and_may_begin_anew(world: World, key: Key) -> None:
    new, secret = await start(world, key[0], automatic=True, quiet_minutes=1)
    await use(world, secret)
    cancelled = await world.admin.post(f"/v1/keys/{new}/rotation/cancel")
    assert cancelled.json()["state"] == "cancelled"
    await pass_time(world, DAY)
    assert await use(world, key[1]) == await use(world, secret) == 200
    assert (await card_of(world, key[0]))["replaced_by"] is None
    assert (await world.admin.post(f"/v1/keys/{new}/rotation/cancel")).status_code == 200
    over = await world.admin.patch(f"/v1/keys/{new}/rotation", {"paused": True})
    assert over.json()["error"] == "rotation-over"
    assert (await world.admin.post(f"/v1/keys/{new}/rotation/complete")).status_code == 409
    third, _ = await start(world, key[0])
    assert (await card_of(world, third))["label"] == "api-gateway-prod (next 2)"


async def test_an_old_key_revoked_meanwhile_ends_it(world: World, key: Key) -> None:
    new, _ = await start(world, key[0])
    await world.admin.revoke(key[0], reason="key_compromise")
    assert (await rotation_of(world, new))["state"] == "old_revoked"
    assert (await world.admin.get("/v1/rotations")).json()["items"] == []
    await scheduler.run_due_jobs(world.runtime)
    shown = await rotation_of(world, new)
    assert (shown["state"], shown["ended_by"]) == ("old_revoked", "ops@acme.example")
    assert (await card_of(world, new))["label"] == "api-gateway-prod"
    assert (await card_of(world, key[0]))["revoke_reason"] == "key_compromise"


async def test_a_replacement_revoked_meanwhile_saves_the_old_key(world: World, key: Key) -> None:
    new, secret = await start(world, key[0], automatic=True, quiet_minutes=1)
    await use(world, secret)
    await world.admin.revoke(new)
    await pass_time(world, DAY)
    assert await use(world, key[1]) == 200
    assert (await rotation_of(world, key[0]))["state"] == "new_revoked"
    await start(world, key[0])


async def test_a_replacement_revoked_a_moment_ago_does_not_stand_in_the_way(
    world: World, key: Key
) -> None:
    new, _ = await start(world, key[0])
    await world.admin.revoke(new)
    again, _ = await start(world, key[0])
    assert (await card_of(world, key[0]))["replaced_by"] == again


async def test_a_replacement_that_expired_keeps_the_old_key_alive(world: World, key: Key) -> None:
    _, secret = await start(
        world, key[0], expires_at=told(world.clock() + HOUR), automatic=True, quiet_minutes=1
    )
    await use(world, secret)
    await pass_time(world, 2 * HOUR)
    assert await use(world, key[1]) == 200
    assert (await rotation_of(world, key[0]))["waiting_for"] == ["new_not_in_force"]


async def test_every_step_is_in_the_audit_log(world: World, key: Key) -> None:
    await start(world, key[0])
    path = f"/v1/keys/{key[0]}/rotation"
    await world.admin.patch(path, {"paused": True})
    await world.admin.patch(path, {"paused": False})
    await world.admin.patch(path, {"quiet_minutes": 5})
    await world.admin.patch(path, {"quiet_minutes": 5})
    await world.admin.post(f"{path}/cancel")
    events = (await world.admin.get("/v1/audit", target=key[0])).json()["items"]
    assert [event["action"] for event in events] == [
        "rotation.cancelled",
        "rotation.changed",
        "rotation.resumed",
        "rotation.paused",
        "rotation.started",
        "key.created",
    ]


# Proof


async def test_two_clients_that_switch_at_different_times_are_never_refused(
    world: World, key: Key
) -> None:
    """Every minute both ask with the key that they have; the first switches early, one late."""
    new, secret = await start(world, key[0], quiet_minutes=15, automatic=True)
    switches = {"10.1.4.7": 20, "10.1.4.9": 95}
    gone_at = None
    for minute in range(180):
        for switch in switches.values():
            held = secret if minute >= switch else key[1]
            assert (await world.verify(held)).status_code == 200, f"refused at minute {minute}"
        await world.runtime.recorder.flush()
        await pass_time(world, MINUTE)
        if gone_at is None and (await card_of(world, key[0]))["status"] == "revoked":
            gone_at = minute
    assert gone_at is not None
    assert max(switches.values()) + 14 <= gone_at <= max(switches.values()) + 16
    assert (await rotation_of(world, new))["state"] == "completed"


@pytest.fixture
async def second(world: World) -> AsyncIterator[Any]:
    """Another process on the same database."""
    app = create_app(world.settings, clock=world.clock)
    await app.start()
    yield app
    await app.aclose()


async def test_two_processes_end_it_once(world: World, key: Key, second: Any) -> None:
    _, secret = await start(world, key[0], quiet_minutes=1, automatic=True)
    await use(world, secret)
    world.clock.move(HOUR)
    await asyncio.gather(
        *(scheduler.run_due_jobs(app.runtime) for app in (world.app, second) for _ in range(4))
    )
    actions = [
        event["action"]
        for event in (await world.admin.get("/v1/audit", target=key[0])).json()["items"]
    ]
    assert actions.count("rotation.completed") == actions.count("key.revoked") == 1


async def test_a_service_that_was_away_goes_on_where_it_was(tmp_path: Path) -> None:
    async with a_world(tmp_path / "data") as world:
        key = await world.admin.key(await world.admin.integration(), label="api-gateway-prod")
        new, secret = await start(world, key[0], quiet_minutes=10, automatic=True)
        await use(world, secret)
        later = world.clock() + HOUR
        settings, token = world.settings, world.admin.token
    app = create_app(settings, clock=lambda: later)
    runtime = await app.start()
    await scheduler.run_due_jobs(runtime)
    again = World(settings, world.clock, app)
    again.admin = again.person(token)
    assert (await rotation_of(again, new))["state"] == "completed"
    assert (await again.verify(key[1])).status_code == 401
    assert (await again.verify(secret)).status_code == 200
    await again.admin.http.aclose()
    await again.gateway.aclose()
    await app.aclose()


async def test_what_one_job_breaks_the_others_do_not_suffer(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    async def broken(_: Any) -> None:
        raise OSError("disk full")

    async def sound(_: Any) -> None:
        done.append(1)

    monkeypatch.setattr(scheduler, "JOBS", (broken, sound))
    await scheduler.run_due_jobs(world.runtime)
    assert done == [1]
