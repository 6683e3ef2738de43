"""What the last runs found: `docs/performance.json`, and the page that is made from it."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Row, Verdict, amount, bound, legend
from benchmarks.goals import SECTIONS, Goal

DOCS = Path(__file__).resolve().parents[1] / "docs"
RECORD, PAGE = DOCS / "performance.json", DOCS / "performance.md"
KEPT = 3
"""Runs of a section."""

Entry = Mapping[str, Any]
Record = Mapping[str, Sequence[Entry]]
"""The runs of each section, the newest first."""

_INTRODUCTION = """\
# Performance

What the benchmarks hold the console and the service to, and what the last runs found. Absolute
figures move with the machine and the hour. So everything of a section is measured in turn within a
round, a ratio is taken within a round, and the median of the rounds counts. *Many* keys are
1,000,000. `make bench` measures everything, which takes most of an hour, and writes this page;
`make bench-NAME` renews one section.

A run counts only on a quiet machine: the load average before the start, the CPU time that other
processes took during a round, and the spread between rounds of what does not change have to stay
within bounds. Otherwise the figures are printed, nothing is written here, and the exit status is 2;
it is 1 when a goal was missed, and 0 when all were reached. The table that is printed has the
figures themselves and their CPU time beside the ratios. `make bench ARGS=--dry` tries the
benchmarks with 2,000 keys and one round, and never writes.
"""


def entry_of(
    rows: Sequence[Row],
    *,
    date: str,
    rounds: int,
    keys: int,
    cores: int,
    versions: Mapping[str, str],
) -> Entry:
    """One run as it is kept. What a bound is for stands as `value`, rounded to three digits."""
    return {
        "date": date,
        "rounds": rounds,
        "keys": keys,
        "cores": cores,
        "versions": dict(versions),
        "values": {row.goal.what: _digits(row.value) for row in rows if row.value is not None},
        "skipped": [row.goal.what for row in rows if row.verdict is Verdict.SKIPPED],
    }


def _digits(value: float) -> float:
    return float(f"{value:.3g}")


def with_entry(record: Record, section: str, entry: Entry) -> Record:
    """The record with one more run of a section; the oldest beyond three is dropped."""
    return {**record, section: [entry, *record.get(section, ())][:KEPT]}


def read() -> Record:
    """The record of the repository."""
    record: Record = json.loads(RECORD.read_text())
    return record


def write(record: Record) -> None:
    """Write the record, and the page that it makes."""
    RECORD.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    PAGE.write_text(page(record))


def page(record: Record) -> str:
    """The page of a record: each goal with the last runs, the newest first."""
    lines = [_INTRODUCTION]
    for name, section in SECTIONS.items():
        runs = record.get(name, ())
        lines += [f"## {name.capitalize()}", "", *textwrap.wrap(section.about, 100), ""]
        lines += [f"`make bench-{name}`", ""]
        lines += ["| | Of | Goal | Newest first |", "|---|---|---|---|"]
        lines += [_line(goal, runs) for goal in section.goals]
        lines += ["", *_newest(runs)]
    return "\n".join(lines).rstrip() + "\n"


def _line(goal: Goal, runs: Sequence[Entry]) -> str:
    told = ", ".join(_told(goal, run) for run in runs) or Verdict.NOT_MEASURED
    return f"| {goal.what} | {goal.against} | {bound(goal)} | {told} |"


def _told(goal: Goal, run: Entry) -> str:
    if (value := run["values"].get(goal.what)) is None:
        return Verdict.SKIPPED if goal.what in run["skipped"] else Verdict.NOT_MEASURED
    text = f"{value:.3g}" if goal.against else amount(value, goal.unit)
    return text if goal.is_reached_by(value) else f"**{text}**"


def _newest(runs: Sequence[Entry]) -> Iterator[str]:
    for run in runs[:1]:
        told = legend(run["versions"], run["cores"], run["date"], run["rounds"], run["keys"])
        yield from (*textwrap.wrap(f"Bold falls short. The newest: {told}.", 100), "")
