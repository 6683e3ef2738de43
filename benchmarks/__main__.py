"""Take the performance figures and hold them to their goals: `make bench`, `make bench-NAME`.

Prints a table for each section, and renews its part of docs/performance.json and .md. Exit status:
0 if every goal was reached, 1 if one was missed, 2 if the machine was not quiet, so that nothing
was judged or written.
"""

import argparse
import datetime as dt
import tempfile
from importlib import import_module
from pathlib import Path

from benchmarks import machine, record
from benchmarks.figures import legend, row_of, status_of, table, uneven, unjudged
from benchmarks.goals import SECTIONS
from benchmarks.run import Run

KEYS = 1_000_000


def main() -> int:
    """Measure the sections that are named, or all."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="NAME", help=", ".join(SECTIONS))
    parser.add_argument("--dry", action="store_true", help="try the benchmarks; writes nothing")
    parser.add_argument("--keys", type=int, help="how many are many, with --dry; 2000")
    parser.add_argument("--rounds", type=int, help="with --dry; 1")
    parser.add_argument("--no-rivals", action="store_true", help="install none, with --dry")
    asked = parser.parse_args()
    if unknown := set(asked.sections) - SECTIONS.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    if (asked.keys or asked.rounds or asked.no_rivals) and not asked.dry:
        parser.error("a run that is kept is whole: --keys, --rounds and --no-rivals need --dry")
    machine.adopt_daemons()
    noise = machine.noise_before(waits=not asked.dry)
    with tempfile.TemporaryDirectory(prefix="keyconsole-bench-") as scratch:
        return max(
            _measure(name, asked, noise, Path(scratch)) for name in asked.sections or SECTIONS
        )


def _measure(name: str, asked: argparse.Namespace, noise: list[str], scratch: Path) -> int:
    section = SECTIONS[name]
    run = Run(
        keys=asked.keys or (2_000 if asked.dry else KEYS),
        rounds=asked.rounds or (1 if asked.dry else section.rounds),
        directory=scratch,
        is_dry=asked.dry,
        has_rivals=not asked.no_rivals,
    )
    import_module(f"benchmarks.{name}").measure(run)
    rows = [row_of(goal, run.figures) for goal in section.goals]
    noise = [*noise, *run.others.noise(), *uneven(section.goals, run.figures)]
    date, cores = dt.datetime.now(dt.UTC).date().isoformat(), machine.cores()
    print(f"{name}\n\n{table(unjudged(rows) if noise else rows)}\n")
    for skipped, reason in run.figures.skipped.items():
        print(f"skipped: {skipped}: {reason}")
    for note in run.notes:
        print(note)
    print(legend(run.versions, cores, date, run.rounds, run.keys))
    if noise:
        print(f"not judged: the machine was not quiet ({'; '.join(noise)})")
    elif not asked.dry:
        entry = record.entry_of(
            rows,
            date=date,
            rounds=run.rounds,
            keys=run.keys,
            cores=cores,
            versions=run.versions,
        )
        record.write(record.with_entry(record.read(), name, entry))
    print(flush=True)
    return status_of(rows, noise)


if __name__ == "__main__":
    raise SystemExit(main())
