"""A commit lasts about as long as somebody else may wait, on a fast machine and on a slow one."""

import pytest

from keyconsole.service.rules.adaptive_batch import FEWEST, MOST, SECONDS, AdaptiveBatch


@pytest.mark.parametrize("a_key", [0.00005, 0.0002, 0.001])
def test_it_finds_how_many_fit(a_key: float) -> None:
    batch = AdaptiveBatch()
    for _ in range(10):
        batch.record(batch.size * a_key)

    assert batch.size == min(MOST, round(SECONDS / a_key))


def test_one_slow_commit_only_halves_the_next() -> None:
    batch = AdaptiveBatch(400)

    batch.record(60)

    assert batch.size == 200


def test_there_is_always_some_progress_and_never_too_much_at_once() -> None:
    slow, fast = AdaptiveBatch(), AdaptiveBatch()
    for _ in range(20):
        slow.record(3600)
        fast.record(0)

    assert (slow.size, fast.size) == (FEWEST, MOST)
