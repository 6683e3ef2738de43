"""Lists end, whatever a service says of what comes next."""

import pytest

from keyconsole.cli.lists import Form, Listing, write_list
from keyconsole.errors import UnexpectedAnswerError
from keyconsole.wire import KeyCounts, Page


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
