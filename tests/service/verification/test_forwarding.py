"""The addresses that proxies note: understood in every form, and never one that a caller wrote."""

import ipaddress
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyconsole.service.verification.forwarding import (
    address_of_node,
    hops_of_elements,
    hops_of_list,
)
from keyconsole.service.verification.sources import UNKNOWN, peer_of, source_of

PROXY = "10.0.0.1"
PROXIES = (ipaddress.ip_network("10.0.0.0/8"),)

LISTED = [
    ("203.0.113.9", "203.0.113.9"),
    ("203.0.113.9:51008", "203.0.113.9"),
    ("2001:db8::5", "2001:db8::5"),
    ("[2001:db8::5]", "2001:db8::5"),
    ("[2001:db8::5]:443", "2001:db8::5"),
    ("[2001:DB8:0:0::5]:443", "2001:db8::5"),
    ("fe80::7%eth0", "fe80::7"),
    ("[fe80::7%25eth0]:443", "fe80::7"),
    ("::ffff:203.0.113.9", "203.0.113.9"),
    ("[::ffff:203.0.113.9]:443", "203.0.113.9"),
    (" \t203.0.113.9 ", "203.0.113.9"),
]
NONE = [
    "",
    "unknown",
    "_hidden",
    "_SEVKISEK",
    "localhost",
    "203.0.113.9:",
    "203.0.113.9:x",
    "203.0.113.9:123456",
    "203.0.113.9:51008:1",
    "203.0.113.009",
    "[2001:db8::5",
    "2001:db8::5]:443",
    "[]",
    "[2001:db8::5]443",
    "[[2001:db8::5]]",
    "203.0.113.0/24",
    "٢٠٣.0.113.9",
]


def listed(text: str) -> str:
    return source_of(PROXY, [text.encode()], [], PROXIES)


def forwarded(*lines: str) -> str:
    return source_of(PROXY, [], [line.encode() for line in lines], PROXIES)


@pytest.mark.parametrize(("text", "address"), LISTED)
def test_ports_brackets_and_zones_are_understood(text: str, address: str) -> None:
    assert listed(text) == address
    assert listed(f"198.51.100.1, {text}") == address
    assert listed(f"{text}, 10.0.0.2:80") == address
    assert forwarded(f'for="{text.strip()}"') == address
    assert peer_of("fe80::7%eth0") == "fe80::7"


@pytest.mark.parametrize("text", NONE)
def test_a_hop_that_is_no_address_makes_the_source_unknown(text: str) -> None:
    assert listed(text) == UNKNOWN
    assert listed(f"203.0.113.9, {text}") == UNKNOWN
    assert forwarded(f'for="{text}"') == UNKNOWN


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        (["for=192.0.2.43"], "192.0.2.43"),
        (['For="[2001:db8:cafe::17]:4711"'], "2001:db8:cafe::17"),
        (["for=192.0.2.60;proto=http;by=203.0.113.43"], "192.0.2.60"),
        (["proto=https; host=a.example ; FOR=192.0.2.60"], "192.0.2.60"),
        (["for=192.0.2.43, for=198.51.100.17"], "198.51.100.17"),
        (["for=192.0.2.43,for=10.0.0.9"], "192.0.2.43"),
        (["for=192.0.2.43", "for=10.0.0.9"], "192.0.2.43"),
        (["for=198.51.100.17", 'for="192.0.2.43:_port"'], "192.0.2.43"),
        (["for=[2001:db8::5]:443"], "2001:db8::5"),
        (['for="192.0.2.\\43"'], "192.0.2.43"),
        (['for=192.0.2.43;host="a, for=198.51.100.17"'], "192.0.2.43"),
        (["for=unknown"], UNKNOWN),
        (["for=192.0.2.43, for=unknown"], UNKNOWN),
        (['for="_mdn"'], UNKNOWN),
        (["proto=https"], UNKNOWN),
        (["for=192.0.2.43;for=192.0.2.44"], UNKNOWN),
        (["for=192.0.2.43,"], UNKNOWN),
        (["for=192.0.2.43, nonsense"], UNKNOWN),
        (['nonsense", for=192.0.2.43'], UNKNOWN),
        (['for="198.51.100.17', "for=192.0.2.43"], "192.0.2.43"),
        ([""], UNKNOWN),
    ],
)
def test_forwarded_is_read_as_its_rfc_says(lines: list[str], address: str) -> None:
    assert forwarded(*lines) == address


def test_two_headers_have_to_agree() -> None:
    def both(one: bytes, other: bytes, peer: str = PROXY) -> str:
        return source_of(peer, [one], [other], PROXIES)

    assert both(b"192.0.2.43:80", b"for=192.0.2.43") == "192.0.2.43"
    assert both(b"192.0.2.43", b"for=198.51.100.1") == UNKNOWN
    assert both(b"nonsense", b"for=198.51.100.1") == UNKNOWN
    assert both(b"192.0.2.43", b"for=198.51.100.1", "192.0.2.7") == "192.0.2.7"


ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).filter(
    lambda address: address not in PROXIES[0] and getattr(address, "ipv4_mapped", None) is None
)
WRITTEN = st.one_of(
    st.binary(max_size=60).filter(lambda sent: not set(sent) & set(b"\r\n\0")),
    st.text('for="=;, \\[]:._10aF', max_size=60).map(str.encode),
)
PORTS = st.one_of(st.just(""), st.integers(0, 65535).map(":{}".format))


def noted(address: IPv4Address | IPv6Address, port: str) -> str:
    bare = f"[{address}]" if address.version == 6 and port else str(address)
    return f"{bare}{port}"


@settings(max_examples=150, deadline=None, database=None)
@given(ADDRESSES, PORTS, WRITTEN, st.booleans())
def test_whatever_a_caller_wrote_the_source_is_the_true_one_or_unknown(
    address: IPv4Address | IPv6Address, port: str, written: bytes, appends: bool
) -> None:
    node = noted(address, port).encode()
    element = b'for="%b";proto=http' % node
    as_list = [written + b", " + node] if appends else [written, node]
    as_elements = [written + b", " + element] if appends else [written, element]
    true = str(address)
    assert source_of(PROXY, as_list, [], PROXIES) == true
    assert source_of(PROXY, [], [element], PROXIES) == true
    # A quote that the caller left open spoils the line, and no more than that.
    assert source_of(PROXY, [], as_elements, PROXIES) in ({true, UNKNOWN} if appends else {true})
    # A proxy that sets one header may hand on the other as it was sent.
    assert source_of(PROXY, [node], [written], PROXIES) in {true, UNKNOWN}
    assert source_of(PROXY, [written], [element], PROXIES) in {true, UNKNOWN}


@settings(max_examples=150, deadline=None, database=None)
@given(st.lists(WRITTEN, min_size=1, max_size=3))
def test_nothing_breaks_on_nonsense(lines: list[bytes]) -> None:
    for hops in (hops_of_list(lines), hops_of_elements(lines)):
        assert all(hop is None or hop.version in (4, 6) for hop in hops)


@pytest.mark.parametrize("text", [" ", "a", "=", '"', ";", ",", "\\", 'for="', "[", ":", "1."])
def test_a_long_header_costs_time_in_proportion_and_no_memory(text: str) -> None:
    before = address_of_node.cache_info().currsize
    for line in (text * 60_000 + "x", "for=" + text * 60_000, 'for="' + text * 60_000):
        assert forwarded(line) == UNKNOWN
        assert listed(line) == UNKNOWN
    assert address_of_node.cache_info().currsize <= before + 3
