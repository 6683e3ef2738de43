"""`--follow`: what is new in a list, once, the newest last, whatever becomes of the service."""

import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest
from pydantic import BaseModel
from tests.cli.conftest import Known, Run

from keyconsole.cli.following import ByMark, BySequence, follow
from keyconsole.cli.keys.refusals import mark
from keyconsole.cli.lists import Form, Listing
from keyconsole.client.following import LogFollower, LogReplacedError
from keyconsole.client.pages import PAGE
from keyconsole.core.errors import ServiceUnreachableError, UsageError
from keyconsole.text.columns import Column
from keyconsole.wire import AuditCheckpoint, AuditEvent, Page, Refusal

if TYPE_CHECKING:
    from keyconsole.client import KeyServiceClient

COLUMNS: list[Column["Line"]] = [
    Column("name", "Name", lambda line: line.name),
    Column("n", "N", lambda _: "1"),
]


class Line(BaseModel):
    """Something that a list is made of."""

    name: str


class OverError(Exception):
    """Somebody pressed Ctrl-C."""


def service(*answers: str | None) -> Callable[[str | None, int], Awaitable[Page[Line]]]:
    """A list that is longer each time it is asked for, the newest first; None is silence."""
    left: Iterator[str | None] = iter(answers)

    async def page(_cursor: str | None, limit: int) -> Page[Line]:
        names = next(left)
        if names is None:
            raise ServiceUnreachableError("It does not answer.")
        return Page[Line](items=[Line(name=name) for name in names[:limit]], next_cursor=None)

    return page


def rounds(count: int) -> Callable[[], Awaitable[None]]:
    """A pause that ends it after so many."""
    left = iter(range(count - 1))

    async def pause() -> None:
        if next(left, None) is None:
            raise OverError

    return pause


async def watch(listing: Listing, *answers: str | None) -> None:
    with pytest.raises(OverError):
        await follow(
            listing,
            ByMark(service(*answers), lambda line: line.name),
            COLUMNS,
            pause=rounds(len(answers)),
        )


async def test_the_last_few_and_then_what_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    await watch(Listing(limit=2), "cba", "cba", "edcba")

    out, err = capsys.readouterr()
    assert out.splitlines() == ["NAME  N", "b     1", "c     1", "d     1", "e     1"]
    assert err == ""


async def test_a_document_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    await watch(Listing(Form.JSONL), "a", "ba")

    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["a", "b"]


async def test_silence_is_waited_out_and_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    await watch(Listing(), "a", None, None, "cba", None)

    out, err = capsys.readouterr()
    assert out.split() == ["NAME", "N", "a", "1", "b", "1", "c", "1"]
    assert err.count("It is asked again until it answers.") == 2


async def test_what_does_not_answer_at_first_is_an_error() -> None:
    with pytest.raises(ServiceUnreachableError):
        await follow(Listing(), ByMark(service(None), lambda line: line.name), COLUMNS)


async def test_a_reader_that_has_left_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)

        async def leave() -> None:
            os.close(reader)

        with pytest.raises(BrokenPipeError):
            await follow(
                Listing(), ByMark(service("a", "a"), lambda line: line.name), COLUMNS, pause=leave
            )
        monkeypatch.undo()


async def test_one_document_has_an_end_and_this_has_none() -> None:
    with pytest.raises(UsageError):
        await follow(Listing(Form.JSON), ByMark(service(), lambda line: line.name), COLUMNS)


@pytest.mark.parametrize("command", [["audit", "list"], ["keys", "refusals"]])
def test_both_lists_that_are_live_in_the_console_can_be_followed(
    command: list[str], unreachable: str, known: Known, run: Run
) -> None:
    assert run(*command, "--follow").code == 6
    assert run(*command, "--follow", "--json").code == 2


async def test_an_item_with_a_clock_ahead_hides_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    await watch(Listing(Form.JSONL), "z", "zb", "zcb", "zcb")

    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["z", "b", "c"]


