"""`python -m tests.faults [KIND…] --rounds 50 --keys 20`: each kind of fault, many times.

Prints the seed and a line for each kind; ends with 1 if the promise was broken. With `--state FILE`
a run that was interrupted goes on where it was. With `--row N` the kinds of a row of
`docs/reliability.md` are played, and what was found is added to its record.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests import shared
from tests.faults import processes, restores, rows
from tests.faults.kinds import KINDS
from tests.faults.rounds import Outcome, a_stock, play
from tests.service.databases import Engine
from tests.service.store.postgres import places

NAMES = (*KINDS, *processes.KINDS, *restores.KINDS)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(NAMES))
    parser.add_argument("--rounds", type=int, default=50, help="faults of each kind")
    parser.add_argument("--keys", type=int, default=20, help="revokes in each round")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    parser.add_argument("--state", type=Path, help="a file that remembers what was done")
    parser.add_argument("--row", type=int, help="the kinds of a row, recorded")
    arguments = parser.parse_args()
    if arguments.row is not None:
        try:
            arguments.kinds = rows.of(arguments.row).kinds
        except ValueError as error:
            parser.error(str(error))
    return arguments


async def run(arguments: argparse.Namespace) -> bool:
    """Play the rounds that are left; whether the promise was kept."""
    state = {"seed": arguments.seed, "done": {}}
    if arguments.state is not None and arguments.state.exists():
        state = json.loads(arguments.state.read_text())
    print(f"seed {state['seed']}")
    is_kept = True
    with tempfile.TemporaryDirectory(prefix="keyconsole-faults-") as directory:
        stock = await a_stock(Path(directory), arguments.keys)
        for kind in arguments.kinds or NAMES:
            total = Outcome(**state["done"].get(kind, {}))
            while total.faults < arguments.rounds:
                dice = random.Random(f"{state['seed']} {kind} {total.faults}")
                with tempfile.TemporaryDirectory(dir=directory) as where:
                    if kind in KINDS:
                        outcome = await play(stock, kind, KINDS[kind], Path(where), dice)
                    else:
                        play_one = restores.play if kind in restores.KINDS else processes.play
                        outcome = await play_one(kind, Path(where), arguments.keys, dice)
                    total.add(outcome)
                state["done"][kind] = asdict(total)
                if arguments.state is not None:
                    arguments.state.write_text(json.dumps(state))
            print(kind, *(f"{name}={count}" for name, count in asdict(total).items()), flush=True)
            if arguments.row is not None:
                _record({"kind": kind, "seed": state["seed"], **asdict(total)})
            is_kept &= total.is_kept
    return is_kept


def _record(found: dict[str, object]) -> None:
    """Add what was found to the record that the page is made from."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short=8", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    line = {"date": time.strftime("%Y-%m-%d"), "commit": commit} | found
    with rows.RECORD.open("a") as record:
        record.write(f"{json.dumps(line)}\n")


def main() -> int:
    """Play with a server of PostgreSQL that is stopped at the end, where a kind needs one."""
    arguments = _arguments()
    if reason := places.obstacle():
        print(f"not on PostgreSQL: {reason}")
        arguments.kinds = [
            kind for kind in arguments.kinds or NAMES if not kind.endswith(Engine.POSTGRESQL)
        ]
    shared.begin()
    try:
        return 0 if asyncio.run(run(arguments)) else 1
    finally:
        shared.end()


if __name__ == "__main__":
    sys.exit(main())
