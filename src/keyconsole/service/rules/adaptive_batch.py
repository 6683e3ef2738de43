"""The size of the commits of a long job, so that no other writer waits for long."""

from dataclasses import dataclass

SECONDS = 0.04
"""Seconds that a commit may take: a single revoke in between waits for one at most."""
FEWEST, MOST = 20, 500


@dataclass(slots=True)
class AdaptiveBatch:
    """Grows and shrinks with how long the last commit took, on whatever machine this is."""

    size: int = 100

    def record(self, seconds: float) -> None:
        """Adapts the size to the time of a commit. One that was slow by chance only halves it."""
        fitting = self.size * SECONDS / max(seconds, SECONDS / MOST)
        self.size = round(max(FEWEST, self.size / 2, min(MOST, self.size * 2, fitting)))
