"""The rules of RFC 9112 for a request's head that httptools leaves to whoever uses it.

It refuses Content-Length beside Transfer-Encoding, either of them twice, folded headers and bare
line feeds itself. Two servers that read one of these differently can be made to see two requests
where the other sees one.
"""

import re
from collections.abc import Iterable
from enum import Enum

_HOST = re.compile(
    rb"(?:\[[A-Za-z0-9.:_~!$&'()*+;=-]+\]|(?:[A-Za-z0-9._~!$&'()*+;=-]|%[0-9A-Fa-f]{2})*)"
    rb"(?::[0-9]*)?"
)
"""`Host` of RFC 9110, section 7.2, but for the comma, which two hosts in one line would have."""


class Fault(Enum):
    """The faults for which the head of a request is refused; each value is the sentence sent."""

    VERSION = "The version of HTTP is neither 1.0 nor 1.1."
    NO_HOST = "The Host header is missing."
    HOST = "The Host header is there twice, or is not a host."
    CODING = "The Transfer-Encoding is not chunked, or the version of HTTP has none."


def fault_of(version: str, headers: Iterable[tuple[bytes, bytes]]) -> Fault | None:
    """Returns what is wrong with a head; the names of its headers are in lower case."""
    host: bytes | None = None
    for name, value in headers:
        if name == b"host":
            if host is not None or _HOST.fullmatch(value) is None:
                return Fault.HOST
            host = value
        elif name == b"transfer-encoding" and (version != "1.1" or value.lower() != b"chunked"):
            return Fault.CODING
    if version != "1.1":
        return None if version == "1.0" else Fault.VERSION
    return Fault.NO_HOST if host is None else None
