"""One fault of each kind on the processes of a service. `make faults` does fifty of each."""

import random
from pathlib import Path

import pytest
from tests.faults import processes, restores

SMOKE = [
    "parent_killed-sqlite",
    "disk_full-sqlite",
    "connections_cut-postgresql",
    "clock_set_back-sqlite",
    *restores.KINDS,
]
"""A few, since most of the time goes into the start of workers."""


@pytest.mark.parametrize("kind", SMOKE)
async def test_no_key_is_accepted_whose_revoke_was_acknowledged(kind: str, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    play = restores.play if kind in restores.KINDS else processes.play
    outcome = await play(kind, tmp_path, 5, random.Random(seed))
    assert outcome.acknowledged
    assert outcome.is_kept, f"seed {seed}: {outcome}"
