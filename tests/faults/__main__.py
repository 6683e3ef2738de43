"""`python -m tests.faults [KIND…] --rounds 50 --keys 20`: each kind of fault, many times.

Prints the seed and a line for each kind; ends with 1 if the promise was broken. With `--state FILE`
a run that was interrupted goes on where it was.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.faults.kinds import KINDS
from tests.faults.rounds import Outcome, a_stock, play


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--rounds", type=int, default=50, help="faults of each kind")
    parser.add_argument("--keys", type=int, default=20, help="revokes in each round")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    parser.add_argument("--state", type=Path, help="a file that remembers what was done")
    return parser.parse_args()


async def run(arguments: argparse.Namespace) -> bool:
    """Play the rounds that are left; whether the promise was kept."""
    state = {"seed": arguments.seed, "done": {}}
    if arguments.state is not None and arguments.state.exists():
        state = json.loads(arguments.state.read_text())
    print(f"seed {state['seed']}")
    is_kept = True
    with tempfile.TemporaryDirectory(prefix="keyconsole-faults-") as directory:
        stock = await a_stock(Path(directory), arguments.keys)
        for kind in arguments.kinds or KINDS:
            total = Outcome(**state["done"].get(kind, {}))
            while total.faults < arguments.rounds:
                dice = random.Random(f"{state['seed']} {kind} {total.faults}")
                with tempfile.TemporaryDirectory(dir=directory) as where:
                    total.add(await play(stock, kind, KINDS[kind], Path(where), dice))
                state["done"][kind] = asdict(total)
                if arguments.state is not None:
                    arguments.state.write_text(json.dumps(state))
            print(kind, *(f"{name}={count}" for name, count in asdict(total).items()), flush=True)
            is_kept &= total.is_kept
    return is_kept


if __name__ == "__main__":
    sys.exit(0 if asyncio.run(run(_arguments())) else 1)
