"""Where a request comes from: its peer, or the nearest hop that is not one of our proxies."""

import ipaddress
import json
from collections.abc import Sequence
from functools import lru_cache

from keyconsole.credentialtext import HIDDEN, may_contain_credential, redact
from keyconsole.service.settings import Network

UNKNOWN = "unknown"
MAX_AGENT = 120
KEPT_OF_AGENT = 512
"""Bytes of a header that are kept until they are examined."""

CLOSE_LOOKS = 200
"""How many agents are searched for credentials in every form at one flush."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=4096)
def address_of(text: str) -> Address | None:
    """The address in `text`, an IPv4 one where it was mapped into IPv6; nothing for other text."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(maxsize=1024)
def networks_of(allowed: str) -> tuple[Network, ...]:
    """The networks of a key's `allowed_ips` as it is stored, a JSON list."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in json.loads(allowed))


def is_allowed(source: str, allowed: str) -> bool:
    """Whether a source address is in the networks of a key."""
    address = address_of(source)
    return address is not None and _is_in(address, networks_of(allowed))


@lru_cache(maxsize=4096)
def peer_of(peer: str) -> str:
    """The address of a peer as it is counted; `unknown` for none, or a socket that has none."""
    address = address_of(peer)
    return UNKNOWN if address is None else str(address)


def source_of(peer: str, forwarded: Sequence[bytes], proxies: Sequence[Network]) -> str:
    """The source address; `forwarded` are the `X-Forwarded-For` headers in order.

    Only a peer that is a trusted proxy is believed, and the first hop from the right that is
    not one is the source. A hop that is no address makes the source unknown.
    """
    address = address_of(peer)
    if address is None:
        return UNKNOWN
    if forwarded and proxies and _is_in(address, proxies):
        hops = b",".join(forwarded).decode("latin-1").split(",")
        for hop in reversed(hops):
            address = address_of(hop.strip())
            if address is None:
                return UNKNOWN
            if not _is_in(address, proxies):
                break
    return str(address)


class Agents:
    """Makes `User-Agent` headers fit to be stored. For one flush: its patience is limited.

    Most agents are ordinary. A closer look takes a millisecond, so that of many that need one,
    which only an attacker sends, the rest are stored as `HIDDEN`.
    """

    def __init__(self) -> None:
        self._known: dict[bytes | str, str] = {}
        self._left = CLOSE_LOOKS

    def read(self, header: bytes | str) -> str:
        """The agent, bounded in length: printable characters only, and no credential."""
        agent = self._known.get(header)
        if agent is None:
            text = header if isinstance(header, str) else header.decode("utf-8", "replace")
            agent = self._known[header] = self._examine(text)
        return agent

    def _examine(self, text: str) -> str:
        if may_contain_credential(text):
            self._left -= 1
            if self._left < 0:
                return HIDDEN
            # Before it is cut: half a credential is not always found and still half a secret.
            text = redact(text)
        return "".join(c if c.isprintable() else "�" for c in text)[:MAX_AGENT]


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
