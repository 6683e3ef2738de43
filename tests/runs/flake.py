"""Runs `make test` ten times, every second run beside two busy loops, and counts failures.

`make flake` continues where an earlier run of the same commit stopped: each finished run leaves its
output and exit code in `build/flake/COMMIT/`. Exits with 1 where any run failed.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNS = 10
BUSY_LOOPS = 2


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Keep this many processes computing for as long as the context is open."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def run(number: int, directory: Path) -> int:
    """Run the suite once unless it was; return its exit code."""
    loops = BUSY_LOOPS if number % 2 else 0
    result = directory / f"{number}.exit"
    if not result.exists():
        started = time.monotonic()
        with busy(loops), (directory / f"{number}.log").open("wb") as log:
            code = subprocess.run(
                ["make", "test"],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        result.write_text(f"{code} {time.monotonic() - started:.0f}")
    code, seconds = map(int, result.read_text().split())
    closing = (directory / f"{number}.log").read_text(errors="replace").splitlines()[-1:]
    print(f"run {number}, {loops} busy loops, {seconds} s, exit {code}: {''.join(closing)}")
    return code


def main() -> int:
    """Run all; return the exit code."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.strip()
    directory = ROOT / "build" / "flake" / commit
    directory.mkdir(parents=True, exist_ok=True)
    runs = int(os.environ.get("FLAKE_RUNS", RUNS))
    failed = sum(run(number, directory) != 0 for number in range(runs))
    print(f"{failed} of {runs} runs failed; the output of each is in {directory.relative_to(ROOT)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
