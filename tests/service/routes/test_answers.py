"""What an answer is made of."""

import asyncio
import json

import pytest
from fastapi import Request

from keyconsole.service.routes import answers
from keyconsole.service.routes.answers import answer, listing
from keyconsole.wire import Answer, Page


class Item(Answer):
    name: str


def test_no_character_that_a_terminal_obeys_is_in_an_answer_as_it_is() -> None:
    hostile = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x200B, 0x2028, 0x1F600]))
    body = bytes(answer(Page[str](items=[hostile, '"\\'])).body)
    assert all(0x20 <= byte < 0x7F for byte in body)
    assert json.loads(body)["items"] == [hostile, '"\\']


def a_request() -> Request:
    return Request({"type": "http", "method": "GET", "path": "/", "headers": []})


@pytest.mark.parametrize("count", [0, 1, 3])
async def test_a_page_is_encoded_item_by_item_as_it_would_be_at_once(count: int) -> None:
    page = Page[Item](items=[Item(name='"items":[]')] * count, next_cursor='"items":[]')
    found = await listing(a_request(), page)
    assert bytes(found.body) == bytes(answer(page).body)


async def test_others_go_on_while_a_page_is_encoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "_TURN_SECONDS", 0)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    await listing(a_request(), Page[Item](items=[Item(name="one")] * 20))
    task.cancel()
    assert turns >= 20
