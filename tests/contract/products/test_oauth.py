"""Introspection and revocation as clients that nobody here wrote ask for them."""

import json
import subprocess
from typing import Any

import httpx
import pytest
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc8414 import get_well_known_url
from tests.contract.products.conftest import Served
from tests.contract.products.installed import HERE, node_modules

INACTIVE = {"active": False}
METHODS = {"client_secret_basic": "ClientSecretBasic", "client_secret_post": "ClientSecretPost"}


@pytest.fixture(scope="module")
def metadata(served: Served) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(get_well_known_url(served.url, external=True)).json()
    assert found["issuer"] == served.url
    return found


@pytest.mark.parametrize("method", list(METHODS))
def test_authlib_introspects_a_key_and_revokes_it_from_metadata_alone(
    served: Served, metadata: dict[str, Any], method: str
) -> None:
    assert method in metadata["introspection_endpoint_auth_methods_supported"]
    public_key, secret = served.key(f"authlib-{method}")
    with OAuth2Client(
        served.gateway["id"],
        served.gateway["value"],
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
    ) as client:

        def introspect() -> dict[str, Any]:
            answer = client.introspect_token(metadata["introspection_endpoint"], token=secret)
            return dict(answer.json())

        found = introspect()
        assert (found["active"], found["sub"], found["client_id"]) == (
            True,
            public_key,
            served.integration,
        )
        for _ in range(2):
            answer = client.revoke_token(metadata["revocation_endpoint"], token=secret)
            assert (answer.status_code, answer.content) == (200, b"")
        assert introspect() == INACTIVE
    refused = served.admin.get("/v1/forward-auth", headers={"Authorization": f"Bearer {secret}"})
    assert refused.headers["x-auth-reason"] == "key-revoked"


def test_authlib_as_a_public_client_revokes_by_possession(
    served: Served, metadata: dict[str, Any]
) -> None:
    public_key, secret = served.key("authlib-public")
    with OAuth2Client("anybody", revocation_endpoint_auth_method="none") as client:
        answer = client.revoke_token(
            metadata["revocation_endpoint"], token=secret, token_type_hint="refresh_token"
        )
    assert answer.status_code == 200
    assert served.admin.get(f"/v1/keys/{public_key}").json()["status"] == "revoked"


def test_authlib_with_wrong_credentials_is_refused_and_nothing_is_revoked(
    served: Served, metadata: dict[str, Any]
) -> None:
    public_key, secret = served.key("authlib-wrong")
    with OAuth2Client("anybody", "s3cret") as client:
        for ask, endpoint in (
            (client.introspect_token, "introspection_endpoint"),
            (client.revoke_token, "revocation_endpoint"),
        ):
            answer = ask(metadata[endpoint], token=secret)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
            assert secret not in answer.text
    assert served.admin.get(f"/v1/keys/{public_key}").json()["status"] == "active"


def test_openid_client_and_oauth4webapi_need_the_metadata_alone(served: Served) -> None:
    modules = node_modules()
    made = {
        product: {name: served.key(f"{product}-{name}") for name in METHODS.values()}
        for product in ("openid", "oauth4webapi")
    }
    asked = {
        "issuer": served.url,
        "clientId": served.gateway["id"],
        "clientSecret": served.gateway["value"],
        "keys": {
            product: {name: secret for name, (_, secret) in keys.items()}
            for product, keys in made.items()
        },
    }
    script = modules.parent / "oauth.mjs"
    script.write_text((HERE / "node" / "oauth.mjs").read_text())
    done = subprocess.run(
        ["node", script, json.dumps(asked)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for product, called in (("openid", "openid-client"), ("oauth4webapi", "oauth4webapi")):
        for name, (public_key, _) in made[product].items():
            before, after = found[f"{called} {name}"]
            assert (before["active"], before["sub"]) == (True, public_key)
            assert after == INACTIVE
    # The challenge is what this client shows where there is one.
    challenge = ["OAUTH_WWW_AUTHENTICATE_CHALLENGE", "basic", 401]
    assert found["wrong ClientSecretBasic"] == [challenge, challenge]
