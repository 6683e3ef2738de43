"""One fault of each kind. `make faults` does fifty of each."""

import random
from pathlib import Path

import pytest
from tests.faults import processes, restores, rows
from tests.faults.kinds import KINDS
from tests.faults.rounds import a_stock, play

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kind", KINDS)
async def test_no_key_is_accepted_whose_revoke_was_acknowledged(kind: str, tmp_path: Path) -> None:
    stock = await a_stock(tmp_path, keys=5)
    seed = random.randrange(2**32)
    outcome = await play(stock, kind, KINDS[kind], tmp_path, random.Random(seed))
    assert outcome.acknowledged
    assert outcome.is_kept, f"seed {seed}: {outcome}"


def test_every_kind_is_in_one_row_and_what_the_rows_name_exists() -> None:
    played = [kind for row in rows.ROWS.values() for kind in row.kinds]
    assert sorted(played) == sorted([*KINDS, *processes.KINDS, *restores.KINDS])
    named = [each for row in rows.ROWS.values() if row.tests for each in row.tests.split(", ")]
    assert [each for each in named if not (ROOT / each).exists()] == ["make mutants"]
    with pytest.raises(ValueError, match="2 is none of the rows that are played: 1, 4, 6, 8"):
        rows.of(2)
