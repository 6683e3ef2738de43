"""The table of answers, line by line, and nothing but refusals for what is not understood."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.service.world import World, a_world

from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.service.clock import HOUR, moment
from keyconsole.service.store.sqlite import schema
from keyconsole.wire import rfc3339

BEARER = 'Bearer realm="keyconsole"'
INVALID = BEARER + ', error="invalid_token"'


@pytest.fixture
async def integration(world: World) -> str:
    return await world.admin.integration()


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


async def test_a_key_is_let_through_and_named(world: World, integration: str) -> None:
    public_key, secret = await world.admin.key(integration)
    answer = await world.verify(secret)
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["x-key-id"] == public_key
    assert answer.headers["x-integration-id"] == integration
    assert answer.headers["x-workspace-id"] == await world.workspace_id()
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"].startswith("req_")
    assert "x-auth-reason" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_any_method_and_any_path_below_is_answered(
    world: World, integration: str, method: str
) -> None:
    _, secret = await world.admin.key(integration)
    ask = world.gateway.request
    for path in ("/v1/forward-auth", "/v1/forward-auth/", "/v1/forward-auth/orders/7"):
        assert (await ask(method, path, headers=bearer(secret))).status_code == 200
        refused = await ask(method, path)
        assert refused.status_code == 401
        assert (refused.content == b"") == (method == "HEAD")


async def test_a_path_that_only_begins_alike_is_not_verification(world: World) -> None:
    answer = await world.gateway.get("/v1/forward-authentic")
    assert answer.status_code == 404


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
async def test_the_scheme_is_read_without_regard_to_case(
    world: World, integration: str, scheme: str
) -> None:
    _, secret = await world.admin.key(integration)
    answer = await world.gateway.get(
        "/v1/forward-auth", headers={"authorization": f"{scheme} {secret}"}
    )
    assert answer.status_code == 200


async def refusal(world: World, expected: str, **request: object) -> None:
    """Asks, and holds the answer to the contract's line for `expected`."""
    answer = await world.gateway.get("/v1/forward-auth", **request)  # type: ignore[arg-type]
    status, challenge = TABLE[expected]
    assert answer.headers["x-auth-reason"] == expected
    assert answer.status_code == status
    assert answer.headers.get("www-authenticate") == challenge
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["error"] == expected
    assert problem["type"] == f"urn:keyconsole:problem:{expected}"
    assert problem["status"] == status
    assert problem["instance"] == answer.headers["x-request-id"]
    assert problem["message"] == problem["detail"]


TABLE = {
    "credential-missing": (401, BEARER),
    "credential-malformed": (400, BEARER + ', error="invalid_request"'),
    "credential-invalid": (401, INVALID),
    "key-revoked": (401, INVALID + ', error_description="revoked"'),
    "key-expired": (401, INVALID + ', error_description="expired"'),
    "key-disabled": (401, INVALID + ', error_description="disabled"'),
    "integration-disabled": (401, INVALID + ', error_description="integration disabled"'),
    "integration-mismatch": (403, None),
    "ip-not-allowed": (403, None),
}


async def test_no_credential_is_missing(world: World) -> None:
    await refusal(world, "credential-missing")


async def test_another_scheme_is_no_credential_of_ours(world: World) -> None:
    await refusal(world, "credential-missing", headers={"authorization": "Basic b3BzOm9wcw=="})


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer a b", "Bearer ä", "Bearer\tx"])
async def test_a_header_that_is_not_one_bearer_credential_is_malformed(
    world: World, header: str
) -> None:
    await refusal(world, "credential-malformed", headers=[(b"authorization", header.encode())])


async def test_two_credentials_are_malformed_even_if_one_is_right(
    world: World, integration: str
) -> None:
    _, secret = await world.admin.key(integration)
    one = (b"authorization", f"Bearer {secret}".encode())
    await refusal(world, "credential-malformed", headers=[one, one])
    await refusal(world, "credential-malformed", headers=[(b"authorization", b"Bearer x"), one])


