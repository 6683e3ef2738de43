"""A commit lasts about as long as somebody else may wait, on a fast machine and on a slow one."""

import pytest

from keyconsole.service.rules.stride import FEWEST, MOST, SECONDS, Stride


@pytest.mark.parametrize("a_key", [0.00005, 0.0002, 0.001])
def test_it_finds_how_many_fit(a_key: float) -> None:
    stride = Stride()
    for _ in range(10):
        stride.took(stride.size * a_key)

    assert stride.size == min(MOST, round(SECONDS / a_key))


def test_one_slow_commit_only_halves_the_next() -> None:
    stride = Stride(400)

    stride.took(60)

    assert stride.size == 200


def test_there_is_always_some_progress_and_never_too_much_at_once() -> None:
    slow, fast = Stride(), Stride()
    for _ in range(20):
        slow.took(3600)
        fast.took(0)

    assert (slow.size, fast.size) == (FEWEST, MOST)
