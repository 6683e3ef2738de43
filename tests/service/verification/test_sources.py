"""Where a request comes from, whatever it claims."""

import ipaddress

import pytest

from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.core.credentialtext import HIDDEN
from keyconsole.service.verification.sources import (
    CLOSE_LOOKS,
    MAX_AGENT,
    Agents,
    is_allowed,
    peer_of,
    source_of,
)

PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "source"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", [b"203.0.113.9"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [b"203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", [b"203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", [b"198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", [b"198.51.100.1", b"203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", [b"10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [b"203.0.113.9, nonsense"], "unknown"),
        ("10.0.0.1", [b"\xff"], "unknown"),
        ("::ffff:10.0.0.1", [b"::ffff:203.0.113.9"], "203.0.113.9"),
        ("fd00::1", [b"2001:db8::7"], "2001:db8::7"),
        ("", [b"203.0.113.9"], "unknown"),
        ("testclient", [], "unknown"),
    ],
)
def test_the_source_is_the_nearest_hop_that_is_not_ours(
    peer: str, forwarded: list[bytes], source: str
) -> None:
    assert source_of(peer, forwarded, [], PROXIES) == source
    if not forwarded:
        assert peer_of(peer) == source


def test_an_unknown_source_is_in_no_network() -> None:
    assert not is_allowed("unknown", '["0.0.0.0/0", "::/0"]')


def test_an_address_is_in_its_networks_only() -> None:
    assert is_allowed("10.1.4.7", '["192.0.2.1", "10.1.0.0/16"]')
    assert not is_allowed("10.2.4.7", '["192.0.2.1", "10.1.0.0/16"]')
    assert not is_allowed("2001:db8::1", '["10.1.0.0/16"]')


def test_an_agent_is_bounded_and_cannot_act_on_a_terminal() -> None:
    agent = Agents().read(b"curl/8\x1b]52;c;aGk=\x07\xff\xfe" + b"x" * 1000)
    assert len(agent) == MAX_AGENT
    assert agent.isprintable()
    assert agent.startswith("curl/8")


@pytest.mark.parametrize("start", [0, 60, 100, 200, 5000])
@pytest.mark.parametrize("kind", Kind)
def test_an_agent_holds_no_credential_whole_or_cut(kind: Kind, start: int) -> None:
    secret = credential.mint(kind).text
    for before in (b"x " * (start // 2), "é ".encode() * (start // 4), secret.encode() * 2 + b" "):
        agent = Agents().read(before + secret.encode() + b" curl/8")
        assert len(agent) <= MAX_AGENT
        assert secret[21:31] not in agent
    assert Agents().read(f"acme/1 {secret}".encode()) == f"acme/1 {secret[:21]}…"
    assert Agents().read(f"acme/1 {secret[:-1]}é".encode()) == f"acme/1 {secret[:21]}…é"


def test_only_so_many_agents_get_a_close_look() -> None:
    agents, secret = Agents(), credential.mint(Kind.API_KEY).text
    looked_at = [agents.read(f"{secret} {number}".encode()) for number in range(CLOSE_LOOKS)]
    assert set(looked_at) == {f"{secret[:21]}… {number}" for number in range(CLOSE_LOOKS)}
    assert agents.read(f"{secret} more".encode()) == HIDDEN
    assert agents.read(b"curl/8.4.0") == "curl/8.4.0"
    assert agents.read(f"{secret} 0".encode()) == f"{secret[:21]}… 0"
