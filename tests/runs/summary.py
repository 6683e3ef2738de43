"""Prints one closing line for several runs of pytest: `python -m tests.runs.summary RUN.xml …`.

Reads the JUnit files that `pytest --junit-xml` wrote. Exits with 1 where a test failed or a file is
missing or empty.
"""

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET


def counts_of(path: Path) -> Counter[str]:
    """Return the counts of one run, and its seconds rounded up."""
    counts: Counter[str] = Counter()
    for suite in ET.parse(path).iter("testsuite"):
        failed, errors, skipped = (
            int(suite.get(name, 0)) for name in ("failures", "errors", "skipped")
        )
        passed = int(suite.get("tests", 0)) - failed - errors - skipped
        counts.update(failed=failed, passed=passed, skipped=skipped, errors=errors)
        counts.update(seconds=round(float(suite.get("time", 0))))
    return counts


def closing_line(total: Counter[str]) -> str:
    """Return the counts as pytest's last line has them."""
    said = [
        f"{total[name]} {name}"
        for name in ("failed", "passed", "skipped", "errors")
        if total[name] or name == "passed"
    ]
    return f" {', '.join(said)} in {total['seconds']:.2f}s ".center(80, "=")


def main(paths: list[str]) -> int:
    """Print the closing line of all runs; return the exit code."""
    total: Counter[str] = Counter()
    for path in map(Path, paths):
        if not path.exists():
            print(f"{path.name}: this run did not come to its end.")
            total["errors"] += 1
            continue
        total += counts_of(path)
    print(closing_line(total))
    return 1 if total["failed"] or total["errors"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
