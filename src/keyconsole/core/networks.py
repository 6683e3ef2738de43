"""Networks of IPv4 and IPv6, as they are compared with the addresses of callers."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

from keyconsole.core.errors import UsageError
from keyconsole.core.safetext import show

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MAPPED_PREFIX = 96
"""Bits before an IPv4 address that is mapped into IPv6 (RFC 4291, section 2.5.5.2)."""


def unmapped(network: Network) -> Network:
    """Returns the IPv4 network that was mapped into IPv6, and any other as it is.

    Addresses are compared as IPv4 where they are, whichever way they were written.
    """
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is None or network.prefixlen < _MAPPED_PREFIX:
        return network
    return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_PREFIX))


@lru_cache(maxsize=4096)
def address_of(text: str) -> Address | None:
    """Returns the address in `text`, without its zone; an IPv4 one where it was mapped into IPv6.

    Returns None for any other text.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.scope_id is not None:
        address = ipaddress.IPv6Address(int(address))
    return address.ipv4_mapped or address


def allows(networks: Sequence[str], source: str) -> bool:
    """Returns true if a source is in one of the networks, or if there is none to be in."""
    address = address_of(source)
    return not networks or (
        address is not None
        and any(address in ipaddress.ip_network(each, strict=False) for each in networks)
    )


def widens(before: Sequence[str] | None, after: Sequence[str] | None) -> bool:
    """Returns true if an address is allowed by `after` that was not; None allows every address.

    Both are networks and addresses as Python writes them.
    """
    if before is None:
        return False
    if after is None:
        return True
    allowed = [ipaddress.ip_network(each) for each in before]
    return not all(
        any(old.version == new.version and new.subnet_of(old) for old in allowed)  # type: ignore[arg-type]
        for new in map(ipaddress.ip_network, after)
    )


def typed(text: str) -> list[str]:
    """Returns the addresses and networks in a text, with blanks or commas between.

    Raises `UsageError` for what is none.
    """
    found = text.replace(",", " ").split()
    for each in found:
        try:
            ipaddress.ip_network(each, strict=False)
        except ValueError:
            shown = show(each)[:40]
            raise UsageError(f"{shown} is not an address or a network like 10.1.0.0/16.") from None
    return found
