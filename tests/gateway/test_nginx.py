"""The gateway of the documentation, a real nginx, in front of a real `service run`."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.gateway.nginx import NGINX, gateway, protected
from tests.service.processes import Running, serving
from tests.service.world import COMPLETE, fresh_nonce

from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings

pytestmark = pytest.mark.skipif(
    NGINX is None, reason="nginx is not installed (Debian: apt-get install nginx-light)"
)


@dataclass(frozen=True)
class Behind:
    """What is behind the gateway, and the operator who works on it."""

    running: Running
    operator: httpx.Client
    gateway: httpx.Client
    integration: str
    other: str

    def key(self, integration: str = "", **fields: Any) -> tuple[str, str]:
        """A new key: its public key and its secret."""
        answer = self.operator.post(
            f"/v1/integrations/{integration or self.integration}/keys",
            json={"label": fresh_nonce()} | fields,
            headers={"Idempotency-Key": fresh_nonce()},
        ).raise_for_status()
        return answer.json()["key"]["public_key"], answer.json()["secret"]

    def ask(self, secret: str, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.gateway.get("/orders", headers={"Authorization": f"Bearer {secret}"} | sent)


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """One service and one gateway for all of these tests."""
    scratch = tmp_path_factory.mktemp("gateway")
    data_dir = scratch / "data"
    settings = ServiceSettings.from_environment(data_dir, environ={})
    made = asyncio.run(initialize(settings, workspace="Acme", account="ops@acme.example"))
    headers = {"Authorization": f"Bearer {made.operator_token}"}
    with (
        serving(data_dir, scratch, KEYCONSOLE_TRUSTED_PROXIES="127.0.0.1") as running,
        httpx.Client(base_url=running.url, headers=headers) as operator,
    ):
        ids = [
            operator.post("/v1/integrations", json=COMPLETE | {"name": name}).json()["id"]
            for name in ("Salesforce", "HubSpot")
        ]
        service = running.url.removeprefix("http://")
        with (
            protected() as guarded,
            gateway(scratch, service, guarded, ids[0]) as url,
            httpx.Client(base_url=url) as client,
        ):
            yield Behind(running, operator, client, *ids)


def test_a_key_gets_through_and_its_name_with_it_but_not_its_secret(behind: Behind) -> None:
    public_key, secret = behind.key()
    answer = behind.ask(secret)
    assert answer.status_code == 200
    assert answer.headers["X-Seen-Key"] == public_key
    assert answer.headers["X-Seen-Secret"] == "none"


def test_a_body_stays_with_whom_it_is_for(behind: Behind) -> None:
    _, secret = behind.key()
    answer = behind.gateway.post(
        "/orders", content=b"x" * 100_000, headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 200


def test_without_a_key_it_is_401_with_the_challenge_and_the_reason(behind: Behind) -> None:
    answer = behind.gateway.get("/orders")
    assert answer.status_code == 401
    assert answer.headers["X-Auth-Reason"] == "credential-missing"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="keyconsole"'


def test_what_nginx_would_turn_into_500_is_403_with_the_reason(behind: Behind) -> None:
    for malformed in ("Bearer", "Bearer two words"):
        answer = behind.gateway.get("/orders", headers={"Authorization": malformed})
        assert answer.status_code == 403, malformed
        assert answer.headers["X-Auth-Reason"] == "credential-malformed"


def test_a_revoked_key_is_refused_on_the_very_next_request(behind: Behind) -> None:
    for _ in range(25):
        public_key, secret = behind.key()
        assert behind.ask(secret).status_code == 200
        behind.operator.post(f"/v1/keys/{public_key}/revoke", json={}).raise_for_status()
        answer = behind.ask(secret)
        assert answer.status_code == 401
        assert answer.headers["X-Auth-Reason"] == "key-revoked"
        assert 'error_description="revoked"' in answer.headers["WWW-Authenticate"]


def test_a_key_of_another_integration_is_refused_whatever_the_caller_says(behind: Behind) -> None:
    _, secret = behind.key(behind.other)
    for claimed in ({}, {"X_Integration_Id": behind.other}):
        answer = behind.ask(secret, **claimed)
        assert answer.status_code == 403
        assert answer.headers["X-Auth-Reason"] == "integration-mismatch"
    asked = behind.gateway.get(
        f"/orders?integration={behind.other}", headers={"Authorization": f"Bearer {secret}"}
    )
    assert asked.status_code == 403


def test_the_source_is_what_the_gateway_says_and_not_what_the_caller_says(behind: Behind) -> None:
    _, here = behind.key(allowed_ips=["127.0.0.0/8"])
    _, elsewhere = behind.key(allowed_ips=["203.0.113.7"])
    # The peer is a trusted proxy itself here, so nobody is left to be the source but the peer.
    assert behind.ask(here).status_code == 200
    answer = behind.ask(elsewhere, X_Forwarded_For="203.0.113.7")
    assert answer.status_code == 403
    assert answer.headers["X-Auth-Reason"] == "ip-not-allowed"


def test_nobody_asks_the_service_past_the_gateway(behind: Behind) -> None:
    _, secret = behind.key()
    answer = behind.gateway.get("/_key", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 404


def test_where_the_service_is_gone_nothing_gets_through(tmp_path: Path) -> None:
    with (
        protected() as guarded,
        gateway(tmp_path, "127.0.0.1:9", guarded, "int_0000000000000000") as url,
    ):
        assert httpx.get(f"{url}/orders").status_code == 500
