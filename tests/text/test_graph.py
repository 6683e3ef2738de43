"""Graphs of use: a bar for every step, axes with round numbers, a line for each reason."""

from datetime import UTC, datetime, timedelta

import pytest

from keyconsole.text import use
from keyconsole.text.graph import graph
from keyconsole.text.runs import plain
from keyconsole.text.series import Series, Step, begins, of_counts, of_hours, of_points
from keyconsole.wire import OtherSources, Usage, UsageHour, UsagePoint, UsageSeries, UsageSource

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def point(at: datetime, accepted: int = 0, **refused: int) -> UsagePoint:
    named = {reason.replace("_", "-"): count for reason, count in refused.items()}
    return UsagePoint(at=at, accepted=accepted, refused=named)


def answered(points: list[UsagePoint], steps: int, step_hours: int = 1) -> UsageSeries:
    step = HOUR * step_hours
    until = datetime(2026, 11, 25, tzinfo=UTC) if step_hours == 24 else AT.replace(minute=0) + HOUR
    nothing = point(AT)
    return UsageSeries(
        step_hours=step_hours,
        since=until - step * steps,
        until=until,
        points=points,
        last_day=nothing,
        day_before=nothing,
    )


def drawn(series: Series, room: int, height: int = 4, reasons: int = 3) -> list[str]:
    return [plain(line) for line in graph(series, room, height, AT, reasons=reasons)]


def test_bars_stand_on_an_axis_with_a_round_scale_and_times() -> None:
    lines = drawn(of_counts([0, 1, 500, 700], AT), 29)
    assert lines == [
        "    800 ┤               ▄▄▄▄ ",
        "        │          ▄▄▄▄ ████ ",
        "    400 ┤          ████ ████ ",
        "        │     ▁▁▁▁ ████ ████ ",
        "      0 └────────────────────",
        "                   08:00  now",
    ]


def test_each_reason_has_a_line_and_a_word_of_its_own() -> None:
    hour = AT.replace(minute=0)
    series = of_points(
        answered([point(hour - HOUR, 8, key_revoked=4, ip_not_allowed=1), point(hour, 4)], 3)
    )
    lines = drawn(series, 60)
    assert lines[4].startswith("✕ revoked         4 ┤")
    assert lines[5].startswith("◌ address         1 ┤")
    assert [line[21:].find("█") for line in (lines[0], lines[4])] == [5, 5]
    folded = drawn(series, 60, reasons=1)
    assert folded[4].startswith("· others          5 ┤")


def test_steps_that_have_no_room_are_drawn_together_and_none_is_lost() -> None:
    series = of_counts(list(range(24)), AT)
    merged = series.merged(7)
    assert [step.accepted for step in merged.steps] == [0 + 1 + 2 + 3, 22, 38, 54, 70, 86]
    assert (merged.length, merged.accepted) == (4 * HOUR, series.accepted)
    assert series.merged(24) is series
    assert [len(line) <= 20 for line in drawn(series, 20)] == [True] * 6


@pytest.mark.parametrize("room", [1, 10, 21, 40, 120, 400])
def test_no_line_is_longer_than_the_room_of_a_terminal(room: int) -> None:
    days = [point(AT - DAY * back, 10**12, key_revoked=10**11) for back in range(90)]
    series = of_points(answered(days, 90, 24))
    assert max(map(len, drawn(series, room))) <= max(room, 22)


def test_gaps_are_zero_and_points_elsewhere_are_left_out() -> None:
    hour = AT.replace(minute=0)
    found = answered([point(hour - 9 * HOUR, 5), point(hour - HOUR, 2), point(hour + HOUR, 3)], 3)
    assert [step.accepted for step in of_points(found).steps] == [0, 2, 0]
    hostile = found.model_copy(update={"step_hours": 0, "until": found.since + 9_000 * DAY})
    assert len(of_points(hostile).steps) == 2_160
    backwards = found.model_copy(update={"until": found.since - DAY})
    assert len(of_points(backwards).steps) == 1


def test_an_older_service_gives_a_series_of_its_hours() -> None:
    hours = [
        UsageHour(hour=AT.replace(minute=0) - HOUR, accepted=4, refused={"key-expired": 1}),
        UsageHour(hour=AT.replace(minute=0) - 26 * HOUR, accepted=9),
    ]
    usage = Usage(public_key="kcp_0000000000000000", hours=hours)
    day = of_hours(usage, AT, 24)
    assert (len(day.steps), day.accepted, day.refused) == (24, 4, {"key-expired": 1})
    month = of_hours(usage, AT, 30 * 24)
    assert [step.accepted for step in month.steps][-2:] == [9, 4]
    assert month.steps[-1].at == datetime(2026, 11, 24, tzinfo=UTC)


def test_a_step_says_when_it_begins() -> None:
    step = Step(datetime(2026, 11, 23, 22, tzinfo=UTC), 0, {})
    assert begins(step, HOUR, AT) == "yesterday 22:00"
    assert begins(step, DAY, AT) == "Mon 23 Nov"


def source(address: str, first_seen: timedelta) -> UsageSource:
    return UsageSource(
        address=address,
        agent="curl",
        first_seen_at=AT - first_seen,
        last_seen_at=AT,
        accepted=1,
        refused=0,
    )


def test_what_changed_is_told_the_strangest_first() -> None:
    found = answered([], 3).model_copy(
        update={
            "last_day": point(AT, 120, key_revoked=7, ip_not_allowed=2),
            "day_before": point(AT, 100, ip_not_allowed=3),
        }
    )
    sources = [source("203.0.113.66", HOUR), source("10.1.4.7", 3 * DAY)]
    assert [plain(line) for line in use.changes(found, sources, AT)] == [
        "✕ new source 203.0.113.66",
        "✕ revoked 7, new   ◌ address 2, 3 the day before",
        "Last day 120 let in, 20 % more than the day before",
    ]


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        (3, 0, "Last day 3 let in, none the day before"),
        (0, 4, "Last day 0 let in, 100 % less than the day before"),
        (5, 5, "Last day 5 let in, as much as the day before"),
        (500, 5, "Last day 500 let in, 100 times the day before"),
    ],
)
def test_the_last_day_is_compared(now: int, before: int, told: str) -> None:
    found = answered([], 3).model_copy(
        update={"last_day": point(AT, now), "day_before": point(AT, before)}
    )
    assert [plain(line) for line in use.changes(found, [], AT)] == [told]
    assert use.changes(answered([], 3), [], AT) == []


def test_others_and_damage_have_a_sentence() -> None:
    others = OtherSources(sources=1200, accepted=5000, refused=3, last_seen_at=AT)
    assert use.others(others) == "others (about 1,200)   5,000 let in, 3 refused"
    series = of_counts([1], AT)
    assert use.damaged(series) == ""
    assert use.damaged(Series(series.steps, HOUR, 2)) == (
        "2 counts of the database are damaged: they are left out here."
    )
    assert plain(use.sums(series, AT)) == "Let in 1   most 1 in the hour of today 09:00"
    known = of_points(answered([point(AT - DAY, 3, key_revoked=2)], 4, 24))
    assert plain(use.sums(known, AT)) == "Let in 3   refused 2   most 3 on Mon 23 Nov"