async def test_another_token_than_ours_is_invalid(world: World) -> None:
    await refusal(world, "credential-invalid", headers=bearer("eyJhbGciOiJub25lIn0.e30."))


async def test_an_unknown_key_is_invalid(world: World) -> None:
    await refusal(world, "credential-invalid", headers=bearer(credential.mint(Kind.API_KEY).text))


async def test_an_operator_token_never_authenticates_as_a_key(world: World) -> None:
    await refusal(world, "credential-invalid", headers=bearer(world.admin.token))


def with_another_secret(secret: str) -> str:
    return credential.assemble(Kind.API_KEY, secret[4:20], b"\x07" * 32).text


async def test_a_wrong_secret_for_a_known_key_is_invalid(world: World, integration: str) -> None:
    _, secret = await world.admin.key(integration)
    await refusal(world, "credential-invalid", headers=bearer(with_another_secret(secret)))


async def test_a_wrong_checksum_is_invalid_and_never_reaches_the_store(
    world: World, integration: str
) -> None:
    _, secret = await world.admin.key(integration)
    wrong = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    await world.runtime.lookup.aclose()
    await refusal(world, "credential-invalid", headers=bearer(wrong))


async def test_a_revoked_key_is_told_so(world: World, integration: str) -> None:
    public_key, secret = await world.admin.key(integration)
    await world.admin.revoke(public_key)
    await refusal(world, "key-revoked", headers=bearer(secret))


async def test_an_expired_key_is_told_so_from_the_very_millisecond(
    world: World, integration: str
) -> None:
    expires = rfc3339(moment(world.clock.now + HOUR))
    _, secret = await world.admin.key(integration, expires_at=expires)
    world.clock.move(HOUR - 1)
    assert (await world.verify(secret)).status_code == 200
    world.clock.move(1)
    await refusal(world, "key-expired", headers=bearer(secret))


async def test_a_disabled_key_is_told_so(world: World, integration: str) -> None:
    public_key, secret = await world.admin.key(integration)
    await world.sql(f"UPDATE api_keys SET disabled_at = 1 WHERE pid = '{public_key[4:]}'")
    await refusal(world, "key-disabled", headers=bearer(secret))


async def test_the_keys_of_a_disabled_integration_do_not_authenticate_until_it_is_enabled(
    world: World, integration: str
) -> None:
    _, secret = await world.admin.key(integration)
    path = f"/v1/integrations/{integration}"
    await world.admin.patch(path, {"status": "disabled"})
    await refusal(world, "integration-disabled", headers=bearer(secret))
    await world.admin.patch(path, {"status": "configured"})
    assert (await world.verify(secret)).status_code == 200


async def test_the_state_of_a_key_is_told_only_to_who_has_its_secret(
    world: World, integration: str
) -> None:
    public_key, secret = await world.admin.key(integration)
    await world.admin.revoke(public_key)
    await world.admin.patch(f"/v1/integrations/{integration}", {"status": "disabled"})
    await refusal(world, "credential-invalid", headers=bearer(with_another_secret(secret)))


async def test_a_demanded_integration_must_be_the_one_of_the_key(
    world: World, integration: str
) -> None:
    _, secret = await world.admin.key(integration)
    other = await world.admin.integration("HubSpot")

    async def asked(query: str = "", header: str | None = None) -> int:
        headers = bearer(secret) | ({} if header is None else {"x-integration-id": header})
        answer = await world.gateway.get(f"/v1/forward-auth{query}", headers=headers)
        return answer.status_code

    assert await asked(f"?integration={integration}") == 200
    assert await asked(header=integration) == 200
    assert await asked(f"?integration={integration}", integration) == 200
    assert await asked(f"?integration={other}") == 403
    assert await asked(header=other) == 403
    assert await asked(f"?integration={integration}", other) == 403
    assert await asked(f"?integration={other}", integration) == 403
    assert await asked(f"?integration={integration}&integration={other}") == 403
    assert await asked("?integration=") == 403
    assert await asked("?integration=%FF") == 403
    await refusal(
        world,
        "integration-mismatch",
        headers=bearer(secret) | {"x-integration-id": other},
    )


