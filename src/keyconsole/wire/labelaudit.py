"""The label audit: what is wrong with a key's name or its life, and who has looked at it."""

from enum import StrEnum

from pydantic import Field

from keyconsole.wire.base import Answer, Count, Instant, Moment, Request, ShownName
from keyconsole.wire.keys import Key

__all__ = [
    "AuditedKey",
    "Finding",
    "FindingCounts",
    "LabelFinding",
    "Review",
    "ReviewRequest",
]


class LabelFinding(StrEnum):
    """The kinds of findings, the gravest first."""

    OWNER_LEFT = "owner_left"
    OTHER_ENVIRONMENT = "other_environment"
    LOOK_ALIKE = "look_alike"
    DUPLICATE = "duplicate"
    GENERIC = "generic"
    UNCLEAR = "unclear"
    EXPIRING = "expiring"
    OLD = "old"
    UNUSED = "unused"
    NEVER_USED = "never_used"
    UNCONFIRMED = "unconfirmed"

    @classmethod
    def _missing_(cls, value: object) -> "LabelFinding | None":
        """Reads what a service of version 0.1 calls an owner who left."""
        return cls.OWNER_LEFT if value == "creator_gone" else None


class Review(Answer):
    """Somebody has looked at a finding and it may rest until then."""

    by: ShownName
    at: Moment
    until: Moment


class Finding(Answer):
    """One thing found, with its reason in a sentence; `review` while it rests.

    `like` is the label that a look-alike is taken for.
    """

    finding: LabelFinding
    reason: ShownName
    like: ShownName | None = None
    review: Review | None = None


class AuditedKey(Answer):
    """A living key and what was found about it."""

    key: Key
    findings: list[Finding] = Field(default_factory=list)


class FindingCounts(Answer):
    """The number of living keys with findings: in all, and of each kind.

    At least so many where it is not complete: more keys are there than are counted.
    """

    keys: Count
    by_finding: dict[LabelFinding, Count]
    is_complete: bool


class ReviewRequest(Request):
    """Which finding was looked at, and until when it may rest."""

    finding: LabelFinding
    until: Instant