class Log:
    """The audit logs of two workspaces; `at` is what the clock of whoever wrote an event said."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []
        self.copy = 0
        """The number of times that the database was put back, which its hashes tell."""
        self.failing: set[tuple[str, int]] = set()
        """The workspaces and sequences after which the next question has no answer."""

    def write(self, workspace: str, at: int) -> None:
        sequence = self.heads().get(workspace, 0) + 1
        self.events.append(
            AuditEvent(
                id=f"{workspace}-{sequence}",
                workspace_id=workspace,
                sequence=sequence,
                at=datetime.fromtimestamp(at, UTC),
                actor="ops@acme.example",
                action="key.revoked",
                target="kcp_0000000000000000",
                target_name="worker",
                detail={},
                request_id="req",
                hash=f"{self.copy}-{workspace}-{sequence}",
            )
        )

    def put_back(self, count: int) -> None:
        """Puts back a copy of the database that has the first events."""
        self.copy += 1
        del self.events[count:]

    def heads(self) -> dict[str, int]:
        return {event.workspace_id: event.sequence for event in self.events}

    async def list(self, _cursor: str | None, limit: int) -> Page[AuditEvent]:
        newest = sorted(self.events, key=lambda event: event.at, reverse=True)
        return Page[AuditEvent].model_construct(items=newest[:limit], next_cursor=None)

    async def audit(self, *, workspace: str, after: int, limit: int) -> Page[AuditEvent]:
        if (workspace, after) in self.failing:
            self.failing.remove((workspace, after))
            raise ServiceUnreachableError("It does not answer.")
        found = [each for each in self.events if each.workspace_id == workspace]
        new = [each for each in found if each.sequence > after][:limit]
        return Page[AuditEvent].model_construct(items=new, next_cursor=None)

    async def audit_checkpoint(self, workspace: str) -> AuditCheckpoint:
        of_it = [each for each in self.events if each.workspace_id == workspace]
        return AuditCheckpoint(
            workspace_id=workspace,
            count=len(of_it),
            head=of_it[-1].hash if of_it else "",
            at=datetime.fromtimestamp(0, UTC),
        )

    async def checkpoints(self) -> Iterable[AuditCheckpoint]:
        return [await self.audit_checkpoint(each) for each in self.heads()]

    def follow(self, head: AuditCheckpoint) -> LogFollower:
        return LogFollower(cast("KeyServiceClient", self), head)

    def followed(self) -> BySequence:
        return BySequence(self.list, self.checkpoints, self.follow)


async def test_events_are_new_by_sequence_in_every_workspace_and_none_comes_twice() -> None:
    log = Log()
    log.write("a", at=100)
    log.write("b", at=5_000)  # a clock far ahead
    newer = log.followed()
    assert [event.id for event in await newer(10)] == ["a-1", "b-1"]

    log.write("b", at=101)
    log.write("a", at=50)
    assert sorted(event.id for event in await newer(None)) == ["a-2", "b-2"]
    assert list(await newer(None)) == []

    for at in range(PAGE + 1):
        log.write("a", at=at)
    assert [event.sequence for event in await newer(None)] == list(range(3, PAGE + 4))


async def test_what_is_written_while_the_first_list_is_read_comes_once() -> None:
    log = Log()
    log.write("a", at=1)

    async def late(cursor: str | None, limit: int) -> Page[AuditEvent]:
        log.write("a", at=2)
        return await log.list(cursor, limit)

    newer = BySequence(late, log.checkpoints, log.follow)

    assert [event.id for event in await newer(10)] == ["a-1"]
    assert [event.id for event in await newer(None)] == ["a-2"]


@pytest.mark.parametrize("failing", [("b", 1), ("a", PAGE + 1)])
async def test_what_was_read_before_a_question_without_an_answer_is_not_lost(
    failing: tuple[str, int],
) -> None:
    log = Log()
    log.write("a", at=1)
    log.write("b", at=1)
    newer = log.followed()
    await newer(None)
    for workspace in ("a", "b"):
        for at in range(PAGE + 1):
            log.write(workspace, at=at)
    log.failing.add(failing)

    with pytest.raises(ServiceUnreachableError):
        await newer(None)

    assert len({event.id for event in await newer(None)}) == 2 * (PAGE + 1)


@pytest.mark.parametrize("later", [0, 1, 2])
async def test_a_log_that_was_put_back_ends_it_whatever_its_length(later: int) -> None:
    log = Log()
    for at in range(3):
        log.write("a", at=at)
    newer = log.followed()
    await newer(None)
    log.put_back(2)
    for at in range(later):
        log.write("a", at=at)

    with pytest.raises(LogReplacedError, match="put back from a backup"):
        await newer(None)


async def test_a_source_of_refused_keys_that_is_counted_from_one_again_is_new() -> None:
    said = {"public_key": "kcp_0000000000000000", "label": "worker", "integration_id": "int_1",
            "integration_name": "Salesforce", "reason": "key-revoked", "address": "203.0.113.9",
            "agent": "curl", "count": 1, "first_at": "2026-11-24T09:00:00Z"}  # fmt: skip
    times = iter(["2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z", "2026-11-24T10:00:00Z"])

    async def page(_cursor: str | None, _limit: int) -> Page[Refusal]:
        row = Refusal.model_validate(said | {"last_at": next(times)})
        return Page[Refusal].model_construct(items=[row], next_cursor=None)

    newer = ByMark(page, mark)

    assert [len(await newer(None)) for _ in range(3)] == [1, 1, 0]
