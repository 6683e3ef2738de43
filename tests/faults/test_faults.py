"""One fault of each kind. `make faults` does fifty of each."""

import random
from pathlib import Path

import pytest
from tests.faults.kinds import KINDS
from tests.faults.rounds import a_stock, play


@pytest.mark.parametrize("kind", KINDS)
async def test_no_key_is_accepted_whose_revoke_was_acknowledged(kind: str, tmp_path: Path) -> None:
    stock = await a_stock(tmp_path, keys=5)
    seed = random.randrange(2**32)
    outcome = await play(stock, kind, KINDS[kind], tmp_path, random.Random(seed))
    assert outcome.acknowledged
    assert outcome.is_kept, f"seed {seed}: {outcome}"
