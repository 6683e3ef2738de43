"""Lists end, whatever a service says of what comes next."""

import json

import pytest

from keyconsole.cli.lists import Form, Listing, write_list
from keyconsole.core.errors import UnexpectedAnswerError
from keyconsole.wire import KeyCounts, KeyPage, Page


@pytest.mark.parametrize("cursors", [["same", "same"], ["a", "b", "a"]])
async def test_a_cursor_that_comes_again_ends_the_list(cursors: list[str]) -> None:
    left = iter([*cursors, *cursors])

    async def fetch(_cursor: str | None, _limit: int) -> Page[KeyCounts]:
        return Page[KeyCounts](items=[KeyCounts()], next_cursor=next(left))

    with pytest.raises(UnexpectedAnswerError, match="repeats itself"):
        await write_list(Listing(Form.JSON), fetch, [], nothing="none")


async def test_an_empty_page_with_more_behind_it_ends_the_list() -> None:
    numbers = iter(range(1000))

    async def fetch(_cursor: str | None, _limit: int) -> Page[KeyCounts]:
        return Page[KeyCounts](items=[], next_cursor=str(next(numbers)))

    with pytest.raises(UnexpectedAnswerError, match="repeats itself"):
        await write_list(Listing(Form.JSON), fetch, [], nothing="none")


@pytest.mark.parametrize("form", list(Form))
async def test_a_capped_list_says_so_apart_from_the_data(
    form: Form, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fetch(_cursor: str | None, _limit: int) -> KeyPage:
        return KeyPage(items=[], order="-created_at", capped=True)

    await write_list(Listing(form), fetch, [], nothing="none")

    told = capsys.readouterr()
    assert "newest first. Narrow with env:, by: or status:." in told.err
    if form is Form.JSON:
        document = json.loads(told.out)
        assert (document["order"], document["capped"]) == ("-created_at", True)
