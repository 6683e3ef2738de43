"""Verdicts about found keys: what a value is, from what the service answered about it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyconsole.core.candidates import Candidate
    from keyconsole.wire import Identified


class Verdict(StrEnum):
    """The verdict on a value; of a public key or a value that was cut, on the key."""

    LIVE = "live"
    REVOKED = "revoked"
    EXPIRED = "expired"
    DISABLED = "disabled"
    INTEGRATION_DISABLED = "integration_disabled"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a verdict, not a secret
    DAMAGED = "damaged"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """Returns the verdict as people read it: `integration disabled`."""
        return self.replace("_", " ")


class Proof(StrEnum):
    """The part of a key that a text holds: its secret, its name, or a secret not its own."""

    VALUE = "value proven"
    NAME = "name only"
    WRONG = "value wrong"


ALIVE = frozenset({Verdict.LIVE, Verdict.DISABLED, Verdict.INTEGRATION_DISABLED, Verdict.EXPIRED})
"""The verdicts on keys that are not revoked, where nothing says that the value is another."""


def verdict(candidate: Candidate, answer: Identified) -> Verdict:
    """Returns the verdict on a candidate from the answer of the service."""
    if answer.key is None:
        return Verdict.UNKNOWN
    if candidate.damaged:
        return Verdict.DAMAGED
    if candidate.digest is not None and answer.match != "match":
        return Verdict.WRONG_SECRET
    return state(answer)


def state(answer: Identified) -> Verdict:
    """Returns the answer of the verification path in words."""
    if answer.would_authenticate:
        return Verdict.LIVE
    status = str(answer.key.status) if answer.key else ""
    word = (answer.reason or status).removeprefix("key-").replace("-", "_")
    return next((verdict for verdict in Verdict if verdict == word), Verdict.UNKNOWN)


def proof(candidate: Candidate, answer: Identified) -> Proof:
    """Returns what the digest proved about a candidate that the service knows."""
    if candidate.damaged or (candidate.digest is not None and answer.match != "match"):
        return Proof.WRONG
    return Proof.NAME if candidate.digest is None else Proof.VALUE


def is_proven(candidate: Candidate, answer: Identified) -> bool:
    """True if the text held the secret of a key that is not revoked."""
    return (
        answer.key is not None
        and proof(candidate, answer) is Proof.VALUE
        and verdict(candidate, answer) in ALIVE
    )
