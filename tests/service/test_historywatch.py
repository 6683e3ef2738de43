"""A database that lost a part of its history lets nobody through until a person accepts it."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from tests.service.databases import Engine
from tests.service.world import Clock, Person, World

from keyconsole.core.errors import ConfigurationError, KeyconsoleError
from keyconsole.service.acceptance import HistoryAcceptance
from keyconsole.service.app import ServiceApp, create_app
from keyconsole.service.checkpoints import Checkpoints
from keyconsole.service.clock import DAY, MINUTE
from keyconsole.service.embedded import start_embedded
from keyconsole.service.historywatch import CheckpointFile
from keyconsole.service.initialize import initialize
from keyconsole.service.store.engine import StoreReplacedError

SQLITE_ALONE = pytest.mark.parametrize("world", [Engine.SQLITE], indirect=True)


def file_of(world: World) -> Path:
    path = world.settings.checkpoints.path
    assert path is not None
    return path


async def cut(world: World, after: int) -> None:
    """Take the end of the log away, as an older copy of the database does not have it."""
    await world.drop_guard("audit_events_never_deleted", "audit_events")
    await world.sql(f"DELETE FROM audit_events WHERE sequence > {after}")


async def write_checkpoint(world: World) -> None:
    kept = Checkpoints(world.runtime.store, world.settings, world.clock)
    await kept.look()
    kept._sink.close()  # type: ignore[union-attr]


@asynccontextmanager
async def another(world: World) -> AsyncIterator[tuple[ServiceApp, Person]]:
    """Another process on the same database."""
    app = create_app(world.settings, clock=world.clock)
    await app.start()
    person = Person(app, world.admin.token)
    world.people.append(person)
    try:
        yield app, person
    finally:
        await app.aclose()


async def refusals(world: World, person: Person, secret: str) -> list[tuple[int, str]]:
    """How it answers a probe, a write, a read and a verification."""
    ready = await person.get("/readyz")
    written = await person.post("/v1/integrations", {"name": "another"})
    read = await person.get("/v1/keys")
    person.http.headers["authorization"] = f"Bearer {secret}"
    verified = await person.get("/v1/forward-auth")
    person.http.headers["authorization"] = f"Bearer {person.token}"
    answers = (ready, written, read, verified)
    return [
        (each.status_code, each.json().get("error", "") if each.content else "") for each in answers
    ]


DOWN = (503, "store-unavailable")
REFUSED = [DOWN, DOWN, (200, ""), DOWN]


async def test_a_log_shorter_than_a_checkpoint_refuses_all_until_it_is_accepted(
    world: World,
) -> None:
    _, secret = await world.admin.key(await world.admin.integration())
    await write_checkpoint(world)
    count = json.loads(file_of(world).read_text().splitlines()[-1])["count"]
    await cut(world, count - 1)
    async with another(world) as (app, person):
        assert await refusals(world, person, secret) == REFUSED
        assert "keyconsole_history_lost 1.0" in (await person.get("/metrics")).text
        detail = (await person.get("/readyz")).json()["detail"]
        assert f"accept-history --checkpoint {count}" in detail

        world.clock.move(MINUTE)
        accepted = await HistoryAcceptance(world.settings, world.clock).accept(count, "Acme")
        assert (accepted.events, accepted.checkpoint) == (count - 1, count)
        await app.runtime.history.look()
        assert [status for status, _ in await refusals(world, person, secret)] == [
            200, 201, 200, 200,
        ]  # fmt: skip
        assert "keyconsole_history_lost 0.0" in (await person.get("/metrics")).text
        found = (await person.get("/v1/audit", action="history.accepted")).json()["items"]
        assert [each["detail"]["checkpoint"] for each in found] == [count]
    async with another(world) as (app, person):
        assert (await person.get("/readyz")).status_code == 200


async def test_the_one_process_that_writes_keeps_what_was_seen_of_an_exchanged_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = world.runtime.history
    await history.look()

    async def refuse() -> NoReturn:
        raise StoreReplacedError("another file")

    monkeypatch.setattr(history, "look", refuse)
    one, other = (
        Checkpoints(world.runtime.store, world.settings, world.clock, history) for _ in range(2)
    )
    for each in (one, other, one):
        with pytest.raises(StoreReplacedError):
            await each.look()
    [line] = file_of(world).read_text().splitlines()
    known = history.known[await world.workspace_id()]
    assert (json.loads(line)["count"], json.loads(line)["head"]) == (known.length, known.head)


async def test_a_checkpoint_of_a_clock_that_was_ahead_can_be_given_up(world: World) -> None:
    await world.admin.integration()
    world.clock.move(400 * DAY)
    await write_checkpoint(world)
    world.clock.move(-400 * DAY)
    count = json.loads(file_of(world).read_text())["count"]
    await cut(world, count - 1)
    async with another(world) as (app, person):
        assert (await person.get("/readyz")).status_code == 503
        await HistoryAcceptance(world.settings, world.clock).accept(count, "Acme")
        await app.runtime.history.look()
        assert app.runtime.store.distrust is None


async def test_what_a_process_saw_is_evidence_after_a_restart(world: World) -> None:
    _, secret = await world.admin.key(await world.admin.integration())
    await world.runtime.history.look()
    count = world.runtime.history.known[await world.workspace_id()].length
    await cut(world, 2)
    await Checkpoints(
        world.runtime.store, world.settings, world.clock, world.runtime.history
    ).look()
    assert json.loads(file_of(world).read_text())["count"] == count
    async with another(world) as (_, person):
        assert await refusals(world, person, secret) == REFUSED


async def test_another_history_of_the_same_length_is_lost_too(world: World) -> None:
    await world.admin.integration("what was lost")
    await write_checkpoint(world)
    count = json.loads(file_of(world).read_text().splitlines()[-1])["count"]
    await cut(world, count - 1)
    # A process that never saw what was lost goes on writing.
    path = file_of(world)
    path.rename(path.with_suffix(".aside"))
    async with another(world) as (_, person):
        for number in range(3):
            answer = await person.post("/v1/integrations", {"name": f"new {number}"})
            assert answer.status_code == 201
    path.with_suffix(".aside").rename(path)
    async with another(world) as (_, person):
        assert "has another history" in (await person.get("/readyz")).json()["detail"]


async def test_a_process_that_runs_notices_it_without_a_checkpoint(world: World) -> None:
    _, secret = await world.admin.key(await world.admin.integration())
    await world.runtime.history.look()
    await cut(world, 2)
    await world.runtime.history.look()
    assert await refusals(world, world.admin, secret) == REFUSED
    assert "this process saw" in (await world.admin.get("/readyz")).json()["detail"]
    world.clock.move(MINUTE)
    await HistoryAcceptance(world.settings, world.clock).accept(4, "acme")
    await world.runtime.history.look()
    assert (await world.admin.get("/readyz")).status_code == 200


async def test_the_right_database_is_let_through_again(world: World) -> None:
    await world.admin.integration()
    await world.runtime.history.look()
    await world.drop_guard("audit_events_never_deleted", "audit_events")
    held = "CREATE TABLE aside AS SELECT * FROM audit_events WHERE sequence = 3"
    await world.sql(held)
    await world.sql("DELETE FROM audit_events WHERE sequence = 3")
    assert await world.runtime.history.look()
    world.runtime.store.distrust = None
    await world.sql("INSERT INTO audit_events SELECT * FROM aside")
    assert not await world.runtime.history.look()
    assert (await world.admin.integration("and on")).startswith("int_")


async def test_no_shorter_checkpoint_is_written_before_it_is_accepted(world: World) -> None:
    for number in range(3):
        await world.admin.integration(f"integration {number}")
    await write_checkpoint(world)
    before = file_of(world).read_text()
    await cut(world, 2)
    await write_checkpoint(world)
    assert file_of(world).read_text() == before
    await HistoryAcceptance(world.settings, world.clock).accept(5, "Acme")
    await write_checkpoint(world)
    counts = [json.loads(line)["count"] for line in file_of(world).read_text().splitlines()]
    assert counts == [5, 3]


@pytest.mark.parametrize(("checkpoint", "name"), [(2, "Acme"), (3, "Other"), (3, "")])
async def test_only_what_is_meant_is_accepted(world: World, checkpoint: int, name: str) -> None:
    await world.admin.integration()
    await write_checkpoint(world)
    await cut(world, 2)
    with pytest.raises(KeyconsoleError, match="nothing was accepted"):
        await HistoryAcceptance(world.settings, world.clock).accept(checkpoint, name)
    async with world.runtime.store.read() as tx:  # by now the watch may refuse every write
        assert (await tx.exec_driver_sql("SELECT * FROM accepted_histories")).all() == []


async def test_an_older_acceptance_does_not_hold_for_a_later_loss(world: World) -> None:
    await world.admin.integration()
    await write_checkpoint(world)
    await cut(world, 2)
    await HistoryAcceptance(world.settings, world.clock).accept(100, "Acme")
    world.clock.move(MINUTE)
    await world.runtime.history.look()
    await world.admin.integration("later")
    world.clock.move(MINUTE)
    await write_checkpoint(world)
    await cut(world, 3)
    async with another(world) as (_, person):
        assert (await person.get("/readyz")).status_code == 503


async def test_a_workspace_that_is_lost_as_a_whole_is_accepted_by_its_id(world: World) -> None:
    line = (
        '{"workspace_id": "ws_lost", "count": 5, "head": "00", "at": "2020-01-01T00:00:00.000Z"}\n'
    )
    file_of(world).write_text(f"no checkpoint\n{line}")
    async with another(world) as (app, person):
        assert "ws_lost" in (await person.get("/readyz")).json()["detail"]
        await HistoryAcceptance(world.settings, world.clock).accept(5, "ws_lost")
        await app.runtime.history.look()
        assert (await person.get("/readyz")).status_code == 200


async def test_nothing_is_added_to_it_by_init(world: World) -> None:
    await world.admin.integration()
    await write_checkpoint(world)
    await cut(world, 2)
    with pytest.raises(ConfigurationError, match="accept-history"):
        await initialize(
            world.settings, workspace="Other", account="eve@other.example", clock=world.clock
        )


@SQLITE_ALONE
async def test_a_console_does_not_open_it(world: World, tmp_path: Path) -> None:
    await world.admin.integration()
    await write_checkpoint(world)
    await cut(world, 2)
    copy = tmp_path / "copy"
    shutil.copytree(world.settings.data_dir, copy)
    with pytest.raises(ConfigurationError, match="accept-history"):
        await start_embedded(copy, workspace="New", clock=Clock(), environ={})


def test_a_file_of_checkpoints_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints"
    file = CheckpointFile(path)
    assert file.read() == {}
    line = '{"workspace_id": "ws_1", "count": %d, "head": "", "at": "2020-01-01T00:00:00.000Z"}\n'
    path.write_text(line % 1)
    assert file.read()["ws_1"].length == 1
    assert file.read() == {}
    with path.open("a") as more:
        more.write((line % 2)[:20])
    assert file.read() == {}
    path.write_text(line % 1 + line % 2)
    assert file.read()["ws_1"].length == 2
    path.rename(tmp_path / "checkpoints.1")
    path.write_text("".join(line % number for number in range(1, 9)))
    assert file.read()["ws_1"].length == 8
    assert file.read() == {}
    path.write_text("")
    assert file.read() == {}
