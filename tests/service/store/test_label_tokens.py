"""The tokens of a text are few, those of one workspace, and those of its labels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyconsole.core.safetext import MAX_LABEL
from keyconsole.service.store.label_tokens import (
    MOST_TOKENS,
    TokenQuery,
    token_query,
)


@given(st.text(min_size=3, max_size=MAX_LABEL), st.integers(1, 10**6))
def test_a_text_has_few_tokens_each_of_them_its_own_and_of_the_workspace(
    text: str, number: int
) -> None:
    asked = token_query(number, text, None)
    assert asked is not None
    assert 1 <= len(asked.label) <= MOST_TOKENS
    for token in asked.label:
        assert token.removeprefix(f"{number}x") in text


@pytest.mark.parametrize(("text", "pid_part"), [("", None), ("ab", None), ("kcp_ab", "ab")])
def test_a_short_text_has_no_tokens(text: str, pid_part: str | None) -> None:
    assert token_query(7, text, pid_part) is None


def test_the_end_of_a_public_key_is_one_of_two_tokens() -> None:
    assert token_query(7, "kcp_6g3k", "6g3k") == TokenQuery(
        ("7x6g3", "7x_6g", "7xcp_", "7xg3k", "7xkcp", "7xp_6"), ("7h6g3", "7tg3k")
    )
