"""What breaks when a key dies."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from keyconsole.console.styled_text import width
from keyconsole.console.widgets.blast import blast_radius, hourly
from keyconsole.wire import Usage, UsageHour, UsageSource

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HOUR = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def usage(**known: Any) -> Usage:
    return Usage(public_key="kcp_7k2m4q9x0a1b2c3d", **known)


def source(address: str, first: timedelta, agent: str = "curl/8.4") -> UsageSource:
    return UsageSource(
        address=address,
        agent=agent,
        first_seen_at=AT - first,
        last_seen_at=AT,
        accepted=1234,
        refused=0,
    )


def drawn(known: Usage | None, failed: str = "", room: int = 100) -> str:
    return blast_radius(known, failed, AT, room).plain


def test_gaps_between_hours_count_as_none() -> None:
    hours = [
        UsageHour(hour=HOUR, accepted=3),
        UsageHour(hour=HOUR - timedelta(hours=2), accepted=5),
        UsageHour(hour=HOUR - timedelta(hours=30), accepted=9),
        UsageHour(hour=HOUR + timedelta(hours=1), accepted=7),  # a clock that is ahead
    ]

    assert hourly(usage(hours=hours), AT, 4) == [0, 5, 0, 3]


def test_use_that_is_not_known_yet_is_being_looked_up() -> None:
    assert "looking up" in drawn(None)


def test_use_that_cannot_be_known_says_so_and_why() -> None:
    text = drawn(None, "The service does not answer.")

    assert "USE NOT KNOWN" in text
    assert "does not answer" in text


def test_a_key_that_was_never_used_breaks_nothing() -> None:
    text = drawn(usage())

    assert "NEVER USED" in text
    assert "401" not in text


def test_a_key_in_use_says_how_much_and_that_it_will_be_refused() -> None:
    text = drawn(usage(last_used_at=AT - timedelta(seconds=2), last_hour=1412, last_day=1412))

    assert "IN USE NOW" in text
    assert "1,412 requests in the last hour" in text
    assert "401" in text


def test_one_request_is_not_many() -> None:
    assert "1 request in" in drawn(usage(last_used_at=AT, last_hour=1))


def test_a_quiet_key_is_not_in_use() -> None:
    text = drawn(usage(last_used_at=AT - timedelta(hours=4), last_day=7))

    assert "4 h ago" in text
    assert "IN USE" not in text


def test_a_key_used_fifty_nine_minutes_ago_is_in_use_even_if_the_hour_was_not_counted() -> None:
    text = drawn(usage(last_used_at=AT - timedelta(minutes=59)))

    assert "IN USE WITHIN THE HOUR" in text
    assert "Whoever comes again gets 401" in text


@pytest.mark.parametrize("ago", [timedelta(seconds=59), timedelta(minutes=59), timedelta(hours=2)])
def test_it_never_says_none_in_the_last_minute_of_a_key_in_use(ago: timedelta) -> None:
    text = drawn(usage(last_used_at=AT - ago, last_hour=481, last_day=481))

    assert "none in the last minute" not in text
    assert ("IN USE NOW" in text) is (ago < timedelta(minutes=1))


@pytest.mark.parametrize("off", [timedelta(minutes=-90), timedelta(), timedelta(minutes=90)])
def test_a_key_that_the_service_sees_in_use_is_in_use_whatever_the_clock_here_says(
    off: timedelta,
) -> None:
    known = usage(last_used_at=AT, last_minute=60, last_hour=481)

    text = blast_radius(known, "", AT + off, 100).plain

    assert "IN USE NOW" in text
    assert "at least 60 in the last minute" in text


def test_a_last_use_in_the_future_is_told_apart() -> None:
    text = drawn(usage(last_used_at=AT + timedelta(days=400)))

    assert "LAST USE IN THE FUTURE   last 29 Dec 27" in text


def test_three_sources_are_named_and_the_others_counted() -> None:
    sources = [source(f"10.1.4.{number}", timedelta(days=40)) for number in range(5)]
    text = drawn(usage(last_used_at=AT, last_hour=1, sources=sources))

    assert "10.1.4.2" in text
    assert "10.1.4.3" not in text
    assert "and 2 more sources" in text


def test_a_source_seen_first_today_stands_out_in_words() -> None:
    known = usage(last_used_at=AT, sources=[source("91.20.7.5", timedelta(minutes=6))])

    assert "first seen 6 min ago" in drawn(known)


def test_a_source_that_may_not_use_the_key_any_more_is_refused_now() -> None:
    sources = [source(address, timedelta(days=40)) for address in ("10.1.4.7", "91.20.7.5")]
    known = usage(last_used_at=AT, sources=[*sources, source("unknown", timedelta(minutes=1))])

    text = blast_radius(known, "", AT, 100, allowed=["10.1.0.0/16"]).plain

    lines = {line.split()[0]: line for line in text.split("\n")}
    assert "refused now" not in lines["10.1.4.7"]
    assert "◌ refused now" in lines["91.20.7.5"]
    assert "◌ refused now" in lines["unknown"]
    assert "refused now" not in drawn(known)


def test_no_line_is_wider_than_the_room_of_the_dialog() -> None:
    hostile = source("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", timedelta(days=40), "x" * 500)
    hours = [UsageHour(hour=HOUR, accepted=3)]
    known = usage(last_used_at=AT, last_hour=412, hours=hours, sources=[hostile])

    for room in (66, 90, 110):
        text = drawn(known, room=room)
        assert max(width([(line, "")]) for line in text.split("\n")) <= room
