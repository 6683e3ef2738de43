"""What a gateway is told of a credential: who the key is, or that it is not active, and no more."""

import hmac
from typing import Any

import httpx
import pytest
from tests.service.world import Person, World

from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.service.clock import DAY, HOUR, SECOND, moment
from keyconsole.service.verification.verifier import Verifier
from keyconsole.wire import Role, rfc3339

INACTIVE = b'{"active": false}'


@pytest.fixture
async def gateway(world: World) -> Person:
    return await world.member(Role.GATEWAY)


async def ask(person: Person, token: str, **form: str) -> httpx.Response:
    answer = await person.http.post("/v1/introspect", data={"token": token} | form)
    assert answer.headers.get("cache-control", "no-store") == "no-store"
    return answer


async def outcome(world: World, public_key: str) -> dict[str, Any]:
    hours = (await world.admin.get(f"/v1/keys/{public_key}/usage")).json()["hours"]
    return dict(hours[0]) if hours else {}


async def test_an_active_key_is_named_with_the_members_of_rfc_7662(
    world: World, gateway: Person
) -> None:
    integration = await world.admin.integration()
    until = moment(world.clock.now + DAY)
    public_key, secret = await world.admin.key(integration, expires_at=rfc3339(until))
    answer = await ask(gateway, secret, token_type_hint="access_token")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "active": True,
        "client_id": integration,
        "sub": public_key,
        "token_type": "Bearer",
        "iat": world.clock.now // SECOND,
        "exp": (world.clock.now + DAY) // SECOND,
        "iss": f"urn:keyconsole:{await world.workspace_id()}",
        "scope": "api",
    }
    _, endless = await world.admin.key(integration)
    assert "exp" not in (await ask(gateway, endless)).json()


async def test_what_is_not_active_is_told_with_nothing_else(world: World, gateway: Person) -> None:
    integration = await world.admin.integration()
    revoked, secret = await world.admin.key(integration)
    await world.admin.revoke(revoked)
    until = rfc3339(moment(world.clock.now + HOUR))
    _, expiring = await world.admin.key(integration, expires_at=until)
    disabled, quiet = await world.admin.key(integration)
    await world.admin.post(f"/v1/keys/{disabled}/disable", {})
    forged = credential.assemble(Kind.API_KEY, secret[4:20], b"\x01" * 32).text
    unknown = credential.mint(Kind.API_KEY).text
    noise = (secret[:-1] + ("0" if secret[-1] != "0" else "1"), "x", "ü", "kcs_", "x" * 10_000)
    world.clock.move(HOUR)
    for text in (secret, expiring, quiet, forged, unknown, gateway.token, revoked, *noise):
        answer = await ask(gateway, text)
        assert (answer.status_code, answer.content) == (200, INACTIVE)


