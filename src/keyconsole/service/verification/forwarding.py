"""Reads the addresses that proxies note in `X-Forwarded-For` and in `Forwarded` (RFC 7239).

A caller may send either header itself. A proxy appends to it, or adds a line after it, so both are
read from the right, and a line of `Forwarded` with an error anywhere holds no address at all: an
opening quote of the caller's must not reach into what the proxy appended.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from keyconsole.core.networks import Address, address_of

_PORT = r"(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]+))?"
_NODE = re.compile(rf"\[(?P<six>[^\[\]]+)\]{_PORT}|(?P<four>[0-9.]+){_PORT}")
"""`node` of RFC 7239, section 6, which is also how proxies write a port into `X-Forwarded-For`."""

_PAIR = re.compile(
    r"[ \t]*+"
    r"(?:(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]++)="
    r"(?:(?P<plain>[!#$%&'*+.^_`|~0-9A-Za-z:\[\]-]++)"
    r'|"(?P<quoted>(?:[^"\\]|\\.)*+)"))?'
    r"[ \t]*+(?P<end>[;,]|\Z)"
)
"""A `forwarded-pair` and what ends it. An IPv6 address without its quotes is read too.

No quantifier gives back what it took, so the time is linear in the length of the header.
"""

_MAX_NODE = 100
"""More characters than an address with its zone and port has; longer text is not cached."""


@lru_cache(maxsize=4096)
def address_of_node(text: str) -> Address | None:
    """Returns the address of a hop, which may have a port, and brackets around an IPv6 address."""
    node = _NODE.fullmatch(text)
    if node is None:
        return address_of(text)
    return address_of(node["six"] or node["four"])


def hops_of_list(lines: Sequence[bytes]) -> Iterator[Address | None]:
    """Yields the hops of the `X-Forwarded-For` lines from the last on; None where none is named."""
    for hop in reversed(b",".join(lines).decode("latin-1").split(",")):
        yield _address(hop.strip(" \t"))


def hops_of_elements(lines: Sequence[bytes]) -> Iterator[Address | None]:
    """Yields the hops of the `Forwarded` lines from the last on; None where none is named."""
    for line in reversed(lines):
        for node in reversed(_nodes(line.decode("latin-1"))):
            yield None if node is None else _address(node)


def _address(node: str) -> Address | None:
    return address_of_node(node) if len(node) <= _MAX_NODE else None


def _nodes(line: str) -> list[str | None]:
    """Returns the `for` of each element of a line; of a malformed line a single None."""
    nodes: list[str | None] = []
    found: list[str] = []
    position, end = 0, ","
    while end:
        pair = _PAIR.match(line, position)
        if pair is None:
            return [None]
        if pair["name"] is not None and pair["name"].lower() == "for":
            plain = pair["plain"]
            found.append(re.sub(r"\\(.)", r"\1", pair["quoted"]) if plain is None else plain)
        position, end = pair.end(), pair["end"]
        if end != ";":
            nodes.append(found[0] if len(found) == 1 else None)
            found = []
    return nodes
