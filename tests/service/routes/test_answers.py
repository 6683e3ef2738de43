"""What an answer is made of."""

import json

from keyconsole.service.routes.answers import answer
from keyconsole.wire import Page


def test_no_character_that_a_terminal_obeys_is_in_an_answer_as_it_is() -> None:
    hostile = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x200B, 0x2028, 0x1F600]))
    body = bytes(answer(Page[str](items=[hostile, '"\\'])).body)
    assert all(0x20 <= byte < 0x7F for byte in body)
    assert json.loads(body)["items"] == [hostile, '"\\']
