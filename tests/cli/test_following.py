"""`--follow`: what is new in a list, once, the newest last, whatever becomes of the service."""

import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator

import pytest
from pydantic import BaseModel
from tests.cli.conftest import Known, Run

from keyconsole.cli.following import follow
from keyconsole.cli.lists import Column, Form, Listing
from keyconsole.errors import ServiceUnreachableError, UsageError
from keyconsole.wire import Page

COLUMNS: list[Column["Line"]] = [
    Column("NAME", lambda line: line.name),
    Column("N", lambda _: "1"),
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
            listing, service(*answers), COLUMNS, lambda line: line.name, pause=rounds(len(answers))
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
        await follow(Listing(), service(None), COLUMNS, lambda line: line.name)


async def test_a_reader_that_has_left_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)

        async def leave() -> None:
            os.close(reader)

        with pytest.raises(BrokenPipeError):
            await follow(Listing(), service("a", "a"), COLUMNS, lambda line: line.name, pause=leave)
        monkeypatch.undo()


async def test_one_document_has_an_end_and_this_has_none() -> None:
    with pytest.raises(UsageError):
        await follow(Listing(Form.JSON), service(), COLUMNS, lambda line: line.name)


@pytest.mark.parametrize("command", [["audit", "list"], ["keys", "refusals"]])
def test_both_lists_that_are_live_in_the_console_can_be_followed(
    command: list[str], unreachable: str, known: Known, run: Run
) -> None:
    assert run(*command, "--follow").code == 6
    assert run(*command, "--follow", "--json").code == 2
