"""Runs the tests of every mutant and checks that they fail."""

import argparse
import hashlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.util import cache_from_source
from pathlib import Path

from tests.mutants import trial
from tests.mutants.mutant import ROOT, SOURCE, Mutant, StaleMutantError, load

AT_ONCE = 2
LIMIT_SECONDS = 60.0
END_SECONDS = 15.0
SHOWN_LINES = 30
SEARCHABLE = 0o711
"""PostgreSQL, which does not run as root, must reach its files."""

_OUTCOMES = {0: "NOT CAUGHT", 1: "caught", None: "timed out"}

_processes = multiprocessing.get_context("forkserver")


def main() -> int:
    """Returns 0 if the chosen mutants were all caught."""
    asked = _arguments()
    mutants = load()
    if asked.only:
        mutants = [each for each in mutants if each.name in asked.only]
    if asked.some is not None:
        mutants = choose(mutants, asked.some, asked.seed)
    for each in mutants:
        each.mutated()
    if (output := failure_without_mutants(mutants)) is not None:
        print(output, "The tests do not pass without a mutant.", sep="\n")
        return 1
    caught = sum(report(mutants, asked.limit))
    print(f"{caught} of {len(mutants)} caught")
    return 0 if caught == len(mutants) else 1


def choose(mutants: Sequence[Mutant], count: int, seed: str) -> list[Mutant]:
    """Returns `count` mutants, the same ones for the same seed."""
    ranked = sorted(
        mutants, key=lambda each: hashlib.sha256(f"{seed}\0{each.name}".encode()).digest()
    )
    chosen = {each.name for each in ranked[:count]}
    return [each for each in mutants if each.name in chosen]


def failure_without_mutants(mutants: Sequence[Mutant]) -> str | None:
    """Runs all the tests on the source as it is; returns the output if they do not pass."""
    pytest = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"]
    for keyword in sorted({each.keyword for each in mutants}):
        tests = {test for each in mutants if each.keyword == keyword for test in each.tests}
        command = [*pytest, "-n", str(AT_ONCE), "-k", keyword, *sorted(tests)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return done.stdout + done.stderr
    return None


def report(mutants: Sequence[Mutant], limit: float) -> Iterator[bool]:
    """Runs the mutants and prints a line for each; yields whether it was caught."""
    os.chdir(ROOT)
    _processes.set_forkserver_preload(trial.PRELOADED)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for future in as_completed([pool.submit(run, each, limit) for each in mutants]):
            mutant, outcome, seconds, output = future.result()
            print(f"{outcome:<10} {seconds:5.1f} s  {mutant.name}", flush=True)
            if outcome != "caught":
                print(f"  {mutant.function}: {mutant.harm}", *output, sep="\n  ", flush=True)
            yield outcome == "caught"


def run(mutant: Mutant, limit: float) -> tuple[Mutant, str, float, list[str]]:
    """Runs the tests of a mutant; returns it, what became of it, seconds and the last lines."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="keyconsole-mutant-") as name:
        directory = Path(name).resolve()
        directory.chmod(SEARCHABLE)
        source = directory / "src"
        shutil.copytree(SOURCE, source)
        path = source / mutant.file
        path.write_text(mutant.mutated(), encoding="utf-8")
        Path(cache_from_source(str(path))).unlink(missing_ok=True)
        code = _exit_code((source, mutant.module, path, mutant.keyword, list(mutant.tests)), limit)
        output = directory / "output"
        lines = output.read_text("utf-8").splitlines()[-SHOWN_LINES:] if output.exists() else []
    outcome = _OUTCOMES.get(code, f"error {code}")
    return mutant, outcome, time.monotonic() - began, lines


def _exit_code(arguments: tuple[object, ...], limit: float) -> int | None:
    """Returns the exit code of pytest, or None if it had to be ended."""
    process = _processes.Process(target=trial.run_tests, args=arguments)
    process.start()
    process.join(limit)
    if process.exitcode is not None:
        return process.exitcode
    os.kill(process.pid or 0, signal.SIGINT)  # so that it stops the servers that it has started
    process.join(END_SECONDS)
    process.kill()
    process.join()
    return None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    names = [each.name for each in load()]
    parser.add_argument(
        "--only", action="append", metavar="NAME", choices=names, help="this one; may be repeated"
    )
    parser.add_argument("--some", type=int, metavar="N", help="as many, chosen by --seed")
    parser.add_argument("--seed", default="", metavar="TEXT", help="such as the id of a commit")
    parser.add_argument(
        "--limit", type=float, default=LIMIT_SECONDS, metavar="SECONDS", help="for each mutant"
    )
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except StaleMutantError as error:
        sys.exit(f"A mutant is stale. {error}")