@pytest.mark.parametrize(
    "query",
    [
        *("integratoin=", "Integration=", "integration[]=", "%20integration=", "integrations="),
        *("x", "x=1", "=", "&".join(["x=1"] * 100), "&".join(["integration="] * 100), "%FF=1"),
        *("profile=", "profile=Nginx", "profile=envoy", "profile=nginx&profile=nginx"),
    ],
)
async def test_a_query_that_is_not_understood_lets_nobody_through(
    world: World, integration: str, query: str
) -> None:
    _, secret = await world.admin.key(integration)
    for rest in ("", f"&integration={integration}"):
        answer = await world.gateway.get(f"/v1/forward-auth?{query}{rest}", headers=bearer(secret))
        assert answer.status_code == 400
        assert answer.headers["x-auth-reason"] == "request-malformed"
        assert answer.json()["error"] == "request-malformed"
        assert "www-authenticate" not in answer.headers
    answer = await world.gateway.get(f"/v1/forward-auth/?{query}", headers=bearer(secret))
    assert answer.status_code == 200


async def test_a_query_that_is_not_understood_is_403_for_nginx(
    world: World, integration: str
) -> None:
    _, secret = await world.admin.key(integration)
    answer = await world.verify(secret, params={"profile": "nginx", "integratoin": integration})
    assert answer.status_code == answer.json()["status"] == 403
    assert answer.headers["x-auth-reason"] == "request-malformed"


async def test_a_query_that_is_not_understood_is_no_failure_of_the_address(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.app.verification, "_may_fail", lambda _site: False)
    for query, reason in (("?x=1", "request-malformed"), ("", "rate-limited")):
        answer = await world.gateway.get(f"/v1/forward-auth{query}")
        assert answer.headers["x-auth-reason"] == reason


async def test_below_the_path_the_query_is_the_callers_and_only_headers_count(
    world: World, integration: str
) -> None:
    _, secret = await world.admin.key(integration)
    other = await world.admin.integration("HubSpot")

    async def asked(target: str, authorization: str = f"Bearer {secret}", **demands: str) -> int:
        sent = {"authorization": authorization} | demands
        return (await world.gateway.get(target, headers=sent)).status_code

    for rest in ("/", "/orders", "//orders", "/v1/forward-auth"):
        path = f"/v1/forward-auth{rest}"
        for query in (f"integration={other}", "integration=", "x=1&" * 25, "a=%FF&&=;"):
            target = f"{path}?{query}"
            assert await asked(target) == 200, target
            assert await asked(target, **{"x-integration-id": other}) == 403
            assert await asked(target, **{"x-integration-id": integration}) == 200
        assert await asked(f"{path}?profile=nginx", "Bearer") == 400


async def test_a_preflight_needs_a_key_unless_the_switch_says_otherwise(tmp_path: Path) -> None:
    preflight = {"origin": "https://a.example", "access-control-request-method": "PUT"}
    for value, expected in (("off", 401), ("on", 200)):
        async with a_world(tmp_path / value, KEYCONSOLE_FORWARD_AUTH_PREFLIGHT=value) as world:
            for path in ("/v1/forward-auth?profile=nginx", "/v1/forward-auth/orders"):
                answer = await world.gateway.options(path, headers=preflight)
                assert answer.status_code == expected
            answer = await world.gateway.options("/v1/forward-auth?x=1", headers=preflight)
            assert answer.status_code == 400
            assert world.runtime.verifications.outcomes.get("preflight", 0) == (
                2 if value == "on" else 0
            )


