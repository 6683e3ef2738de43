"""Which key is this: the question and its answer."""

from enum import StrEnum

from keyconsole.wire.base import Answer, Moment, Request
from keyconsole.wire.fields import Digest, PublicKey
from keyconsole.wire.keys import Key

__all__ = ["Identified", "IdentifyMatch", "IdentifyRequest"]


class IdentifyMatch(StrEnum):
    """The result of an identification."""

    MATCH = "match"
    ID_ONLY = "id_only"
    UNKNOWN = "unknown"


class IdentifyRequest(Request):
    """Which key is this? The digest is SHA-256 of the secret, 64 lower-case hex digits."""

    public_key: PublicKey
    digest: Digest | None = None


class Identified(Answer):
    """The card of the key, and what the verification path itself says of it now."""

    match: IdentifyMatch
    key: Key | None = None
    would_authenticate: bool = False
    reason: str | None = None
    checked_at: Moment
    process: str