async def test_it_is_the_verifier_that_decides(
    world: World, gateway: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One place that can say yes: what it refuses, neither way of asking lets through."""
    _, secret = await world.admin.key(await world.admin.integration())
    assert (await ask(gateway, secret)).json()["active"] is True
    monkeypatch.setattr(Verifier, "refusal", lambda *_: "key-revoked")
    assert (await ask(gateway, secret)).content == INACTIVE
    assert (await world.verify(secret)).status_code == 401


async def test_a_revoke_is_seen_by_the_very_next_introspection(
    world: World, gateway: Person
) -> None:
    integration = await world.admin.integration()
    for _ in range(20):
        public_key, secret = await world.admin.key(integration)
        assert (await ask(gateway, secret)).json()["active"] is True
        await world.admin.revoke(public_key)
        assert (await ask(gateway, secret)).content == INACTIVE


async def test_a_key_of_another_workspace_is_not_active_and_not_counted(
    world: World, gateway: Person
) -> None:
    stranger = await world.stranger()
    public_key, secret = await stranger.key(await stranger.integration())
    assert (await ask(gateway, secret)).content == INACTIVE
    usage = (await stranger.get(f"/v1/keys/{public_key}/usage")).json()
    assert usage["hours"] == []


async def test_being_asked_about_counts_as_use(world: World, gateway: Person) -> None:
    public_key, secret = await world.admin.key(await world.admin.integration())
    await ask(gateway, secret)
    forged = credential.assemble(Kind.API_KEY, secret[4:20], b"\x01" * 32).text
    await ask(gateway, forged)
    hour = await outcome(world, public_key)
    assert (hour["accepted"], hour["refused"]) == (1, {"credential-invalid": 1})
    usage = (await world.admin.get(f"/v1/keys/{public_key}/usage")).json()
    assert usage["sources"][0]["address"] == "127.0.0.1"


async def test_a_key_for_some_addresses_is_held_to_where_the_question_comes_from(
    world: World, gateway: Person
) -> None:
    integration = await world.admin.integration()
    _, elsewhere = await world.admin.key(integration, allowed_ips=["10.9.0.0/16"])
    _, here = await world.admin.key(integration, allowed_ips=["127.0.0.1"])
    assert (await ask(gateway, elsewhere)).content == INACTIVE
    assert (await ask(gateway, here)).json()["active"] is True


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.GATEWAY])
async def test_only_a_gateway_may_ask(world: World, role: Role) -> None:
    answer = await ask(await world.member(role), "x")
    assert (answer.status_code, answer.json()["error"]) == (403, "unauthorized_client")
    assert answer.json()["type"] == "urn:keyconsole:problem:permission-denied"
    assert "introspect" in answer.json()["error_description"]


FORM = "application/x-www-form-urlencoded"
MALFORMED = [
    ("application/json", b'{"token":"x"}'),
    ("", b"token=x"),
    (FORM, b""),
    (FORM, b"token="),
    (FORM, b"token"),
    (FORM, b"hint=x"),
    (FORM, b"token=x&token=y"),
    (FORM, b"token=%ff"),
    (FORM, b"token=\xff"),
    (FORM, b"&".join(b"f%d=x" % number for number in range(21))),
]


@pytest.mark.parametrize("path", ["/v1/introspect", "/v1/revoke"])
@pytest.mark.parametrize(("media_type", "body"), MALFORMED)
async def test_what_is_no_form_with_one_token_is_malformed(
    gateway: Person, path: str, media_type: str, body: bytes
) -> None:
    answer = await gateway.http.post(path, content=body, headers={"content-type": media_type})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert answer.json()["type"] == "urn:keyconsole:problem:form-malformed"


@pytest.mark.parametrize("path", ["/v1/introspect", "/v1/revoke"])
@pytest.mark.parametrize("headers", [{}, {"content-type": FORM}], ids=["bare", "form"])
async def test_an_empty_body_lacks_the_token(
    gateway: Person, path: str, headers: dict[str, str]
) -> None:
    answer = await gateway.http.post(path, content=b"", headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error_description"].startswith("The field token is missing")


@pytest.mark.parametrize("path", ["/v1/introspect", "/v1/revoke"])
async def test_a_form_has_the_limit_of_every_body_and_unknown_fields_are_passed_over(
    gateway: Person, path: str
) -> None:
    large = await gateway.http.post(path, data={"token": "x" * 16 * 1024})
    assert (large.status_code, large.json()["error"]) == (413, "invalid_request")
    assert large.headers["connection"] == "close"
    more = await gateway.http.post(path, data={"token": "x", "client_id": "y"})
    assert more.status_code == 200


async def test_an_unknown_key_and_a_foreign_one_cost_the_comparison_too(
    world: World, gateway: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time does not tell which public keys there are, here or elsewhere."""
    stranger = await world.stranger()
    _, foreign = await stranger.key(await stranger.integration())
    compared = []
    real = hmac.compare_digest

    def spy(left: bytes, right: bytes) -> bool:
        compared.append(left)
        return real(left, right)

    monkeypatch.setattr("keyconsole.service.verification.verifier.hmac.compare_digest", spy)
    counts = []
    for text in (foreign, credential.mint(Kind.API_KEY).text):
        compared.clear()
        assert (await ask(gateway, text)).content == INACTIVE
        counts.append(len(compared))
    assert counts == [2, 2]  # the gateway's token, and the key
