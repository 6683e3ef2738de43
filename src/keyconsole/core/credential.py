"""The key format: mint, parse, check and digest. `credentialtext` finds credentials in text.

```
secret          kcs_<pid>_<sec><crc>     70 characters
public key      kcp_<pid>                20 characters
operator token  kco_<pid>_<sec><crc>     70 characters
```

`pid` is 16 digits of lower-case Crockford base32 (80 random bits), `sec` 43 digits of base62
(256 bits, big-endian, zero-padded), `crc` 6 digits of base62: the CRC-32 (IEEE 802.3) of
everything before it. The checksum tells noise from a credential without asking anyone; it
proves nothing else.

Everything here is pure: no clock, no file, no network.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

PID_LENGTH = 16
SEC_LENGTH = 43
CRC_LENGTH = 6
CREDENTIAL_LENGTH = 70
PUBLIC_KEY_LENGTH = 20
SHORTEST_SUSPECTED = 27
"""Of what `credentialtext` takes for a secret: prefix, id and eight digits without low lines."""
PID_BITS = 80
SEC_BITS = 256

# No word boundaries: keys follow escape codes, `%20`, `\n` and `_`; the checksum decides.
CREDENTIAL_PATTERN = re.compile(r"kc[so]_[0-9a-hjkmnp-tv-z]{16}_[0-9A-Za-z]{49}")
PUBLIC_KEY_PATTERN = re.compile(r"kcp_[0-9a-hjkmnp-tv-z]{16}")
DIGEST_PATTERN = re.compile(r"[0-9a-f]{64}")

# Two digits a division: minting takes a third less time.
_CROCKFORD_PAIRS = [high + low for high in CROCKFORD for low in CROCKFORD]
_BASE62_PAIRS = [high + low for high in BASE62 for low in BASE62]


class Kind(StrEnum):
    """Which of the two credentials a text is, by its prefix."""

    API_KEY = "kcs"
    OPERATOR_TOKEN = "kco"  # noqa: S105 - a prefix, not a token


_KINDS = {kind.value: kind for kind in Kind}


class MalformedCredentialError(ValueError):
    """The text is not a credential: wrong shape, or the checksum is wrong.

    The message never contains the text.
    """


@dataclass(frozen=True, slots=True)
class Credential:
    """A well-formed credential whose checksum holds. Its `repr` shows no secret."""

    kind: Kind
    pid: str
    text: str = field(repr=False)

    @property
    def public_key(self) -> str:
        """The harmless name of the same credential, `kcp_…`."""
        return public_key(self.pid)


def _encode(number: int, length: int, pairs: Sequence[str]) -> str:
    base = len(pairs)
    digits = []
    for _ in range((length + 1) // 2):
        number, pair = divmod(number, base)
        digits.append(pairs[pair])
    digits.reverse()
    text = "".join(digits)
    surplus = len(text) - length
    if number or text[:surplus].strip("0"):
        raise ValueError("the number does not fit the length")
    return text[surplus:]


def encode_base62(number: int, length: int) -> str:
    """Encodes `number` in base62 (`0-9A-Za-z`), big-endian, zero-padded to `length` digits.

    Raises `ValueError` when it does not fit.
    """
    return _encode(number, length, _BASE62_PAIRS)


def checksum(text: str) -> str:
    """Returns the six base62 digits that close a credential, over everything before them."""
    number = zlib.crc32(text.encode("ascii"))
    # Written out, since every verification waits for it: three pairs hold 32 bits.
    return (
        _BASE62_PAIRS[number // 14_776_336]
        + _BASE62_PAIRS[number // 3_844 % 3_844]
        + _BASE62_PAIRS[number % 3_844]
    )


def new_pid() -> str:
    """Returns 80 random bits from the operating system as 16 digits of Crockford base32."""
    import secrets

    return _encode(secrets.randbits(PID_BITS), PID_LENGTH, _CROCKFORD_PAIRS)


def public_key(pid: str) -> str:
    """Returns the public key of a pid."""
    return f"kcp_{pid}"


def pid_of(public: str) -> str:
    """Returns the pid of a public key; raises `MalformedCredentialError` for any other text."""
    if PUBLIC_KEY_PATTERN.fullmatch(public) is None:
        raise MalformedCredentialError("not a public key")
    return public[4:]


def assemble(kind: Kind, pid: str, sec: bytes) -> Credential:
    """Returns the credential of 32 secret bytes, with its checksum."""
    if len(sec) * 8 != SEC_BITS:
        raise ValueError("the secret is 32 bytes")
    body = f"{kind}_{pid}_{encode_base62(int.from_bytes(sec, 'big'), SEC_LENGTH)}"
    return Credential(kind, pid, body + checksum(body))


def mint(kind: Kind) -> Credential:
    """Returns a new credential from the operating system's random source."""
    import secrets

    return assemble(kind, new_pid(), secrets.token_bytes(SEC_BITS // 8))


def parse(text: str) -> Credential:
    """Parses a text that is a credential, all of it.

    Raises `MalformedCredentialError` when the shape or the checksum is wrong.
    """
    if len(text) != CREDENTIAL_LENGTH or CREDENTIAL_PATTERN.fullmatch(text) is None:
        raise MalformedCredentialError("not a credential")
    if checksum(text[:-CRC_LENGTH]) != text[-CRC_LENGTH:]:
        raise MalformedCredentialError("the checksum is wrong")
    return Credential(_KINDS[text[:3]], text[4:20], text)


def digest(secret: str) -> bytes:
    """Returns the SHA-256 of the secret: proof of possession that may travel."""
    import hashlib

    return hashlib.sha256(secret.encode("ascii")).digest()


def abbreviate(public: str) -> str:
    """Returns a public key by its last four characters: `kcp_…2c3d`."""
    return f"kcp_…{public[-4:]}"
