"""Use over time, ready to be drawn or listed: a count for every step, zero where nothing came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from keyconsole.text import times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyconsole.wire import Usage, UsagePoint, UsageSeries

HOURLY = 7 * 24
RANGES = {"24 h": 24, "7 d": HOURLY, "30 d": 30 * 24, "90 d": 90 * 24}
"""The hours that a series can be asked for in the console, by their words."""
HOUR = timedelta(hours=1)
_MOST_STEPS = 2_160


@dataclass(frozen=True, slots=True)
class Step:
    """The requests from `at` until the next step; `refused` counts by problem code."""

    at: datetime
    accepted: int
    refused: dict[str, int]


@dataclass(frozen=True, slots=True)
class Series:
    """Steps of the same length, the oldest first; there is at least one.

    Some sources of a series count only what was let in: it `knows_refused` then not.
    """

    steps: Sequence[Step]
    length: timedelta
    damaged: int = 0
    knows_refused: bool = True

    @property
    def accepted(self) -> int:
        """The requests that were let in."""
        return sum(step.accepted for step in self.steps)

    @property
    def refused(self) -> dict[str, int]:
        """The requests that were refused, by problem code, the most frequent first."""
        counts: dict[str, int] = {}
        for step in self.steps:
            for reason, count in step.refused.items():
                counts[reason] = counts.get(reason, 0) + count
        return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))

    @property
    def is_empty(self) -> bool:
        """True if there was no request."""
        return not self.accepted and not any(self.refused.values())

    @property
    def busiest(self) -> Step:
        """The step in which most was let in, the first of several."""
        return max(self.steps, key=lambda step: step.accepted)

    @property
    def is_daily(self) -> bool:
        """True if its steps are days, or longer."""
        return self.length >= HOUR * 24

    def merged(self, most: int) -> Series:
        """Returns a series of at most `most` steps, each a whole number of these, the last whole.

        The first one may count fewer of them.
        """
        size = -(-len(self.steps) // max(1, most))
        if size == 1:
            return self
        first = len(self.steps) % size or size
        starts = [0, *range(first, len(self.steps), size)]
        groups = [
            self.steps[start:end]
            for start, end in zip(starts, [*starts[1:], len(self.steps)], strict=True)
        ]
        steps = [
            Step(some[0].at, (part := Series(some, self.length)).accepted, part.refused)
            for some in groups
        ]
        return Series(steps, self.length * size, self.damaged)


def of_points(found: UsageSeries) -> Series:
    """Returns the series that a service answered; steps that it left out are empty."""
    length = HOUR * max(1, min(found.step_hours, 24))
    count = max(1, min(round((found.until - found.since) / length), _MOST_STEPS))
    return _filled(found.points, found.since, length, count, found.damaged)


def of_hours(usage: Usage, at: datetime, hours: int) -> Series:
    """Returns the last hours of a key from those of 30 days, as an older service answers them."""
    from keyconsole.wire import UsagePoint

    points = [
        UsagePoint(at=each.hour, accepted=each.accepted, refused=each.refused)
        for each in usage.hours
    ]
    length = HOUR if hours <= HOURLY else HOUR * 24
    count = -(-hours // round(length / HOUR))
    return _filled(points, _floor(at, length) - length * (count - 1), length, count)


def of_counts(counts: Sequence[int], at: datetime) -> Series:
    """Returns a series of requests that were let in an hour, the last one under way at `at`."""
    begin = _floor(at, HOUR) - HOUR * (len(counts) - 1)
    steps = [Step(begin + HOUR * index, count, {}) for index, count in enumerate(counts)]
    return Series(steps or [Step(_floor(at, HOUR), 0, {})], HOUR, knows_refused=False)


def days_of(series: Series, at: datetime) -> int:
    """Returns how many days of UTC a series touches until `at`."""
    begin = series.steps[0].at.astimezone(UTC).date()
    return max(1, (at.astimezone(UTC).date() - begin).days + 1)


def _floor(at: datetime, length: timedelta) -> datetime:
    since = at.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return at.astimezone(UTC) - since % length


def _filled(
    points: Sequence[UsagePoint], since: datetime, length: timedelta, count: int, damaged: int = 0
) -> Series:
    accepted = [0] * count
    refused: list[dict[str, int]] = [{} for _ in range(count)]
    for point in points:
        index = (point.at - since) // length
        if 0 <= index < count:
            accepted[index] += point.accepted
            for reason, times_refused in point.refused.items():
                refused[index][reason] = refused[index].get(reason, 0) + times_refused
    counted = zip(accepted, refused, strict=True)
    steps = [Step(since + length * index, *counts) for index, counts in enumerate(counted)]
    return Series(steps, length, damaged)


def begins(step: Step, length: timedelta, at: datetime) -> str:
    """Returns when a step begins: a time of day here, or a day of UTC for steps of days."""
    if length < HOUR * 24:
        return f"{times.day(step.at, at)} {step.at.astimezone():%H:%M}"
    day = step.at.astimezone(UTC)
    return f"{day:%a} {times.date(day, at)}"
