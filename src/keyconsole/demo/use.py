"""The use of the sample keys, as the rows that the recorder would have written and kept.

Hours go back 90 days. A key that went quiet before that has its last use, and its sources.
"""

import random
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from keyconsole.demo.notable import IN_TROUBLE, STRANGER
from keyconsole.demo.plan import Pattern, SampleKey
from keyconsole.service.clock import DAY, HOUR, MINUTE, SECOND
from keyconsole.service.store.usage import ACCEPTED

KEPT = 90 * DAY
STRANGER_REQUESTS = 5

_RHYTHM = (
    0.18, 0.15, 0.13, 0.12, 0.13, 0.17, 0.28, 0.46, 0.72, 0.90, 0.97, 1.00,
    0.92, 0.95, 1.00, 0.98, 0.93, 0.82, 0.64, 0.52, 0.43, 0.35, 0.28, 0.22,
)  # fmt: skip
_WEEKEND = 0.38
_EPOCH_WEEKDAY = 3  # 1970 began on a Thursday
_OFFICE = range(8 * HOUR, 18 * HOUR, HOUR)
_NIGHT = (1 * HOUR, 2 * HOUR, 3 * HOUR, 22 * HOUR)
_BY_DAY = frozenset({Pattern.ALWAYS, Pattern.OFFICE})
_RARELY = 0.12
_DAYS_BEFORE_QUIET = 4

HourRow = tuple[str, int, str, int]
SourceRow = tuple[str, str, str, int, int, int, int]
DayRow = tuple[str, str, str, int, int]
RefusalRow = tuple[str, str, tuple[str, str], int, int, int]


@dataclass(frozen=True, slots=True)
class Use:
    """The use of a key; `last_at` is 0 for one that was never let through."""

    hours: list[HourRow]
    sources: list[SourceRow]
    last_at: int = 0
    last_source: str | None = None
    refusals: list[RefusalRow] = field(default_factory=list)
    days: list[DayRow] = field(default_factory=list)

    @property
    def addresses(self) -> int:
        """Returns the number of addresses that it came from."""
        return len({row[1] for row in self.sources})