async def test_nothing_but_a_preflight_gets_through_without_a_key(tmp_path: Path) -> None:
    preflight = {"origin": "https://a.example", "access-control-request-method": "PUT"}
    async with a_world(tmp_path, KEYCONSOLE_FORWARD_AUTH_PREFLIGHT="on") as world:
        ask = world.gateway.request
        answer = await ask("OPTIONS", "/v1/forward-auth", headers=preflight)
        assert answer.status_code == 200
        assert not {"x-key-id", "x-integration-id", "x-workspace-id"} & {*answer.headers}
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"):
            for more in ({}, {"x-forwarded-method": "OPTIONS"}, {"x-http-method": "OPTIONS"}):
                answer = await ask(method, "/v1/forward-auth", headers=preflight | more)
                assert answer.status_code == 401
        for lacks in preflight:
            rest = {name: value for name, value in preflight.items() if name != lacks}
            assert (await ask("OPTIONS", "/v1/forward-auth", headers=rest)).status_code == 401
        public_key, secret = await world.admin.key(await world.admin.integration())
        headers = preflight | bearer(secret)
        named = await ask("OPTIONS", "/v1/forward-auth", headers=headers)
        assert named.headers["x-key-id"] == public_key
        await world.admin.revoke(public_key)
        answer = await ask("OPTIONS", "/v1/forward-auth", headers=headers)
        assert answer.headers["x-auth-reason"] == "key-revoked"


