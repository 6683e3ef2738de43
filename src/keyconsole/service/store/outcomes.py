"""The outcomes of requests with a key, as they are counted, and sums of stored counts."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

ACCEPTED = "accepted"
EXPIRED = "key-expired"
FORGED = "credential-invalid"
"""The name of a key with another secret: whoever asked is no source of that key."""

RATE_LIMITED = "rate-limited"
QUOTA_EXCEEDED = "quota-exceeded"
LIMITED = (RATE_LIMITED, QUOTA_EXCEEDED)
"""The right key, used more often than its limits allow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Requests of one kind with one key, coalesced: `outcome` is `accepted` or a problem code.

    `source` is address and agent, or nothing where there are too many to tell apart.
    """

    pid: str
    integration_id: str
    outcome: str
    source: tuple[str, str] | None
    count: int
    first_at: int
    last_at: int
    hour: int


_MOST = 2**40
"""The largest count that is believed: a sum of larger ones could not be computed."""


def is_sound(count: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Returns the condition that a stored count can be right."""
    return count.between(0, _MOST)


def sum_of(count: sa.ColumnElement[int], *which: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    """Returns the sum of the counts of some rows, without those that cannot be right."""
    return sa.func.sum(sa.case((sa.and_(is_sound(count), *which), count), else_=0))
