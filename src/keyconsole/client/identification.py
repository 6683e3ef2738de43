"""Which key is this? Keys are found here; only public keys and digests are sent.

What a text holds is decided on this machine. Of a whole value goes its public key and its
SHA-256, which proves possession and cannot be turned back; of a cut one only the public key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from keyconsole.core import credential, credentialtext
from keyconsole.core.credential import CREDENTIAL_PATTERN, Kind

if TYPE_CHECKING:
    from keyconsole.wire import Identified

# A public key, or the beginning of a key that was cut or masked: it says which one it was.
_NAME = re.compile(r"kc[ps]_([0-9a-hjkmnp-tv-z]{16})")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the service is asked about: a name, and proof of possession if there was a secret.

    `damaged` says that the name stood in a whole value whose checksum is wrong.
    """

    public_key: str
    digest: str | None = None
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a text holds: keys to ask about, how many operator tokens, how many broken values."""

    candidates: tuple[Candidate, ...]
    tokens: int
    broken: int


class Verdict(StrEnum):
    """What a value is; of a public key, or a value that was cut, what the key is."""

    LIVE = "live"
    REVOKED = "revoked"
    EXPIRED = "expired"
    DISABLED = "disabled"
    INTEGRATION_DISABLED = "integration_disabled"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a verdict, not a secret
    DAMAGED = "damaged"
    UNKNOWN = "unknown"


class Proof(StrEnum):
    """What a text holds of a key: its secret, its name only, or a secret that is not its own."""

    VALUE = "value proven"
    NAME = "name only"
    WRONG = "value wrong"


ALIVE = frozenset({Verdict.LIVE, Verdict.DISABLED, Verdict.INTEGRATION_DISABLED, Verdict.EXPIRED})
"""What is not revoked, and for all that was found really is that key."""


def find(text: str) -> Found:
    """Every key in `text` once, those with a secret first. Sends nothing, keeps nothing of it."""
    whole = list(credentialtext.find(text))
    text = text.replace("\0", "")  # of UTF-16, in which names are read, too
    values = {found.text for found in whole}
    shaped = [match.group() for match in CREDENTIAL_PATTERN.finditer(text)]
    damaged = {
        credential.public_key(value[4:20])
        for value in shaped
        if value not in values and value.startswith(Kind.API_KEY)
    }
    secrets = {found.text: found.public_key for found in whole if found.kind is Kind.API_KEY}
    candidates = [
        Candidate(public_key, credential.digest(secret).hex())
        for secret, public_key in secrets.items()
    ]
    with_secret = set(secrets.values())
    names = dict.fromkeys(credential.public_key(match[1]) for match in _NAME.finditer(text))
    candidates += [
        Candidate(name, None, name in damaged) for name in names if name not in with_secret
    ]
    return Found(
        tuple(candidates),
        tokens=sum(found.kind is Kind.OPERATOR_TOKEN for found in whole),
        broken=sum(value not in values for value in shaped),
    )


def verdict(candidate: Candidate, answer: Identified) -> Verdict:
    """What the candidate is, from what the service answered."""
    if answer.key is None:
        return Verdict.UNKNOWN
    if candidate.damaged:
        return Verdict.DAMAGED
    if candidate.digest is not None and answer.match != "match":
        return Verdict.WRONG_SECRET
    return state(answer)


def state(answer: Identified) -> Verdict:
    """What the verification path says of the key itself."""
    if answer.would_authenticate:
        return Verdict.LIVE
    status = str(answer.key.status) if answer.key else ""
    word = (answer.reason or status).removeprefix("key-").replace("-", "_")
    return next((verdict for verdict in Verdict if verdict == word), Verdict.UNKNOWN)


def proof(candidate: Candidate, answer: Identified) -> Proof:
    """What was proven about a candidate that the service knows."""
    if candidate.damaged or (candidate.digest is not None and answer.match != "match"):
        return Proof.WRONG
    return Proof.NAME if candidate.digest is None else Proof.VALUE


def is_proven(candidate: Candidate, answer: Identified) -> bool:
    """Whether the text held the secret of a key that is not revoked: what was leaked."""
    return (
        answer.key is not None
        and proof(candidate, answer) is Proof.VALUE
        and verdict(candidate, answer) in ALIVE
    )
