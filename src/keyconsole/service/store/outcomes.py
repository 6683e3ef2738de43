"""The outcomes of requests with a key, as they are counted."""

from dataclasses import dataclass

ACCEPTED = "accepted"
EXPIRED = "key-expired"
FORGED = "credential-invalid"
"""The name of a key with another secret: whoever asked is no source of that key."""


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
