"""All pages of a list, one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from keyconsole.core.errors import UnexpectedAnswerError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pydantic import BaseModel

    from keyconsole.wire import Page

ItemT = TypeVar("ItemT", bound="BaseModel")

Fetch: TypeAlias = Callable[[str | None, int], Awaitable["Page[ItemT]"]]
"""Returns the page from a cursor on, with at most so many items."""

PAGE = 500


async def pages(
    fetch: Fetch[ItemT], *, cursor: str | None = None, limit: int | None = None
) -> AsyncIterator[Page[ItemT]]:
    """Yields page after page from `cursor` on, at most `limit` items in all.

    Raises `UnexpectedAnswerError` where the list has no end, and whatever `fetch` raises.
    """
    seen = {cursor}
    while True:
        page = await fetch(cursor, PAGE if limit is None else min(PAGE, limit))
        yield page
        cursor = page.next_cursor
        if cursor is not None and (cursor in seen or not page.items):
            raise UnexpectedAnswerError("The service repeats itself: its list has no end.")
        seen.add(cursor)
        if limit is not None:
            limit -= len(page.items)
        if cursor is None or limit == 0:
            return
