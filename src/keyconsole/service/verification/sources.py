"""The source of a request: its peer, or the nearest hop that is not one of our proxies."""

import ipaddress
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache

from keyconsole.core.credentialtext import HIDDEN, may_contain_credential, redact
from keyconsole.core.networks import Address, Network, address_of
from keyconsole.service.verification.forwarding import hops_of_elements, hops_of_list

UNKNOWN = "unknown"
MAX_AGENT = 120
KEPT_OF_AGENT = 512
"""Bytes of a header that are kept until they are examined."""

CLOSE_LOOKS = 200
"""The number of agents that are searched for credentials in every form at one flush."""


@lru_cache(maxsize=1024)
def networks_of(allowed: str) -> tuple[Network, ...]:
    """Returns the networks of a key's `allowed_ips` as stored, a JSON list; none of other text."""
    try:
        return tuple(ipaddress.ip_network(text, strict=False) for text in json.loads(allowed))
    except (TypeError, ValueError, RecursionError):
        return ()


def is_allowed(source: str, allowed: str) -> bool:
    """Returns true if a source address is in the networks of a key."""
    address = address_of(source)
    return address is not None and _is_in(address, networks_of(allowed))


@lru_cache(maxsize=4096)
def peer_of(peer: str) -> str:
    """Returns the address of a peer as it is counted; `unknown` without one."""
    address = address_of(peer)
    return UNKNOWN if address is None else str(address)


def source_of(
    peer: str, listed: Sequence[bytes], forwarded: Sequence[bytes], proxies: Sequence[Network]
) -> str:
    """Returns the source address, or `unknown`.

    `listed` are the `X-Forwarded-For` lines in order, `forwarded` those of `Forwarded`. Only a peer
    that is a trusted proxy is believed, and the first hop from the right that is not one is the
    source. A hop that is no address makes the source unknown, and so do two headers that disagree:
    the proxy sets one of them, and the other may be the caller's.
    """
    address = address_of(peer)
    if address is None:
        return UNKNOWN
    if not _is_in(address, proxies):
        return str(address)
    found = {
        _nearest(hops, address, proxies)
        for hops, is_there in (
            (hops_of_list(listed), listed),
            (hops_of_elements(forwarded), forwarded),
        )
        if is_there
    }
    source = found.pop() if found else address
    return UNKNOWN if source is None or found else str(source)


def _nearest(
    hops: Iterable[Address | None], peer: Address, proxies: Sequence[Network]
) -> Address | None:
    """Returns the first hop that is no trusted proxy, or the last of all; None for no address."""
    nearest: Address | None = peer
    for nearest in hops:
        if nearest is None or not _is_in(nearest, proxies):
            break
    return nearest


class Agents:
    """Makes `User-Agent` headers fit to be stored. For one flush: its patience is limited.

    Most agents are ordinary. A closer look takes a millisecond, so that of many that need one,
    which only an attacker sends, the rest are stored as `HIDDEN`.
    """

    def __init__(self) -> None:
        self._known: dict[bytes | str, str] = {}
        self._left = CLOSE_LOOKS

    def read(self, header: bytes | str) -> str:
        """Returns the agent, bounded in length: printable characters only, and no credential."""
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
