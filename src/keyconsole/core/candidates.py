"""The API keys that a text holds, as a service can be asked about them.

A text is searched on this machine. Of a whole value goes its public key and its
SHA-256, which proves possession and cannot be turned back; of a cut one only the public key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from keyconsole.core import credential, credentialtext
from keyconsole.core.credential import CREDENTIAL_PATTERN, Kind

# A public key, or the beginning of a key that was cut or masked: it says which one it was.
_NAME = re.compile(r"kc[ps]_([0-9a-hjkmnp-tv-z]{16})")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A key to ask the service about: its name, and proof of possession if there was a secret.

    `damaged` says that the name stood in a whole value whose checksum is wrong.
    """

    public_key: str
    digest: str | None = None
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The contents of a text: keys to ask about, counts of operator tokens and of broken values."""

    candidates: tuple[Candidate, ...]
    tokens: int
    broken: int


def find_candidates(text: str) -> Found:
    """Finds every key in `text` once, those with a secret first. Sends and keeps nothing."""
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
