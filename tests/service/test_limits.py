"""How often is too often, and that memory has an end."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.service.databases import Engine
from tests.service.world import World, a_world, fresh_nonce

from keyconsole import wire
from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.core.errors import ConfigurationError
from keyconsole.service import limits
from keyconsole.service.clock import SECOND
from keyconsole.service.limits import Buckets, Limits, Unlimited, site_of
from keyconsole.service.routes import requests, revocations
from keyconsole.service.settings import ServiceSettings
from keyconsole.wire import Role

ENGINES = [Engine.SQLITE]

START = 1_700_000_000_000


class Now:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Now:
    return Now()


def taken(buckets: Buckets, name: str, times: int) -> int:
    return sum(buckets.take(name) for _ in range(times))


def test_a_bucket_gives_its_burst_and_then_its_rate(clock: Now) -> None:
    buckets = Buckets(100, 1_000, clock)
    assert taken(buckets, "a", 1_500) == 1_000
    clock.now += SECOND
    assert taken(buckets, "a", 500) == 100
    clock.now += 10 * SECOND
    assert taken(buckets, "a", 1_500) == 1_000
    clock.now += 3_600 * SECOND
    assert taken(buckets, "a", 1_500) == 1_000


def test_one_name_takes_nothing_from_another(clock: Now) -> None:
    buckets = Buckets(1, 60, clock)
    assert taken(buckets, "a", 100) == taken(buckets, "b", 100) == 60


def test_a_bucket_is_forgotten_only_when_it_is_full(clock: Now) -> None:
    buckets = Buckets(1, 60, clock)
    assert taken(buckets, "a", 100) == 60
    for _ in range(200):  # whatever the others do meanwhile
        clock.now += SECOND // 10
        taken(buckets, f"other {clock.now}", 1)
    assert taken(buckets, "a", 100) == 20
    clock.now += 130 * SECOND
    taken(buckets, "b", 1)
    clock.now += 130 * SECOND
    taken(buckets, "b", 1)
    assert len(buckets) <= 2


def test_a_clock_that_was_set_back_locks_nobody_out(clock: Now) -> None:
    buckets = Buckets(1, 60, clock)
    assert taken(buckets, "a", 60) == 60
    clock.now -= 3_600 * SECOND
    assert buckets.take("a")


def test_a_million_sources_take_no_more_memory_than_the_bound(clock: Now) -> None:
    buckets = Buckets(100, 1_000, clock)
    for number in range(1_000_000):
        buckets.take(str(number))
    assert len(buckets) <= 2 * limits.MAX_BUCKETS


def test_one_ipv6_host_is_one_source_whatever_address_it_takes() -> None:
    assert site_of("10.1.4.7") == "10.1.4.7"
    assert site_of("2001:db8::1") == site_of("2001:db8::ffff:1") == "2001:db8::/64"
    assert site_of("fe80::1%eth0") == "fe80::/64"
    assert site_of("unknown") == "unknown"


@pytest.fixture
async def limited(tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path / "data", KEYCONSOLE_RATE_LIMITS="on") as world:
        yield world


def small(monkeypatch: pytest.MonkeyPatch, world: World, **bursts: int) -> None:
    """The same allowances with less in them, since the real ones take a while to use up."""
    names = ("failures", "management", "revokes", "possession")
    rates = dict(zip(names, (100, 100, 200, 1), strict=True))
    allowances = {
        name: Buckets(rates[name], bursts.get(name, 10_000), world.clock) for name in names
    }
    world.runtime.limits = Limits(**allowances)
    forward_auth = world.app._forward_auth
    monkeypatch.setattr(forward_auth, "_may_fail", allowances["failures"].take)


def refused(answer: httpx.Response) -> None:
    assert answer.status_code == 429, answer.text
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["type"] == "urn:keyconsole:problem:rate-limited"


def bad() -> str:
    return credential.mint(Kind.API_KEY).text


async def test_the_allowances_are_those_of_the_contract(limited: World) -> None:
    kinds = (
        (limited.runtime.limits.failures, 100, 1_000),
        (limited.runtime.limits.management, 100, 1_000),
        (limited.runtime.limits.revokes, 200, 2_000),
        (limited.runtime.limits.possession, 1, 60),
    )
    for allowance, _, burst in kinds:
        assert isinstance(allowance, Buckets)
        assert taken(allowance, "somebody", burst + 10) == burst
    limited.clock.move(SECOND)
    for allowance, rate, burst in kinds:
        assert isinstance(allowance, Buckets)
        assert taken(allowance, "somebody", burst) == rate


async def test_failed_verifications_run_out_and_accepted_ones_never(
    limited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = await limited.admin.key(await limited.admin.integration())
    small(monkeypatch, limited, failures=5)
    for _ in range(5):
        assert (await limited.verify(bad())).status_code == 401
    answer = await limited.verify(bad())
    refused(answer)
    assert answer.headers["x-auth-reason"] == "rate-limited"
    assert "www-authenticate" not in answer.headers
    for _ in range(50):
        assert (await limited.verify(secret)).status_code == 200
    limited.clock.move(10)
    assert (await limited.verify(bad())).status_code == 401


async def test_nginx_is_told_too_many_in_the_way_it_understands(
    limited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch, limited, failures=0)
    answer = await limited.verify(bad(), params={"profile": "nginx"})
    assert (answer.status_code, answer.headers["x-auth-reason"]) == (403, "rate-limited")
    assert answer.headers["retry-after"] == "1"


async def test_one_source_does_not_use_up_what_another_has(
    limited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch, limited, failures=1)
    other = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=limited.app, client=("10.9.9.9", 1)),
        base_url="http://keys",
    )
    async with other:
        for _ in range(2):
            await limited.verify(bad())
        refused(await limited.verify(bad()))
        answer = await other.get("/v1/forward-auth")
        assert answer.status_code == 401


async def test_a_source_is_the_nearest_hop_that_is_no_proxy_of_ours(tmp_path: Path) -> None:
    environ = {"KEYCONSOLE_RATE_LIMITS": "on", "KEYCONSOLE_TRUSTED_PROXIES": "10.1.4.7"}
    async with a_world(tmp_path / "data", Engine.SQLITE, **environ) as world:
        world.runtime.limits.failures.take("192.0.2.1")
        for _ in range(999):
            world.runtime.limits.failures.take("192.0.2.1")

        async def fail(address: str, path: str) -> int:
            headers = {"x-forwarded-for": f"203.0.113.9, {address}"}
            return (await world.gateway.get(path, headers=headers)).status_code

        for path in ("/v1/forward-auth", "/v1/me"):
            assert await fail("192.0.2.1", path) == 429
            assert await fail("192.0.2.2", path) == 401


async def test_failed_sign_ins_run_out_with_failed_verifications(
    limited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch, limited, failures=2)
    assert (await limited.gateway.get("/v1/me")).status_code == 401
    assert (await limited.verify(bad())).status_code == 401
    refused(await limited.gateway.get("/v1/me"))
    assert (await limited.admin.get("/v1/me")).status_code == 200


async def test_management_runs_out_by_token_and_single_revokes_do_not(
    limited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    integration = await limited.admin.integration()
    keys = [(await limited.admin.key(integration))[0] for _ in range(3)]
    other = await limited.member(Role.ADMIN)
    small(monkeypatch, limited, management=3, revokes=2)
    for _ in range(3):
        assert (await limited.admin.get("/v1/me")).status_code == 200
    refused(await limited.admin.get("/v1/me"))
    assert (await other.get("/v1/me")).status_code == 200
    assert (await limited.admin.revoke(keys[0])).status_code == 200
    assert (await limited.admin.revoke(keys[1])).status_code == 200
    refused(await limited.admin.revoke(keys[2]))


async def test_a_gateway_may_ask_about_good_keys_without_end(
    limited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = await limited.member(Role.GATEWAY)
    _, secret = await limited.admin.key(await limited.admin.integration())
    small(monkeypatch, limited, management=1, failures=2)

    async def ask(token: str) -> httpx.Response:
        return await gateway.http.post("/v1/introspect", data={"token": token})

    for _ in range(20):
        assert (await ask(secret)).json()["active"] is True
    for _ in range(2):
        assert (await ask(bad())).json() == {"active": False}
    refused(await ask(bad()))
    assert (await ask(secret)).json()["active"] is True


async def test_revoking_by_possession_runs_out_by_source(limited: World) -> None:
    for _ in range(60):
        answer = await limited.gateway.post("/v1/revoke", data={"token": "x"})
        assert answer.status_code == 200
    refused(await limited.gateway.post("/v1/revoke", data={"token": "x"}))
    limited.clock.move(SECOND)
    answer = await limited.gateway.post("/v1/revoke", data={"token": "x"})
    assert answer.status_code == 200


async def test_off_is_off_and_a_typo_is_told(world: World, tmp_path: Path) -> None:
    assert isinstance(world.runtime.limits.failures, Unlimited)
    for _ in range(1_100):
        assert world.runtime.limits.failures.take("x")
    with pytest.raises(ConfigurationError, match="on or off"):
        ServiceSettings.from_environment(tmp_path, environ={"KEYCONSOLE_RATE_LIMITS": "of"})
    assert ServiceSettings.from_environment(tmp_path, environ={}).rate_limits is True


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"label":"x","label":"y"}', 400, "body-malformed"),
        (b'{"label":"x","metadata":{"a":"1","a":"2"}}', 400, "body-malformed"),
        (b'{"label":"x","metadata":{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}}", 400, ""),
        (b"[" * 16_000, 400, "body-malformed"),
        (b'{"label":' + b" " * 16_384 + b'"x"}', 413, "body-too-large"),
        (b'{"label":"\xff"}', 400, "body-malformed"),
        ('{"label":"x"}'.encode("utf-16"), 400, "body-malformed"),
        (b"", 400, "body-malformed"),
        (b"null", 422, "request-invalid"),
        (b'{"label":1}', 422, "request-invalid"),
        (b'{"label":"\\ud800"}', 400, ""),
    ],
)
async def test_a_body_that_is_not_what_it_should_be_gets_its_problem(
    world: World, body: bytes, status: int, code: str
) -> None:
    integration = await world.admin.integration()
    answer = await world.admin.http.post(
        f"/v1/integrations/{integration}/keys",
        content=body,
        headers={"idempotency-key": fresh_nonce()},
    )
    assert answer.status_code == status, answer.text
    assert not code or answer.json()["error"] == code
    assert (await world.admin.get("/v1/keys")).json()["items"] == []


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "1.5"])
@pytest.mark.parametrize("path", ["keys", "integrations", "audit", "members", "tokens"])
async def test_a_page_has_one_to_five_hundred(world: World, path: str, limit: Any) -> None:
    answer = await world.admin.get(f"/v1/{path}", limit=limit)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "limit")
    assert (await world.admin.get(f"/v1/{path}", limit=500)).status_code == 200


@pytest.mark.parametrize(
    ("path", "name", "most"),
    [
        ("audit", "actor", 200),
        ("members", "workspace", 200),
        ("refusals", "reason", 200),
        ("keys", "workspace", 200),
        ("keys", "query", 500),
        ("integrations", "q", 16_384),
        ("tokens", "cursor", 4_096),
    ],
)
async def test_no_parameter_is_longer_than_the_document_says(
    world: World, path: str, name: str, most: int
) -> None:
    refused = await world.admin.get(f"/v1/{path}", **{name: "a" * (most + 1)})
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert error["field"].partition(".")[0] == name
    assert error["message"] == "This is too long."
    taken = await world.admin.get(f"/v1/{path}", **{name: "a" * most})
    assert "This is too long." not in taken.text


async def test_a_body_of_more_values_than_any_request_has_is_not_read(world: World) -> None:
    many = b'{"keys":[' + b",".join([b"[]"] * (requests.MAX_VALUES + 2)) + b"]}"
    answer = await world.admin.http.post("/v1/revocations", content=many)
    assert (answer.status_code, answer.json()["error"]) == (413, "body-too-large")


async def test_of_a_body_with_countless_errors_only_their_number_is_told(world: World) -> None:
    unknown = {f"name{number}": 1 for number in range(requests.MAX_ERRORS + 1)}
    answer = await world.admin.post("/v1/revocations", unknown)
    assert (answer.status_code, answer.json()["error"]) == (422, "request-invalid")
    assert answer.json()["message"] == f"{len(unknown)} things in the body are wrong."
    assert answer.json()["errors"] == []


def test_a_bulk_revoke_of_as_many_keys_as_may_be_is_within_the_limits() -> None:
    keys = [
        {"public_key": f"kcp_{'0' * 16}", "digest": f"{number:064x}"}
        for number in range(wire.MOST_KEYS)
    ]
    body = json.dumps({"dry_run": True, "note": ",:" * 400, "keys": keys}).encode()
    assert body.count(b",") + body.count(b":") < requests.MAX_VALUES
    assert len(body) < revocations.MAX_BODY