def rhythm(at: int) -> float:
    """The part of its pace that a busy key has at an hour of the week."""
    return _RHYTHM[at % DAY // HOUR] * (1.0 if weekday(at) < 5 else _WEEKEND)


def weekday(at: int) -> int:
    """The day of the week, Monday is 0."""
    return (at // DAY + _EPOCH_WEEKDAY) % 7


def use_of(
    chance: random.Random, pid: str, key: SampleKey, created: int, ended: int, now: int
) -> Use:
    """The use of a key that was made at `created` and used until `ended`."""
    if key.pattern is Pattern.NEVER:
        return Use([], [])
    first = created + chance.randrange(5 * MINUTE, 30 * MINUTE)
    if first >= ended:
        return Use([], [])
    hours = list(_hours(chance, key, first, ended)) or list(_last_days(chance, key, first, ended))
    last_hour = hours[-1][0]
    latest = min(ended, last_hour + HOUR) - 1
    since_last = chance.randrange(1, 12) * SECOND if key.pattern is Pattern.ALWAYS else None
    if since_last is None:
        last_at = chance.randrange(max(last_hour, first), latest + 1)
    else:
        last_at = max(latest - since_last, last_hour, first)
    rows = [(pid, hour, ACCEPTED, count) for hour, count in hours]
    span = max(1.0, (ended - first) / (ended - hours[0][0] + HOUR))
    total = round(sum(count for _, count in hours) * span)
    sources = _sources(chance, pid, key, (first, last_at, now), total)
    refusals: list[RefusalRow] = []
    days = _days(sources, hours)
    if key.refused is not None:
        refused = list(_refused(chance, key.refused[1], ended, now))
        rows += [(pid, hour, key.refused[0], count) for hour, count in refused]
        if refused:
            sources[0] = _presented(sources[0], refused)
            refusals.append(_refusal(key.refused[0], sources[0], refused[0][0]))
            days += _days(sources[:1], refused)
    if key is IN_TROUBLE:
        _stranger(pid, rows, sources, now)
        days += _days(sources[-1:], [(rows[-1][1], STRANGER_REQUESTS)])
    kept = [row for row in sorted(rows) if row[1] >= now - KEPT]
    days = [row for row in _together(days) if row[3] >= now - KEPT]
    return Use(kept, sources, last_at, key.sources[0].address, refusals, days)


def _hours(
    chance: random.Random, key: SampleKey, first: int, ended: int
) -> Iterator[tuple[int, int]]:
    """The hours within the kept days, with their counts."""
    earliest = max(first, ended - KEPT)
    start = earliest - earliest % HOUR
    draw, pace, varies = chance.random, key.pace, key.pattern in _BY_DAY
    for hour in _busy_hours(chance, key.pattern, start, ended):
        count = int(pace * (rhythm(hour) if varies else 1.0) * (0.7 + 0.6 * draw()))
        if hour + HOUR > ended:
            count = count * (ended - hour) // HOUR
        if count or key.pattern is Pattern.ALWAYS:
            yield hour, count or 1


def _busy_hours(chance: random.Random, pattern: Pattern, start: int, ended: int) -> Iterator[int]:
    """The hours from `start` until `ended` in which a key of this pattern is used."""
    midnight = start - start % DAY
    match pattern:
        case Pattern.ALWAYS:
            yield from range(start, ended, HOUR)
            return
        case Pattern.OFFICE:
            workdays = (day for day in range(midnight, ended, DAY) if weekday(day) < 5)
            hours: Iterable[int] = (day + hour for day in workdays for hour in _OFFICE)
        case Pattern.RARE:
            days = (day for day in range(midnight, ended, DAY) if chance.random() < _RARELY)
            hours = (day + chance.choice(_OFFICE) for day in days)
        case _:
            step = DAY if pattern is Pattern.NIGHTLY else 7 * DAY
            night = chance.choice(_NIGHT) + chance.randrange(7) * DAY
            hours = range(midnight - 6 * DAY + night, ended, step)
    yield from (hour for hour in hours if start <= hour < ended)


def _last_days(
    chance: random.Random, key: SampleKey, first: int, ended: int
) -> Iterator[tuple[int, int]]:
    """A few hours before the end, for a key whose pattern left none."""
    last = ended - 1 - (ended - 1) % HOUR
    for days in range(_DAYS_BEFORE_QUIET, -1, -1):
        hour = last - days * DAY
        if hour >= first - first % HOUR:
            yield hour, max(1, int(key.pace * (0.3 + chance.random())))


def _sources(
    chance: random.Random, pid: str, key: SampleKey, span: tuple[int, int, int], total: int
) -> list[SourceRow]:
    first, last, now = span
    parts = sum(source.part for source in key.sources)
    rows = []
    for number, source in enumerate(key.sources):
        begun = max(first, first if source.since is None else now - round(source.since * DAY))
        ended = last if number == 0 else last - chance.randrange(1, 240 * number) * SECOND
        count = max(1, int(total * source.part / parts))
        rows.append((pid, source.address, source.agent, begun, max(begun, ended), count, 0))
    return rows


def _days(sources: list[SourceRow], hours: list[tuple[int, int]]) -> list[DayRow]:
    """The requests of those hours by source and day, each source in proportion to its own."""
    by_day: Counter[int] = Counter()
    for hour, count in hours:
        by_day[hour - hour % DAY] += count
    whole = sum(max(accepted, refused) for *_, accepted, refused in sources)
    return [
        (pid, address, agent, day, share)
        for pid, address, agent, first, last, accepted, refused in sources
        for day, count in by_day.items()
        if first < day + DAY
        and day <= last
        and (share := round(count * max(accepted, refused) / whole))
    ]


def _together(days: list[DayRow]) -> list[DayRow]:
    """One row a source and day."""
    counts: Counter[tuple[str, str, str, int]] = Counter()
    for pid, address, agent, day, count in days:
        counts[pid, address, agent, day] += count
    return [(*place, count) for place, count in sorted(counts.items())]


def _refused(chance: random.Random, pace: float, ended: int, now: int) -> Iterator[tuple[int, int]]:
    """The hours after its end in which a key was presented in vain."""
    start = max(ended - ended % HOUR + HOUR, now - now % HOUR - 14 * DAY)
    for hour in range(start, now, HOUR):
        count = int(pace * rhythm(hour) * (0.5 + chance.random()) + chance.random() * 0.4)
        if count > 0 and hour + HOUR <= now:
            yield hour, count


def _presented(source: SourceRow, refused: list[tuple[int, int]]) -> SourceRow:
    """The source that does not notice, with what it was refused."""
    last = refused[-1][0] + 7 * MINUTE + zlib.crc32(source[0].encode()) % (52 * MINUTE)
    return (*source[:4], last, source[5], sum(count for _, count in refused))


def _refusal(reason: str, source: SourceRow, first: int) -> RefusalRow:
    """Returns the reason and the first moment of the refusals of a source that goes on."""
    pid, address, agent, _, last, _, count = source
    return pid, reason, (address, agent), count, first, last


def _stranger(pid: str, hours: list[HourRow], sources: list[SourceRow], now: int) -> None:
    """An address and agent that the key was never used from before, since a few minutes."""
    first = now - round((STRANGER.since or 0) * DAY)
    last = now - 47 * SECOND
    sources.append((pid, STRANGER.address, STRANGER.agent, first, last, STRANGER_REQUESTS, 0))
    hour, count = hours[-1][1], hours[-1][3]
    hours[-1] = (pid, hour, ACCEPTED, count + STRANGER_REQUESTS)