async def test_a_bug_is_a_no_with_a_reason(
    world: World, integration: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = await world.admin.key(integration)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(world.app.verification, "_verify", broken)
    answer = await world.verify(secret)
    assert answer.status_code == 500
    assert answer.headers["x-auth-reason"] == "internal-error"
    assert answer.json()["status"] == 500


async def test_a_source_outside_the_allowed_ones_is_refused(world: World, integration: str) -> None:
    _, secret = await world.admin.key(integration, allowed_ips=["192.0.2.0/24", "2001:db8::7"])
    await refusal(world, "ip-not-allowed", headers=bearer(secret))
    _, near = await world.admin.key(integration, allowed_ips=["10.1.0.0/16"])
    assert (await world.verify(near)).status_code == 200


async def test_only_a_trusted_proxy_is_believed_about_the_source(tmp_path: Path) -> None:
    async with a_world(tmp_path / "none") as plain:
        _, secret = await plain.admin.key(
            await plain.admin.integration(), allowed_ips=["192.0.2.7"]
        )
        headers = bearer(secret) | {"x-forwarded-for": "192.0.2.7"}
        await refusal(plain, "ip-not-allowed", headers=headers)
    async with a_world(
        tmp_path / "behind", KEYCONSOLE_TRUSTED_PROXIES="10.1.0.0/16, 10.2.0.1"
    ) as behind:
        _, secret = await behind.admin.key(
            await behind.admin.integration(), allowed_ips=["192.0.2.7"]
        )

        async def via(*forwarded: str) -> int:
            headers = [(b"authorization", f"Bearer {secret}".encode())]
            headers += [(b"x-forwarded-for", each.encode()) for each in forwarded]
            answer = await behind.gateway.get("/v1/forward-auth", headers=headers)
            return answer.status_code

        assert await via("192.0.2.7") == 200
        assert await via("192.0.2.7, 10.2.0.1") == 200
        assert await via("203.0.113.9", "192.0.2.7, 10.2.0.1") == 200
        assert await via("192.0.2.7:51008") == 200
        assert await via("192.0.2.7, 203.0.113.9") == 403
        assert await via("192.0.2.7, garbage") == 403
        assert await via() == 403

        async def noted(*forwarded: str, listed: str = "") -> int:
            headers = [("authorization", f"Bearer {secret}")]
            headers += [("forwarded", each) for each in forwarded]
            headers += [("x-forwarded-for", listed)] if listed else []
            answer = await behind.gateway.get("/v1/forward-auth", headers=headers)
            return answer.status_code

        assert await noted('for="192.0.2.7:51008";proto=https') == 200
        assert await noted("for=203.0.113.9, for=192.0.2.7", "for=10.2.0.1") == 200
        assert await noted("for=192.0.2.7", "for=203.0.113.9") == 403
        assert await noted("for=192.0.2.7", listed="203.0.113.9") == 403
        assert await noted("for=203.0.113.9", listed="192.0.2.7") == 403
        assert await noted("for=192.0.2.7", listed="192.0.2.7") == 200


async def test_no_answer_of_the_store_is_never_a_yes(world: World, integration: str) -> None:
    _, secret = await world.admin.key(integration)
    await world.runtime.lookup.aclose()
    answer = await world.verify(secret)
    assert answer.status_code == 503
    assert answer.headers["x-auth-reason"] == "store-unavailable"
    assert int(answer.headers["retry-after"]) >= 1
    nginx = await world.verify(secret, params={"profile": "nginx"})
    assert nginx.status_code == 403
    assert nginx.headers["x-auth-reason"] == "store-unavailable"


async def test_nginx_gets_nothing_but_200_401_and_403(world: World, integration: str) -> None:
    public_key, secret = await world.admin.key(integration)
    path = "/v1/forward-auth?profile=nginx"
    ask = world.gateway.get
    assert (await ask(path, headers=bearer(secret))).status_code == 200
    assert (await ask(path)).status_code == 401
    malformed = await ask(path, headers={"authorization": "Bearer"})
    assert malformed.status_code == 403
    assert malformed.json()["status"] == 403
    assert malformed.headers["x-auth-reason"] == "credential-malformed"
    await world.admin.revoke(public_key)
    assert (await ask(path, headers=bearer(secret))).status_code == 401


async def test_an_unknown_key_costs_the_same_comparison(
    world: World, integration: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hmac

    compared = []
    real = hmac.compare_digest

    def counting(a: bytes, b: bytes) -> bool:
        compared.append((len(a), len(b)))
        return bool(real(a, b))

    monkeypatch.setattr(hmac, "compare_digest", counting)
    _, secret = await world.admin.key(integration)
    await world.verify(secret)
    known = compared.copy()
    compared.clear()
    await world.verify(credential.mint(Kind.API_KEY).text)
    assert compared == known[-1:] == [(32, 32)]


async def test_a_revoke_of_another_connection_is_seen_by_the_next_read(
    world: World, integration: str
) -> None:
    """Ours has just read the row; a snapshot or a half-read cursor would still serve it."""
    public_key, secret = await world.admin.key(integration)
    other = await world.another_lookup()
    for _ in range(3):
        assert (await world.verify(secret)).status_code == 200
        row = await other.find(public_key[4:])
        assert row is not None
        assert row.revoked_at is None
    await world.admin.revoke(public_key)
    row = await other.find(public_key[4:])
    assert row is not None
    assert row.revoked_at is not None
    await other.aclose()


def test_the_read_of_verification_walks_indexes_only(tmp_path: Path) -> None:
    from keyconsole.service.store.sqlite import lookup

    schema.prepare(tmp_path / "k.db")
    raw = sqlite3.connect(tmp_path / "k.db")
    plan = [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {lookup._FIND}", ("x",))]
    raw.close()
    assert len(plan) == 2
    assert all(step.startswith("SEARCH") and "PRIMARY KEY" in step for step in plan)


NASTY = st.one_of(
    st.binary(max_size=120),
    st.text(max_size=90).map(str.encode),
    st.binary(max_size=90).map(lambda rest: b"Bearer " + rest),
    st.from_regex(rb"Bearer kc[sop]_[0-9a-z]{14,18}_[0-9A-Za-z]{47,51}", fullmatch=True),
)


async def test_whatever_the_header_says_it_is_refused_and_nothing_breaks(world: World) -> None:
    app = world.app

    @settings(
        max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(st.lists(NASTY, min_size=1, max_size=3), st.binary(max_size=40))
    def refused(headers: list[bytes], query: bytes) -> None:
        sent = drive(app, headers, query)
        assert sent[0]["status"] in (400, 401)
        assert sent[1]["body"]

    refused()


def drive(app: object, headers: list[bytes], query: bytes) -> list[dict[str, object]]:
    """One request without an event loop: verification never waits."""
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v1/forward-auth",
        "query_string": query,
        "headers": [(b"authorization", each) for each in headers],
        "client": ("10.1.4.7", 1),
    }
    asking = app(scope, None, send)  # type: ignore[operator]
    with pytest.raises(StopIteration):
        asking.send(None)
    return sent
