"""The arithmetic of limits, against what is promised of it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyconsole.core.limits import MOST_REQUESTS, MOST_SECONDS, Quota, QuotaPeriod, Rate
from keyconsole.service.clock import DAY, SECOND, milliseconds
from keyconsole.service.verification.key_limits import (
    Counter,
    QuotaCounter,
    RateCounter,
    period_of,
)

START = 20_000 * DAY

rates = st.builds(Rate, st.integers(1, 12), st.integers(1, 20))
gaps = st.lists(st.integers(0, 4_000), min_size=1, max_size=120)


def taken(counter: Counter, now: int) -> bool:
    if counter.wait(now):
        return False
    counter.take(now)
    return True


def allowed(rate: Rate, span: int) -> float:
    """The most requests in a span of so many milliseconds."""
    return rate.requests * (1 + span / (rate.seconds * SECOND))


@given(rates, gaps)
def test_in_no_span_more_is_let_through_than_the_formula_says(rate: Rate, gaps: list[int]) -> None:
    counter, now, passed = RateCounter("pid", rate), START, list[int]()
    for gap in gaps:
        now += gap
        if taken(counter, now):
            passed.append(now)

    for first, since in enumerate(passed):
        for last in range(first, len(passed)):
            assert last - first + 1 <= allowed(rate, passed[last] - since)


@given(rates, gaps)
def test_whoever_waits_as_long_as_told_is_let_through_and_nobody_waits_in_vain(
    rate: Rate, gaps: list[int]
) -> None:
    counter, now = RateCounter("pid", rate), START
    for gap in gaps:
        now += gap
        if seconds := counter.wait(now):
            assert counter.wait(now + (seconds - 1) * SECOND) == 1
            assert counter.wait(now + seconds * SECOND) == 0
        else:
            counter.take(now)


@given(rates, st.lists(st.tuples(st.integers(0, 2), st.integers(0, 900)), max_size=120))
def test_processes_that_share_are_never_more_than_one_share_beyond_the_formula(
    rate: Rate, requests: list[tuple[int, int]]
) -> None:
    processes = [RateCounter("pid", rate) for _ in range(3)]
    stored, now, shared_at = 0, START, START
    passed: list[int] = []
    for which, gap in requests:
        now += gap
        if now - shared_at >= SECOND:
            shared_at = now
            for each in processes:
                sent = each.send(now)
                stored = max(stored + sent.more, sent.least) if sent.more else stored
                each.confirm(stored, now)
            for each in processes:
                each.learn(stored, now)
        if taken(processes[which], now):
            passed.append(now)

    for first, since in enumerate(passed):
        for last in range(first, len(passed)):
            until = passed[last]
            offered = sum(until - SECOND <= at for at in passed[: last + 1])
            assert last - first + 1 <= allowed(rate, until - since) + offered


def test_one_process_that_shares_lets_through_exactly_what_it_would_alone() -> None:
    alone, sharing = (RateCounter("pid", Rate(10, 10)) for _ in range(2))
    stored = 0
    for step in range(300):
        now = START + step * 170 + 13 * (step % 7)
        if step % 5 == 0 and not sharing.is_written:
            sent = sharing.send(now)
            stored = max(stored + sent.more, sent.least)
            sharing.confirm(stored, now)
        assert taken(alone, now) == taken(sharing, now), step


def test_what_could_not_be_written_is_written_the_next_time() -> None:
    counter = RateCounter("pid", Rate(4, 4))
    assert all(taken(counter, START) for _ in range(2))
    counter.send(START)
    assert taken(counter, START)
    counter.put_back()

    sent = counter.send(START)

    assert (sent.more, sent.least) == (3 * 4_000, 4 * START + 3 * 4_000)
    counter.confirm(sent.least, START)
    assert counter.left(START) == '"rate";r=1;t=3'


def test_the_largest_numbers_stay_exact_and_fit_a_column() -> None:
    now = milliseconds(datetime(2261, 1, 1, tzinfo=UTC))
    for rate in (Rate(MOST_REQUESTS, 1), Rate(MOST_REQUESTS, MOST_SECONDS), Rate(1, MOST_SECONDS)):
        counter = RateCounter("pid", rate)
        assert [taken(counter, now) for _ in range(3)][: rate.requests] == [True] * min(3, rate[0])
        sent = counter.send(now)
        assert sent.least == now * rate.requests + sent.more
        assert sent.most < 2**63


@pytest.mark.parametrize("wrong", [30 * DAY, 400 * DAY])
def test_a_clock_that_was_ahead_does_not_shut_a_key_out(wrong: int) -> None:
    counter = RateCounter("pid", Rate(2, 60))
    assert taken(counter, START + wrong)
    sent = counter.send(START + wrong)

    assert taken(counter, START)
    counter.learn(sent.least, START)
    assert taken(counter, START)


@pytest.mark.parametrize(
    ("per", "last", "length"),
    [
        (QuotaPeriod.DAY, datetime(2026, 2, 28, 23, 59, 59, 999_000, UTC), 1),
        (QuotaPeriod.MONTH, datetime(2028, 2, 29, 23, 59, 59, 999_000, UTC), 29),
        (QuotaPeriod.MONTH, datetime(2026, 12, 31, 23, 59, 59, 999_000, UTC), 31),
    ],
)
def test_a_quota_ends_with_its_day_or_month_in_utc(
    per: QuotaPeriod, last: datetime, length: int
) -> None:
    now = milliseconds(last)
    counter = QuotaCounter("pid", Quota(2, per), now)
    assert taken(counter, now - 5_000)
    assert taken(counter, now - 5_000)
    assert counter.wait(now) == 1
    assert counter.wait(now - 5_000) == 6
    assert not counter.is_over(now)
    assert counter.is_over(now + 1)
    before, after = period_of(per, now), period_of(per, now + 1)
    assert before.ends_at == after.begins_at == now + 1
    assert before.ends_at - before.begins_at == length * DAY
    assert before.name != after.name
    assert counter.policy == f'"quota";q=2;w={length * 86_400}'
