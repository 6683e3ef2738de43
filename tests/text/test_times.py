"""Moments in words."""

from datetime import UTC, datetime, timedelta

import pytest

from keyconsole.text import times

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(days=-400), "29 Dec 27"),
        (timedelta(milliseconds=300), "now"),
        (timedelta(seconds=-5), "now"),  # clocks of two machines differ
        (timedelta(seconds=1), "1 s ago"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(seconds=60), "1 min ago"),
        (timedelta(seconds=99), "99 s ago"),
        (timedelta(seconds=119), "2 min ago"),
        (timedelta(minutes=59, seconds=59), "1 h ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(minutes=99), "99 min ago"),
        (timedelta(minutes=119), "2 h ago"),
        (timedelta(hours=23, minutes=59), "1 day ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(hours=25), "25 h ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(hours=71), "3 days ago"),
        (timedelta(days=6, hours=23), "7 days ago"),
        (timedelta(days=7), "17 Nov"),
        (timedelta(days=400), "20 Oct 25"),
    ],
)
def test_near_moments_are_relative_and_far_ones_dates(before: timedelta, words: str) -> None:
    assert times.ago(AT - before, AT) == words


def test_within_a_sentence_now_is_just_now() -> None:
    assert times.lately(AT, AT) == "just now"
    assert times.lately(AT - timedelta(hours=1), AT) == "1 h ago"
    assert times.lately(None, AT) == "never"


def test_no_length_in_words_is_off_by_a_quarter() -> None:
    sizes = {"s": 1, "min": 60, "h": 3600, "day": 86400, "days": 86400}
    for seconds in range(1, 7 * 86400, 59):
        count, unit = times.span(timedelta(seconds=seconds)).split()
        assert abs(int(count) * sizes[unit] - seconds) < seconds / 4


def test_what_never_happened_says_never() -> None:
    assert times.ago(None, AT) == "never"


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(0), "now"),
        (timedelta(seconds=-1), "now"),
        (timedelta(seconds=5), "in 5 s"),
        (timedelta(minutes=30), "in 30 min"),
        (timedelta(minutes=119), "in 2 h"),
        (timedelta(hours=47), "in 47 h"),
        (timedelta(hours=2), "in 2 h"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(days=30), "in 30 days"),
    ],
)
def test_moments_ahead_say_how_far(ahead: timedelta, words: str) -> None:
    assert times.until(AT + ahead, AT) == words


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(minutes=59, seconds=45), "in 1 h"),
        (timedelta(hours=23, minutes=45), "in 1 day"),
    ],
)
def test_what_is_rounded_up_to_the_next_unit_is_said_in_it(ahead: timedelta, words: str) -> None:
    assert times.until(AT + ahead, AT) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (AT - timedelta(hours=9), "today"),
        (AT - timedelta(hours=10), "yesterday"),
        (datetime(2026, 3, 12, tzinfo=UTC), "12 Mar"),
        (datetime(2025, 6, 9, tzinfo=UTC), "9 Jun 25"),
    ],
)
def test_a_day_is_named_in_the_persons_time_zone(moment: datetime, words: str) -> None:
    assert times.day(moment, AT) == words


def test_exact_moments_are_utc_whatever_zone_they_came_in() -> None:
    moment = datetime.fromisoformat("2026-11-24T10:00:01.234567+01:00")

    assert times.exact(moment) == "2026-11-24 09:00:01 UTC"
    assert times.precise(moment) == "2026-11-24 09:00:01.234 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, ""),
        (119, ""),
        (-119, ""),
        (120, "2 min fast"),
        (3600, "1 h fast"),
        (-3700, "62 min slow"),
        (86400 * 3, "3 days fast"),
    ],
)
def test_a_clock_is_off_once_it_matters(seconds: int, words: str) -> None:
    there = datetime(2026, 11, 24, 9, tzinfo=UTC)

    assert times.off(there + timedelta(seconds=seconds), there) == words
