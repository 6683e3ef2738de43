"""The places of a request in which a credential may stand: those that the service is set to.

`bearer` is `Authorization: Bearer` (RFC 6750) and the only one unless others are listed,
`api-key-scheme` is `Authorization: ApiKey`, `basic` is either half of `Authorization: Basic`
(RFC 7617), and `header:X-API-Key` is a header of that name. What stands anywhere else is none of
the service's business.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from keyconsole.core.errors import ConfigurationError

VARIABLE = "KEYCONSOLE_CREDENTIALS"

_BEARER = b"bearer"
_SCHEMES = {"bearer": _BEARER, "api-key-scheme": b"apikey", "basic": b"basic"}
_HEADER = "header:"
_FIELD_NAME = re.compile(r"[a-z0-9!#$%&'*+.^`|~-]{1,64}")
"""A header name of RFC 9110, without the underscore, which many gateways drop or confuse."""
_OTHERS = frozenset(
    b"authorization cookie host x-forwarded-for forwarded x-integration-id x-required-scope"
    b" x-key-id x-workspace-id x-scopes user-agent content-length connection".split()
)
"""Headers that mean something else."""


@dataclass(frozen=True, slots=True)
class CredentialPlaces:
    """Where the service looks for a credential: schemes of `Authorization`, names of headers."""

    schemes: frozenset[bytes] = frozenset({_BEARER})
    headers: frozenset[bytes] = frozenset()

    @classmethod
    def parse(cls, text: str) -> "CredentialPlaces":
        """Reads a list with commas between; raises `ConfigurationError`."""
        schemes, headers = set(), set()
        for part in filter(None, (each.strip().lower() for each in text.split(","))):
            name = part.removeprefix(_HEADER)
            if part in _SCHEMES:
                schemes.add(_SCHEMES[part])
            elif name != part and _FIELD_NAME.fullmatch(name) and name.encode() not in _OTHERS:
                headers.add(name.encode())
            else:
                raise ConfigurationError(
                    f"{VARIABLE} is a list of {', '.join(_SCHEMES)} and header:NAME, such as "
                    "bearer,header:X-API-Key. NAME is a header of your own, without underscores."
                )
        return cls(frozenset(schemes), frozenset(headers)) if schemes or headers else cls()

    def __str__(self) -> str:
        listed = [name for name, scheme in _SCHEMES.items() if scheme in self.schemes]
        return ",".join([*listed, *sorted(f"{_HEADER}{each.decode()}" for each in self.headers)])

    def find(self, authorization: bytes | None, headers: Sequence[bytes]) -> list[bytes]:
        """Returns what stands in these places; raises `ValueError` for what is no credential.

        `authorization` is empty where there were two of them.
        """
        found = list(self._of_authorization(authorization)) if authorization is not None else []
        return found + [each for each in (value.strip(b" \t") for value in headers) if each]

    def _of_authorization(self, value: bytes) -> Iterator[bytes]:
        if not self.schemes:
            return
        if not value:
            raise ValueError
        scheme, blank, rest = value.partition(b" ")
        name = scheme.lower()
        if name not in self.schemes:
            # `Bearerx` is a mistyped one of ours; any other scheme is somebody else's.
            if _BEARER in self.schemes and name.startswith(_BEARER):
                raise ValueError
            return
        if not blank:
            raise ValueError
        token = rest.strip(b" ")
        yield _half(token) if name == b"basic" else token


def _half(encoded: bytes) -> bytes:
    """Returns the half of a Basic credential that is not empty; raises `ValueError` for both."""
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).partition(b":")
    except binascii.Error:
        raise ValueError from None
    if not colon or bool(user) == bool(password):
        raise ValueError
    return user or password
