"""Use over time: series of a key, an integration and a workspace, and what is kept of sources."""

from typing import Any

import pytest
from tests.service.databases import Engine
from tests.service.world import START, World

from keyconsole.service.clock import DAY, HOUR, moment
from keyconsole.service.store import key_sources, usage
from keyconsole.wire import rfc3339

REVOKED = "key-revoked"


@pytest.fixture
async def place(world: World) -> str:
    return await world.admin.integration()


def record(world: World, key: str, place: str, outcome: str = "accepted", **more: Any) -> None:
    for _ in range(more.get("times", 1)):
        source = more.get("source", ("10.1.4.7", "curl"))
        world.runtime.recorder.record(key[4:], place, outcome, source)


async def series_of(world: World, path: str, hours: int | None = None) -> dict[str, Any]:
    asked = {} if hours is None else {"hours": hours}
    answer = await world.admin.get(f"/v1/{path}/usage", **asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def counts(series: dict[str, Any]) -> list[tuple[int, int, dict[str, int]]]:
    """The points, each with the step that it is of."""
    times = [rfc3339(moment(START + hour * HOUR)) for hour in range(-100 * 24, 100 * 24)]
    return [
        (times.index(point["at"]) - 100 * 24, point["accepted"], point["refused"])
        for point in series["points"]
    ]


async def test_keys_integrations_and_workspaces_have_the_same_series(
    world: World, place: str
) -> None:
    key, _ = await world.admin.key(place, label="api-gateway-prod")
    elsewhere = await world.admin.integration("HubSpot")
    other, _ = await world.admin.key(elsewhere)
    record(world, key, place, times=3)
    record(world, other, elsewhere, times=5)
    world.clock.move(26 * HOUR)
    record(world, key, place)
    record(world, key, place, REVOKED, times=2)
    record(world, key, "", "credential-invalid")  # as a forged one is counted
    workspace = (await world.admin.get("/v1/me")).json()["memberships"][0]["workspace_id"]
    refused = {REVOKED: 2, "credential-invalid": 1}

    of_key = await series_of(world, f"keys/{key}", 48)
    assert of_key["hours"] == []
    assert counts(of_key["series"]) == [(0, 3, {}), (26, 1, refused)]
    assert of_key["series"]["step_hours"] == 1
    assert of_key["series"]["last_day"]["accepted"] == 1
    assert of_key["series"]["last_day"]["refused"] == refused
    assert of_key["series"]["day_before"]["accepted"] == 3
    assert [source["daily"] for source in of_key["sources"]] == [[0, 3, 3]]

    of_place = await series_of(world, f"integrations/{place}", 48)
    assert of_place["series"] == of_key["series"]
    [part] = of_place["parts"]
    assert (part["public_key"], part["name"]) == (key, "api-gateway-prod")
    assert (part["accepted"], part["refused"]) == (1, 3)

    of_all = await series_of(world, f"workspaces/{workspace}", 48)
    assert counts(of_all["series"]) == [(0, 8, {}), (26, 1, refused)]
    [part] = of_all["parts"]
    assert (part["integration_id"], part["accepted"], part["refused"]) == (place, 1, 3)


async def test_beyond_a_week_it_counts_by_day(world: World, place: str) -> None:
    key, _ = await world.admin.key(place)
    for _ in range(4):
        record(world, key, place, times=2)
        world.clock.move(12 * HOUR)
    found = (await series_of(world, f"keys/{key}", 30 * 24))["series"]
    assert found["step_hours"] == 24
    assert counts(found) == [(0, 4, {}), (24, 4, {})]
    assert (found["since"], found["until"]) == (
        rfc3339(moment(START - 27 * DAY)),
        rfc3339(moment(START + 3 * DAY)),
    )


async def test_only_hours_that_are_kept_can_be_asked_for(world: World, place: str) -> None:
    for hours in ("0", "2161", "many"):
        answer = await world.admin.get(f"/v1/integrations/{place}/usage", hours=hours)
        assert (answer.status_code, answer.json()["error"]) == (422, "request-invalid")


async def test_a_key_without_the_question_answers_as_before(world: World, place: str) -> None:
    key, _ = await world.admin.key(place)
    record(world, key, place)
    found = await series_of(world, f"keys/{key}")
    assert [hour["accepted"] for hour in found["hours"]] == [1]
    assert found["series"] is None
    assert found["sources"][0]["daily"] == []


async def test_the_latest_and_the_busiest_sources_are_kept_and_the_others_counted(
    world: World, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_sources, "KEPT_LATEST", 4)
    monkeypatch.setattr(key_sources, "KEPT_BUSIEST", 1)
    key, _ = await world.admin.key(place)
    for number in range(8):
        world.clock.move(1)
        times = 9 if number == 1 else 1
        record(world, key, place, source=(f"10.0.0.{number}", "curl"), times=times)
        await world.runtime.recorder.flush()
    found = await series_of(world, f"keys/{key}", 24)
    kept = [source["address"] for source in found["sources"]]
    assert kept == [f"10.0.0.{number}" for number in (7, 6, 5, 4, 1)]
    assert found["others"]["sources"] == 3
    assert (found["others"]["accepted"], found["others"]["refused"]) == (3, 0)
    days = {row[0] for row in await world.sql("SELECT address FROM source_days")}
    assert days == set(kept)
    card = (await world.admin.get(f"/v1/keys/{key}")).json()
    assert card["sources"] == 5


async def test_what_is_too_old_is_forgotten_a_part_at_a_time(
    world: World, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "FORGOTTEN", 2)
    key, _ = await world.admin.key(place)
    for _ in range(3):
        record(world, key, place)
        world.clock.move(HOUR)
    record(world, key, place)
    await world.runtime.recorder.flush()
    world.clock.move(90 * DAY)
    tables = ("usage_hours", "usage_totals", "integration_hours")
    left = []
    for _ in range(3):
        record(world, key, place)
        await world.runtime.recorder.flush()
        rows = [await world.sql(f"SELECT hour FROM {table} ORDER BY hour") for table in tables]
        assert rows[0] == rows[1] == rows[2]
        left.append(len(rows[0]))
        world.clock.move(DAY)
    assert left == [5, 4, 3]
    assert rows[0][0][0] == START + 90 * DAY + 3 * HOUR
    [(day,)] = await world.sql("SELECT MIN(day) FROM source_days")
    assert day > START


async def test_a_clock_that_is_wrong_forgets_nothing(
    world: World, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, _ = await world.admin.key(place)
    record(world, key, place)
    await world.runtime.recorder.flush()
    monkeypatch.setattr(world.runtime.recorder, "_is_clock_right", lambda: False)
    world.clock.move(400 * DAY)
    record(world, key, place)
    await world.runtime.recorder.flush()
    assert len(await world.sql("SELECT hour FROM usage_hours")) == 2


@pytest.mark.parametrize("world", [Engine.SQLITE], indirect=True)
async def test_damaged_counts_are_told_and_the_others_are_counted(world: World, place: str) -> None:
    key, _ = await world.admin.key(place)
    for _ in range(3):
        record(world, key, place)
        world.clock.move(HOUR)
    await world.runtime.recorder.flush()
    for hour, spoilt in ((0, "'many'"), (1, str(2**63 - 1))):
        await world.sql(
            f"UPDATE usage_hours SET count = {spoilt} WHERE hour = {START + hour * HOUR}"
        )
    found = (await series_of(world, f"keys/{key}", 24))["series"]
    assert found["damaged"] == 2
    assert sum(point["accepted"] for point in found["points"]) == 1
