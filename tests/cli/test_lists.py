"""Lists end, whatever a service says of what comes next."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.cli.conftest import Known, Run

from keyconsole.cli.lists import Form, Listing, write_list
from keyconsole.core.errors import UnexpectedAnswerError
from keyconsole.text.export_files import (
    ATTENTION,
    EVENTS,
    FINDINGS,
    INTEGRATIONS,
    INVITATIONS,
    KEYS,
    MEMBERS,
    REFUSALS,
    ROTATIONS,
    SOURCES,
    TOKENS,
    ExportFile,
)
from keyconsole.wire import KeyCounts, KeyPage, Page, UsageSource

EMPTY: ExportFile[Any] = ExportFile([])
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
SOURCE = UsageSource(
    address="10.1.4.7",
    agent="=curl\x9b",
    first_seen_at=AT,
    last_seen_at=AT,
    accepted=1234,
    refused=0,
)


@pytest.mark.parametrize("cursors", [["same", "same"], ["a", "b", "a"]])
async def test_a_cursor_that_comes_again_ends_the_list(cursors: list[str]) -> None:
    left = iter([*cursors, *cursors])

    async def fetch(_cursor: str | None, _limit: int) -> Page[KeyCounts]:
        return Page[KeyCounts](items=[KeyCounts()], next_cursor=next(left))

    with pytest.raises(UnexpectedAnswerError, match="repeats itself"):
        await write_list(Listing(Form.JSON), fetch, EMPTY, nothing="none")


async def test_an_empty_page_with_more_behind_it_ends_the_list() -> None:
    numbers = iter(range(1000))

    async def fetch(_cursor: str | None, _limit: int) -> Page[KeyCounts]:
        return Page[KeyCounts](items=[], next_cursor=str(next(numbers)))

    with pytest.raises(UnexpectedAnswerError, match="repeats itself"):
        await write_list(Listing(Form.JSON), fetch, EMPTY, nothing="none")


@pytest.mark.parametrize("form", list(Form))
async def test_a_capped_list_says_so_apart_from_the_data(
    form: Form, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fetch(_cursor: str | None, _limit: int) -> KeyPage:
        return KeyPage(items=[], order="-created_at", capped=True)

    await write_list(Listing(form), fetch, EMPTY, nothing="none")

    told = capsys.readouterr()
    assert "newest first. Narrow with env:, by: or status:." in told.err
    if form is Form.JSON:
        document = json.loads(told.out)
        assert (document["order"], document["capped"]) == ("-created_at", True)


async def sources(_cursor: str | None, _limit: int) -> Page[UsageSource]:
    return Page[UsageSource](items=[SOURCE, SOURCE.model_copy(update={"agent": ""})])


async def test_a_list_for_a_spreadsheet_is_what_the_console_saves(
    capsys: pytest.CaptureFixture[str],
) -> None:
    await write_list(Listing(Form.CSV), sources, SOURCES, nothing="none")

    [head, first, _] = csv.reader(io.StringIO(capsys.readouterr().out))
    assert tuple(head) == SOURCES.names
    assert first == [*SOURCES.cells(SOURCE)[:1], "'=curl\x9b", *SOURCES.cells(SOURCE)[2:]]
    assert first[-2:] == ["1234", "0"]


async def test_a_plain_list_is_a_line_a_value_without_glyphs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    await write_list(Listing(Form.PLAIN), sources, SOURCES, nothing="none")

    first, second = capsys.readouterr().out.split("\n\n")
    assert first.splitlines()[0] == "From: 10.1.4.7"
    assert first.splitlines()[-2:] == ["Let in: 1,234", "Refused: 0"]
    assert "With" in first
    assert "With" not in second
    assert "–" not in second


LISTS: dict[str, ExportFile[Any]] = {
    "keys list": KEYS,
    "keys audit": FINDINGS,
    "keys refusals": REFUSALS,
    "keys rotations": ROTATIONS,
    "keys usage api-gateway-prod": SOURCES,
    "integrations list": INTEGRATIONS,
    "audit list": EVENTS,
    "members list": MEMBERS,
    "tokens list": TOKENS,
    "invitations list": INVITATIONS,
    "attention": ATTENTION,
}


def test_every_list_is_written_for_a_spreadsheet_with_the_names_of_the_console(
    unchanged: str, known: Known, run: Run
) -> None:
    for command, file in LISTS.items():
        asked = command.split()
        done = run(*asked, "--csv")
        assert tuple(next(csv.reader(io.StringIO(done.out)))) == file.names, command
        assert run(*asked, "--format", "csv").out == done.out
        assert "–" not in run(*asked, "--plain").out
        both = run(*asked, "--csv", "--json")
        assert (both.code, both.out) == (2, "")
    assert "api-gateway-prod" in run("keys", "list", "--csv").out
    assert "Label: api-gateway-prod" in run("keys", "list", "--plain").out
