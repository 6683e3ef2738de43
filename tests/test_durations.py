"""The one parser of durations, dates and times: what it reads, and what it says of the rest."""

from datetime import UTC, datetime, timedelta

import pytest

from keyconsole.core import durations
from keyconsole.core.durations import DAY, MINUTE, UnreadableTimeError
from keyconsole.core.errors import UsageError

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
UNREADABLE = ("", "soon", "-2h", "7", "1.5h", "٣d", "1h30m", "100000d", "30.06.2027", "2026-13-01",
              "2026-02-30", "25:00", "8:5", "2026-11-25T25:00", "99999y", "9999-12-31T23:59-14:00",
              "0001-01-01T00:00+14:00", "T", "7 fortnights")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30m", timedelta(minutes=30)),
        ("30 min", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
        (" 7 Days ", timedelta(days=7)),
        ("1 day", timedelta(days=1)),
        ("2w", timedelta(days=14)),
        ("3mo", timedelta(days=90)),
        ("3 months", timedelta(days=90)),
        ("1y", timedelta(days=365)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, length: timedelta) -> None:
    assert durations.duration(text) == length
    assert durations.ago(text, NOW) == NOW - length
    assert durations.ahead(text, NOW) == NOW + length


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("2026-12-01", "2026-12-01T00:00", "2026-12-02T00:00"),
        ("2026-12-1", "2026-12-01T00:00", "2026-12-02T00:00"),
        ("2026-11-25", "2026-11-25T00:00", "2026-11-26T00:00"),
        ("2026-12-01T10:00:00Z", "2026-12-01T10:00", "2026-12-01T10:00"),
        ("2026-12-01t10:00", "2026-12-01T10:00", "2026-12-01T10:00"),
        ("2026-12-01 10:00", "2026-12-01T10:00", "2026-12-01T10:00"),
        ("2026-12-01T10:00+02:00", "2026-12-01T08:00", "2026-12-01T08:00"),
        ("07:30", "2026-11-25T07:30", "2026-11-26T07:30"),
        ("18:00", "2026-11-24T18:00", "2026-11-25T18:00"),
        ("8:00Z", "2026-11-25T08:00", "2026-11-26T08:00"),
    ],
)
def test_a_date_begins_in_the_past_and_ends_in_the_future(
    text: str, before: str, after: str
) -> None:
    assert f"{durations.ago(text, NOW):%Y-%m-%dT%H:%M}" == before
    assert f"{durations.ahead(text, NOW):%Y-%m-%dT%H:%M}" == after


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_no_time_is_refused_in_one_sentence_that_does_not_repeat_it(text: str) -> None:
    forms = "takes 12h, 7d or 3mo, a date or a time: 2027-06-30, 2027-06-30T18:00."
    for read in (durations.ago, durations.ahead):
        with pytest.raises(UnreadableTimeError) as caught:
            read(text, NOW, "--when")
        assert caught.value.message == f"--when {forms}"
    with pytest.raises(UsageError, match=r"^--expires takes never, 12h, 7d or 3mo"):
        durations.expiry(text, NOW)
    with pytest.raises(UsageError, match=r"^created: takes a date or a time"):
        durations.period(text, "created:")


@pytest.mark.parametrize("text", ["", "soon", "2026-12-01", "18:00", "7"])
def test_what_is_no_duration_is_refused_with_the_units(text: str) -> None:
    with pytest.raises(UsageError, match=r"^Write 30m, 12h, 7d, 2w, 3mo or 1y\.$"):
        durations.duration(text)


@pytest.mark.parametrize("text", ["0m", "00d", "0 years"])
def test_a_duration_is_not_zero(text: str) -> None:
    for read in (durations.ago, durations.ahead):
        with pytest.raises(UsageError, match=r"^--when takes at least 1m, such as 30m\.$"):
            read(text, NOW, "--when")


def test_what_has_passed_is_not_to_come() -> None:
    for text in ("2026-11-24", "2026-11-25T08:00Z"):
        with pytest.raises(UsageError, match=r"^--until is in the past\.$") as caught:
            durations.ahead(text, NOW, "--until")
        assert not isinstance(caught.value, UnreadableTimeError)


def test_a_number_alone_counts_in_the_unit_of_its_field_and_nowhere_else() -> None:
    assert durations.ahead("45", NOW, unit=DAY) == NOW + 45 * DAY
    assert durations.ahead("2w", NOW, unit=DAY) == NOW + 14 * DAY
    with pytest.raises(UsageError, match="at least 1m"):
        durations.ahead("0", NOW, unit=DAY)
    with pytest.raises(UnreadableTimeError):
        durations.ahead("45", NOW)


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [("90", DAY, 90), ("2w", DAY, 14), ("48h", DAY, 2), ("30", MINUTE, 30), ("2h", MINUTE, 120)],
)
def test_a_count_is_a_number_or_a_duration_of_whole_units(
    text: str, unit: timedelta, number: int
) -> None:
    assert durations.count(text, unit) == number


@pytest.mark.parametrize("text", ["", "often", "0", "-1", "1.5", "36h", "2027-01-31"])
def test_what_is_no_whole_number_of_days_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--warning takes a whole number of days, such as 90"):
        durations.count(text, DAY, "--warning")


def test_never_is_no_expiry() -> None:
    assert durations.expiry(None, NOW) is None
    assert durations.expiry(" Never ", NOW) is None
    assert durations.expiry("90d", NOW) == NOW + 90 * DAY


def test_a_period_is_a_day_or_an_instant() -> None:
    start, end = durations.period("2026-01-31")
    assert (start, end - start) == (datetime(2026, 1, 31, tzinfo=UTC), DAY)
    start, end = durations.period("2026-01-31T06:00Z")
    assert (start, end - start) == (datetime(2026, 1, 31, 6, tzinfo=UTC), durations.INSTANT)


@pytest.mark.parametrize("whole", ["7d", "90d", "2026-11-01", "2026-11-01T06:00", "18:00"])
def test_the_beginning_of_a_time_may_become_one(whole: str) -> None:
    for size in range(1, len(whole)):
        part = whole[:size]
        try:
            durations.ago(part, NOW)
        except UnreadableTimeError:
            assert durations.is_begun(part), part
    assert not durations.is_begun("soon")
