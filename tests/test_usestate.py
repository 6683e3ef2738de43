"""When a key counts as in use."""

from datetime import UTC, datetime, timedelta

import pytest

from keyconsole.core.usestate import WORDS, UseState, use_state

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "state"),
    [
        (-86401, UseState.AHEAD),
        (-86400, UseState.NOW),
        (-5, UseState.NOW),
        (0, UseState.NOW),
        (59.9, UseState.NOW),
        (60, UseState.RECENT),
        (3599, UseState.RECENT),
        (3600, UseState.QUIET),
        (86400 * 400, UseState.QUIET),
    ],
)
def test_a_use_is_now_for_a_minute_and_recent_for_an_hour(seconds: float, state: UseState) -> None:
    assert use_state(AT - timedelta(seconds=seconds), AT) is state


def test_a_key_without_a_use_was_never_used() -> None:
    assert use_state(None, AT) is UseState.NEVER


def test_only_a_use_within_the_hour_counts_as_used() -> None:
    assert [state for state in UseState if state.is_used] == [UseState.NOW, UseState.RECENT]


def test_every_state_has_words_of_its_own() -> None:
    assert len({WORDS[state] for state in UseState}) == len(UseState)
