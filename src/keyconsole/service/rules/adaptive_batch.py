"""How many of a long row go into one commit, so that nobody waits for long behind it."""

from dataclasses import dataclass

SECONDS = 0.04
"""What a commit may take: a single revoke that comes in between waits for one, and is done."""
FEWEST, MOST = 20, 500


@dataclass(slots=True)
class AdaptiveBatch:
    """Grows and shrinks with how long the last commit took, on whatever machine this is."""

    size: int = 100

    def record(self, seconds: float) -> None:
        """Learn from a commit of `size`. One that was slow by chance only halves the next."""
        fitting = self.size * SECONDS / max(seconds, SECONDS / MOST)
        self.size = round(max(FEWEST, self.size / 2, min(MOST, self.size * 2, fitting)))
