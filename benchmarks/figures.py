"""What was measured, how it stands to the goals, and the table of it."""

import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from benchmarks.goals import FOREIGN, Goal

MOST_SPREAD = 0.2
"""How far apart rounds may be of what does not change: the middle half of them, of the median."""
YARDSTICK = "yardstick"
"""The figure of a piece of work that is the same in every round."""


class Value(NamedTuple):
    """A figure in its unit, and the CPU seconds that went into it where they were measured."""

    figure: float
    cpu: float | None = None


@dataclass
class Figures:
    """Values by name, one a round, and why what is missing could not be measured."""

    values: dict[str, list[Value]] = field(default_factory=lambda: defaultdict(list))
    skipped: dict[str, str] = field(default_factory=dict)

    def note(self, name: str, figure: float, cpu: float | None = None) -> None:
        """Keep what was measured in a round."""
        self.values[name].append(Value(figure, cpu))

    def middle(self, name: str) -> Value | None:
        """The median of the rounds; nothing where it was not measured."""
        if not (values := self.values.get(name)):
            return None
        spent = [value.cpu for value in values if value.cpu is not None]
        return Value(
            statistics.median(value.figure for value in values),
            statistics.median(spent) if spent else None,
        )

    def ratios(self, name: str, against: str) -> list[Value]:
        """The ratio of each round, and that of the CPU time."""
        return [
            Value(
                one.figure / other.figure,
                one.cpu / other.cpu if one.cpu is not None and other.cpu else None,
            )
            for one, other in zip(
                self.values.get(name, ()), self.values.get(against, ()), strict=False
            )
            if other.figure
        ]


class Verdict(StrEnum):
    """How a goal and what was measured stand to each other."""

    REACHED = "reached"
    SHORT = "fell short"
    SKIPPED = "skipped"
    NOT_MEASURED = "not measured"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True)
class Row:
    """A line of the table. `value` is what the bound is for: the ratio, or the figure itself."""

    goal: Goal
    verdict: Verdict
    value: float | None = None
    measured: Value | None = None
    against: Value | None = None
    cpu_ratio: float | None = None


def row_of(goal: Goal, figures: Figures) -> Row:
    """Hold what was measured to a goal; the median of the rounds counts."""
    measured, against = figures.middle(goal.measured), figures.middle(goal.against)
    if any(name in goal.measured or name in goal.against for name in figures.skipped):
        return Row(goal, Verdict.SKIPPED, None, measured, against)
    if not goal.against:
        if measured is None:
            return Row(goal, Verdict.NOT_MEASURED)
        return Row(goal, _verdict(goal, measured.figure), measured.figure, measured)
    ratios = figures.ratios(goal.measured, goal.against)
    if not ratios:
        return Row(goal, Verdict.NOT_MEASURED, None, measured, against)
    value = statistics.median(ratio.figure for ratio in ratios)
    spent = [ratio.cpu for ratio in ratios if ratio.cpu is not None]
    cpu_ratio = statistics.median(spent) if spent else None
    return Row(goal, _verdict(goal, value), value, measured, against, cpu_ratio)


def _verdict(goal: Goal, value: float) -> Verdict:
    return Verdict.REACHED if goal.is_reached_by(value) else Verdict.SHORT


def uneven(goals: Sequence[Goal], figures: Figures) -> list[str]:
    """What does not change and was yet measured unevenly, so that the machine was not quiet."""
    floors = [each for goal in goals if _is_foreign(each := goal.against)]
    names = dict.fromkeys([YARDSTICK, *floors])
    spreads = {name: _spread(figures.values.get(name, ())) for name in names}
    return [
        f"{name}: {spread:.0%} between rounds, where {MOST_SPREAD:.0%} are allowed"
        for name, spread in spreads.items()
        if spread > MOST_SPREAD
    ]


def _is_foreign(name: str) -> bool:
    """Whether a figure is one of a rival or of a floor."""
    return any(each in name for each in FOREIGN)


def _spread(values: Sequence[Value]) -> float:
    if len(values) < 2:
        return 0.0
    first, middle, third = statistics.quantiles(
        [value.figure for value in values], n=4, method="inclusive"
    )
    return (third - first) / middle if middle else 0.0


def unjudged(rows: Sequence[Row]) -> list[Row]:
    """The same rows, of which none says whether its goal was reached."""
    told = (Verdict.REACHED, Verdict.SHORT)
    return [
        replace(row, verdict=Verdict.NOT_JUDGED) if row.verdict in told else row for row in rows
    ]


def status_of(rows: Sequence[Row], noise: Sequence[str]) -> int:
    """The exit status: 0 if no goal was missed, 1 if one was, 2 if that cannot be judged."""
    if noise:
        return 2
    return int(any(row.verdict is Verdict.SHORT for row in rows))


def table(rows: Sequence[Row]) -> str:
    """The table of one section."""
    lines = [("", "of", "", "measured", "ratio", "goal", "", "CPU", "ratio"), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(_aligned(line, widths)).rstrip() for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    goal, cpu = row.goal, row.measured.cpu if row.measured else None
    return (
        goal.what,
        goal.against,
        amount(row.against.figure, goal.unit) if row.against else "",
        amount(row.measured.figure, goal.unit) if row.measured else "",
        f"{row.value:.2f}" if goal.against and row.value is not None else "",
        bound(goal),
        row.verdict,
        "" if cpu is None else amount(cpu, "s"),
        "" if row.cpu_ratio is None else f"{row.cpu_ratio:.2f}",
    )


def _aligned(line: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for number, (cell, width) in enumerate(zip(line, widths, strict=True)):
        yield cell.ljust(width) if number in (0, 1, 6) else cell.rjust(width)


def bound(goal: Goal) -> str:
    """The bound as it is written."""
    sign = "≥" if goal.is_least else "≤"
    return f"{sign} {f'{goal.bound:g}' if goal.against else amount(goal.bound, goal.unit)}"


def amount(figure: float, unit: str) -> str:
    """A figure with its unit; seconds in whatever has few digits."""
    if unit != "s":
        return f"{figure:.2f} %" if unit == "%" else f"{figure:,.0f} {unit}"
    for factor, name in ((1, "s"), (1e3, "ms")):
        if figure * factor >= 1:
            return f"{figure * factor:.3g} {name}" if figure < 100 else f"{figure:,.0f} s"
    return f"{figure * 1e6:.0f} µs"


def legend(versions: Mapping[str, str], cores: int, date: str, rounds: int, keys: int) -> str:
    """What stands under a table."""
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{named}; {cores} cores; {date}; rounds: {rounds}; many keys: {keys:,}"
