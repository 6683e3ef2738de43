"""Checkpoints: written when a log grew, by one process, where the database cannot reach."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.service.processes import serving
from tests.service.world import World

from keyconsole.core.errors import ConfigurationError
from keyconsole.service.checkpoints import Checkpoints
from keyconsole.service.clock import MINUTE
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings


def keeper(world: World, **environ: str) -> Checkpoints:
    settings = ServiceSettings.from_environment(world.settings.data_dir, environ=environ)
    return Checkpoints(world.runtime.store, settings, world.clock)


def written(world: World) -> list[dict[str, Any]]:
    path = world.settings.data_dir / "audit-checkpoints.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def now(world: World) -> dict[str, Any]:
    found: dict[str, Any] = (await world.admin.get("/v1/audit/checkpoint")).json()
    return found


async def test_a_checkpoint_says_how_long_the_log_is_and_how_it_ends(world: World) -> None:
    await keeper(world).look()
    assert written(world) == [await now(world)]
    path = world.settings.data_dir / "audit-checkpoints.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600


async def test_one_is_written_after_so_many_events_or_so_much_time(world: World) -> None:
    kept = keeper(world, KEYCONSOLE_AUDIT_CHECKPOINT_EVENTS="3")
    await kept.look()
    for number in range(2):
        await world.admin.integration(f"integration {number}")
    await kept.look()
    assert len(written(world)) == 1
    assert kept.unwritten == 2

    await world.admin.integration("the third")
    await kept.look()
    assert written(world)[1:] == [await now(world)]
    assert kept.unwritten == 0

    await world.admin.integration("one more")
    world.clock.move(MINUTE - 1)
    await kept.look()
    assert len(written(world)) == 2
    world.clock.move(1)
    await kept.look()
    assert written(world)[2:] == [await now(world)]
    world.clock.move(MINUTE)
    await kept.look()
    assert len(written(world)) == 3


async def test_every_workspace_has_its_own(world: World) -> None:
    await world.stranger()
    await keeper(world).look()
    assert len({each["workspace_id"] for each in written(world)}) == 2


async def test_one_process_writes_and_another_takes_over_where_it_stopped(world: World) -> None:
    first, second = keeper(world), keeper(world)
    first.start()
    await first.look()
    await world.admin.integration()
    world.clock.move(MINUTE)
    await second.look()
    assert len(written(world)) == 1
    await first.aclose()
    assert written(world)[1:] == [await now(world)]

    await second.look()
    assert len(written(world)) == 2
    await world.admin.integration("next")
    world.clock.move(MINUTE)
    await second.look()
    assert written(world)[2:] == [await now(world)]


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_file_that_was_moved_away_is_written_anew(world: World, *, is_there: bool) -> None:
    kept = keeper(world)
    await kept.look()
    path = world.settings.data_dir / "audit-checkpoints.jsonl"
    path.rename(path.with_suffix(".1"))
    if is_there:
        path.touch(mode=0o600)
    await kept.look()
    assert written(world) == [await now(world)]


async def test_a_line_that_was_cut_short_is_taken_away(world: World) -> None:
    path = world.settings.data_dir / "audit-checkpoints.jsonl"
    path.write_text(json.dumps(await now(world)) + '\n{"workspace_id": "ws_')
    await world.admin.integration()
    world.clock.move(MINUTE)
    await keeper(world).look()
    assert [each["count"] for each in written(world)] == [2, 3]


async def test_a_log_that_is_shorter_than_a_checkpoint_is_told_at_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.admin.integration()
    kept = keeper(world)
    await kept.look()
    await world.drop_guard("audit_events_never_deleted", "audit_events")
    await world.sql("DELETE FROM audit_events WHERE sequence = 3")
    await kept.look()
    await kept.look()
    assert caplog.text.count("shorter than a checkpoint") == 1
    assert [each["count"] for each in written(world)] == [3]


async def test_they_go_to_standard_output_where_that_is_wanted(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = keeper(world, KEYCONSOLE_AUDIT_CHECKPOINTS="-")
    await kept.look()
    await kept.look()
    assert json.loads(capsys.readouterr().out) == await now(world)
    assert written(world) == []


async def test_they_can_be_turned_off(world: World) -> None:
    kept = keeper(world, KEYCONSOLE_AUDIT_CHECKPOINTS="off")
    kept.start()
    await kept.look()
    await kept.aclose()
    assert written(world) == []


async def test_a_place_that_cannot_be_written_is_told_and_tried_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    path = world.settings.data_dir / "none" / "checkpoints.jsonl"
    kept = keeper(world, KEYCONSOLE_AUDIT_CHECKPOINTS=str(path))
    kept.seconds = 0.0
    kept.start()
    async with asyncio.timeout(60):
        while "no checkpoint can be written" not in caplog.text:
            await world.workspace_id()
        await kept._look_round()
        assert caplog.text.count("no checkpoint can be written") == 1  # once, until it changes
        path.parent.mkdir()
        os.mkfifo(path)  # which takes what nobody reads, until it is full
        while "It is not a file" not in caplog.text:
            await world.workspace_id()
        path.unlink()
        while not path.exists() or not path.read_text():
            await world.workspace_id()
    await kept.aclose()


async def test_a_disk_that_is_full_leaves_no_half_line(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = keeper(world)
    await kept.look()
    before = written(world)
    await world.admin.integration()
    world.clock.move(MINUTE)
    whole = os.write
    monkeypatch.setattr(os, "write", lambda to, content: whole(to, content[:10]))
    with pytest.raises(OSError, match="No space"):
        await kept.look()
    monkeypatch.undo()
    assert written(world) == before
    await kept.look()
    assert written(world)[1:] == [await now(world)]


async def test_who_only_waited_for_its_turn_leaves_it_to_the_other(world: World) -> None:
    first, second = keeper(world), keeper(world)
    await first.look()
    second.start()
    await world.admin.integration("one more")
    await second.aclose()
    assert len(written(world)) == 1
    await first.look(whole=True)
    assert written(world)[1:] == [await now(world)]


@pytest.mark.parametrize("text", ["0", "-1", "many", "1.5", "99999999"])
@pytest.mark.parametrize("name", ["EVENTS", "SECONDS"])
def test_a_number_that_cannot_be_meant_is_refused(name: str, text: str, tmp_path: Path) -> None:
    variable = f"KEYCONSOLE_AUDIT_CHECKPOINT_{name}"
    with pytest.raises(ConfigurationError, match=variable):
        ServiceSettings.from_environment(tmp_path, environ={variable: text})


async def test_several_workers_write_each_checkpoint_once(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    settings = ServiceSettings.from_environment(data_dir, environ={})
    made = await initialize(settings, workspace="Acme", account="ops@acme.example")
    kept = tmp_path / "kept.jsonl"
    with serving(data_dir, tmp_path, workers=2, KEYCONSOLE_AUDIT_CHECKPOINTS=str(kept)) as running:
        headers = {"authorization": f"Bearer {made.operator_token}"}
        # Workers listen before they have loaded what they serve.
        patient = httpx.Timeout(60)
        async with httpx.AsyncClient(
            base_url=running.url, headers=headers, timeout=patient
        ) as http:
            for number in range(3):
                answer = await http.post("/v1/integrations", json={"name": f"n{number}"})
                assert answer.status_code == 201
            last = (await http.get("/v1/audit/checkpoint")).json()
        assert running.stop() == 0
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    assert (lines[-1]["count"], lines[-1]["head"]) == (last["count"], last["head"])
    assert len({each["count"] for each in lines}) == len(lines)
