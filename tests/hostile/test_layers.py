"""Each of the three layers alone, against every name: refused, made visible, stopped at output."""

import unicodedata

import pytest
from rich.segment import Segment
from tests.hostile.names import MARKUP, generate
from textual.color import Color

from keyconsole.console.terminal.output_filter import OutputFilter
from keyconsole.core import safetext

NAMES = generate(2_000)
SURROGATES = [f"a{chr(code)}b" for code in (0xD800, 0xDBFF, 0xDC00, 0xDFFF)]


def acts_or_hides(text: str) -> bool:
    """Judged by Unicode alone, not by the rule that is tested."""
    stack = 0
    for character in text:
        category = unicodedata.category(character)
        stack = stack + 1 if unicodedata.combining(character) else 0
        if category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} or stack > 2:
            return True
    return False


def test_they_are_hostile() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert sum(acts_or_hides(name) for name in NAMES) > 1_700


@pytest.mark.parametrize("names", [NAMES, SURROGATES], ids=["generated", "surrogates"])
def test_the_service_refuses_every_one(names: list[str]) -> None:
    passed = [ascii(name) for name in names if safetext.name_problem(name) is None]

    assert passed == []


@pytest.mark.parametrize("names", [NAMES, SURROGATES], ids=["generated", "surrogates"])
def test_the_client_shows_every_one(names: list[str]) -> None:
    for name in names:
        shown = safetext.show(name)
        assert not acts_or_hides(shown), ascii(name)
        assert safetext.is_marked(shown), ascii(name)


@pytest.mark.parametrize("names", [NAMES, SURROGATES], ids=["generated", "surrogates"])
def test_the_last_guard_lets_none_through(names: list[str]) -> None:
    for name in names:
        (segment,) = OutputFilter().apply([Segment(name)], Color(0, 0, 0))
        assert not acts_or_hides(segment.text), ascii(name)


@pytest.mark.parametrize("text", MARKUP)
def test_what_is_only_markup_is_a_name_like_any_other(text: str) -> None:
    assert safetext.name_problem(text) is None
    assert safetext.show(text) is text
