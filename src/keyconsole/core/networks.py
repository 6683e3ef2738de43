"""Networks of IPv4 and IPv6, as they are compared with the addresses of callers."""

import ipaddress

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
