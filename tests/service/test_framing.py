"""What a head has to be before anybody looks at what it asks for."""

import pytest

from keyconsole.service.framing import Fault, fault_of

CHUNKED = (b"transfer-encoding", b"chunked")


def host(value: bytes) -> tuple[bytes, bytes]:
    return (b"host", value)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"keys",
        b"keys.acme.example:8321",
        b"keys.acme.example:",
        b"192.0.2.1:80",
        b"[2001:db8::5]",
        b"[2001:db8::5]:8321",
        b"[v1.x:y]",
        b"a_b-c~d%41",
    ],
)
def test_a_host_is_a_name_or_an_address_with_or_without_a_port(value: bytes) -> None:
    for version in ("1.0", "1.1"):
        assert fault_of(version, [host(value), (b"x", b"y"), CHUNKED][:2]) is None
    assert fault_of("1.1", [CHUNKED, host(value)]) is None


@pytest.mark.parametrize(
    "value",
    [
        b"a b",
        b"a/b",
        b"a?b",
        b"a#b",
        b"user@a",
        b"a,b:1",
        b"a:b",
        b"a:1:2",
        b"2001:db8::5",
        b"[2001:db8::5",
        b"[]",
        b"a%4",
        b"a\\b",
        b"a\xff",
        b"http://a",
    ],
)
def test_anything_else_is_no_host(value: bytes) -> None:
    for version in ("1.0", "1.1"):
        assert fault_of(version, [host(value)]) is Fault.HOST


def test_a_host_is_there_once_and_only_http_1_0_does_without() -> None:
    assert fault_of("1.1", [(b"x", b"y")]) is Fault.NO_HOST
    assert fault_of("1.0", [(b"x", b"y")]) is None
    for version in ("1.0", "1.1"):
        assert fault_of(version, [host(b"a"), (b"x", b"y"), host(b"a")]) is Fault.HOST


@pytest.mark.parametrize("version", ["0.9", "2.0", "1.2"])
def test_another_version_is_refused(version: str) -> None:
    assert fault_of(version, [host(b"a")]) is Fault.VERSION


@pytest.mark.parametrize(
    "value", [b"", b"xchunked", b"identity", b"gzip, chunked", b"chunked, chunked", b"chunked;q=1"]
)
def test_no_coding_but_chunked_is_understood(value: bytes) -> None:
    assert fault_of("1.1", [host(b"a"), (b"transfer-encoding", value)]) is Fault.CODING
    assert fault_of("1.1", [host(b"a"), (b"transfer-encoding", b"ChunkeD")]) is None
    assert fault_of("1.0", [host(b"a"), CHUNKED]) is Fault.CODING
