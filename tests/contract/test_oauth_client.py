"""Introspection and revocation as a client that nobody here wrote asks for them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from tests.contract.conftest import Made
from tests.service.processes import serving

from keyconsole import credential
from keyconsole.credential import Kind

COMPLETE = {
    "name": "Salesforce",
    "provider": "salesforce",
    "environment": "production",
    "client_id": "3MVG9",
    "redirect_uri": "https://acme.example/callback",
    "scopes": ["api"],
}


@pytest.fixture
def admin(made: Made, tmp_path: Path) -> Iterator[httpx.Client]:
    """The admin of a service that is a process of its own."""
    with serving(made.data_dir, tmp_path, 1, **made.environ) as running:
        headers = {"Authorization": f"Bearer {made.token}"}
        with httpx.Client(base_url=running.url, headers=headers) as client:
            yield client
        assert running.stop() == 0


@pytest.fixture
def gateway(admin: httpx.Client) -> dict[str, str]:
    """The id and the value of a gateway's token, made as an admin would."""
    member = {"email": "gateway@example.com", "role": "gateway"}
    account = admin.post("/v1/members", json=member).json()["account_id"]
    made = admin.post(
        "/v1/tokens", json={"account_id": account}, headers={"Idempotency-Key": "g" * 32}
    )
    return {"id": made.json()["id"], "value": made.json()["value"]}


@pytest.fixture
def key(admin: httpx.Client) -> tuple[str, str, str]:
    """An integration, the public key and the secret of a key."""
    integration = admin.post("/v1/integrations", json=COMPLETE).json()["id"]
    made = admin.post(
        f"/v1/integrations/{integration}/keys",
        json={"label": "api-gateway-prod"},
        headers={"Idempotency-Key": "k" * 32},
    ).json()
    return integration, made["key"]["public_key"], made["secret"]


def test_authlib_introspects_a_key_and_revokes_it(
    admin: httpx.Client, gateway: dict[str, str], key: tuple[str, str, str]
) -> None:
    integration, public_key, secret = key
    as_gateway = {"Authorization": f"Bearer {gateway['value']}"}
    with OAuth2Client("gateway", token_endpoint_auth_method="none") as client:

        def introspect(token: str) -> dict[str, object]:
            answer = client.introspect_token(
                f"{admin.base_url}/v1/introspect",
                token=token,
                token_type_hint="access_token",
                headers=as_gateway,
            )
            assert answer.status_code == 200, answer.text
            return dict(answer.json())

        found = introspect(secret)
        assert (found["active"], found["sub"], found["client_id"]) == (
            True,
            public_key,
            integration,
        )
        assert introspect(credential.mint(Kind.API_KEY).text) == {"active": False}

        for _ in range(2):
            answer = client.revoke_token(f"{admin.base_url}/v1/revoke", token=secret)
            assert (answer.status_code, answer.content) == (200, b"")
        assert introspect(secret) == {"active": False}

    refused = admin.get("/v1/forward-auth", headers={"Authorization": f"Bearer {secret}"})
    assert refused.headers["x-auth-reason"] == "key-revoked"


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_signs_in_as_a_client_with_the_id_and_the_value_of_a_token(
    admin: httpx.Client, gateway: dict[str, str], key: tuple[str, str, str], method: str
) -> None:
    with OAuth2Client(
        gateway["id"],
        gateway["value"],
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
    ) as client:
        asked = f"{admin.base_url}/v1/introspect"
        assert client.introspect_token(asked, token=key[2]).json()["sub"] == key[1]
        revoked = client.revoke_token(f"{admin.base_url}/v1/revoke", token=key[2])
        assert (revoked.status_code, revoked.content) == (200, b"")
        assert client.introspect_token(asked, token=key[2]).json() == {"active": False}


def test_wrong_client_credentials_are_refused_and_nothing_is_revoked(
    admin: httpx.Client, key: tuple[str, str, str]
) -> None:
    with OAuth2Client("anybody", "s3cret") as client:
        for path in ("introspect", "revoke"):
            ask = client.introspect_token if path == "introspect" else client.revoke_token
            answer = ask(f"{admin.base_url}/v1/{path}", token=key[2])
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
            assert answer.headers["www-authenticate"] == 'Basic realm="keyconsole"'
            assert key[2] not in answer.text
    assert admin.get(f"/v1/keys/{key[1]}").json()["status"] == "active"
