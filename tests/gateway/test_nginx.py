"""The nginx of the documentation in front of a real `service run`: what clients make of it."""

import json
from collections.abc import Iterator

import pytest
from tests.gateway.measuring import Gateway, gateways_at, service_at
from tests.gateway.products import PRODUCTS

NGINX = PRODUCTS[0]

pytestmark = pytest.mark.skipif(bool(NGINX.missing), reason=NGINX.missing)


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One service and one gateway for all of these tests."""
    with (
        service_at(tmp_path_factory.mktemp("service")) as service,
        gateways_at(service, [NGINX]) as [gateway],
    ):
        yield gateway


def test_a_revoked_key_is_refused_on_the_very_next_request(nginx: Gateway) -> None:
    for _ in range(25):
        key = nginx.service.key()
        assert nginx.ask(key.secret).status_code == 200
        nginx.service.revoke(key)
        answer = nginx.ask(key.secret)
        assert answer.status_code == 401
        assert answer.headers["X-Auth-Reason"] == "key-revoked"
        assert 'error_description="revoked"' in answer.headers["WWW-Authenticate"]


def test_a_client_that_decodes_json_first_reads_every_refusal(nginx: Gateway) -> None:
    secret = nginx.service.key().secret
    other = nginx.service.key(nginx.service.other).secret
    for sent, status, reason in (
        (secret, 200, None),
        (secret[:-1] + "!", 400, "credential-malformed"),
        ("two words", 400, "credential-malformed"),
        (nginx.service.operator.headers["Authorization"][7:], 401, "credential-invalid"),
        (other, 403, "integration-mismatch"),
    ):
        answer = nginx.ask(sent)
        decoded = json.loads(answer.content)
        assert (answer.status_code, decoded.get("error")) == (status, reason)
    both = [("Authorization", f"Bearer {each}") for each in (secret, other)]
    answer = nginx.caller.get("/orders", headers=both)  # which nginx refuses before it asks
    reason = answer.headers["X-Auth-Reason"]
    assert (answer.status_code, reason) == (400, "request-malformed")
    assert (answer.json()["status"], answer.json()["error"]) == (400, reason)


def test_a_body_goes_to_what_is_protected_and_nowhere_else(nginx: Gateway) -> None:
    headers = {"Authorization": f"Bearer {nginx.service.key().secret}"}
    for method in ("POST", "PUT", "PATCH"):
        answer = nginx.caller.request(method, "/body", content=b"x" * 100_000, headers=headers)
        assert answer.status_code == 200
        assert nginx.upstream.seen.pop("/body").body == 100_000


def test_nobody_asks_the_service_past_the_gateway(nginx: Gateway) -> None:
    headers = {"Authorization": f"Bearer {nginx.service.key().secret}"}
    assert nginx.caller.get("/_key", headers=headers).status_code == 404


async def test_the_client_of_the_original_product_is_told_the_reason_after_a_revoke(
    nginx: Gateway,
) -> None:
    product = pytest.importorskip(
        "appnigma_integrations_client", reason="its client is not installed (make gateways)"
    )
    key = nginx.service.key()
    url = str(nginx.caller.base_url).rstrip("/")
    async with product.AppnigmaClient(api_key=key.secret, base_url=url) as client:
        assert (await client.list_connections())["connections"] == []
        [(agent, whose)] = [
            (seen.all("user-agent"), seen.all("x-key-id"))
            for path, seen in nginx.upstream.seen.items()
            if path == "/api/v1/connections"
        ]
        assert whose == [key.public_key]
        assert agent[0].startswith("Appnigma-Integrations-Client-Python/")
        nginx.service.revoke(key)
        with pytest.raises(product.AppnigmaAPIError) as refused:
            await client.list_connections()
    assert (refused.value.status_code, refused.value.error) == (401, "key-revoked")
    assert "key-revoked" in refused.value.message
