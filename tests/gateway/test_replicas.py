"""Two replicas on one PostgreSQL behind the nginx of docs/deploy: both keep the promise, or one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from tests.gateway.nginx import NGINX, filled_in, started
from tests.gateway.products import free_address
from tests.gateway.upstream import upstream
from tests.service.databases import a_database
from tests.service.processes import Running, serving
from tests.service.world import COMPLETE, fresh_nonce

from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings

CONFIGURATION = Path(__file__).resolve().parents[2] / "docs" / "deploy" / "nginx.conf"

pytestmark = pytest.mark.skipif(
    NGINX is None, reason="nginx is not installed (Debian: apt-get install nginx-light)"
)


@dataclass(frozen=True)
class Deployment:
    """The replicas, an operator at each, and somebody in front of the gateway."""

    replicas: list[Running]
    operators: list[httpx.AsyncClient]
    gateway: httpx.AsyncClient
    integration: str

    async def key(self) -> tuple[str, str]:
        answer = await self.operators[0].post(
            f"/v1/integrations/{self.integration}/keys",
            json={"label": fresh_nonce()},
            headers={"Idempotency-Key": fresh_nonce()},
        )
        assert answer.status_code == 201, answer.text
        return answer.json()["key"]["public_key"], answer.json()["secret"]

    async def ask(self, secret: str, method: str = "GET") -> httpx.Response:
        headers = {"Authorization": f"Bearer {secret}"}
        return await self.gateway.request(method, "/orders", headers=headers)

    async def ask_at(self, replica: int, secret: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx.AsyncClient() as http:
            return await http.get(f"{self.replicas[replica].url}/v1/forward-auth", headers=headers)

    async def verified(self) -> list[int]:
        """How many keys each replica has let through."""
        counts = []
        for operator in self.operators:
            lines = (await operator.get("/metrics")).text.splitlines()
            name = 'keyconsole_verifications_total{outcome="accepted"} '
            counts.append(sum(int(float(each.split()[1])) for each in lines if name in each))
        return counts


@pytest.fixture
async def deployment(tmp_path: Path) -> AsyncIterator[Deployment]:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(a_database())
        # One data directory: what matters of it here is the root key, which both have to have.
        settings = ServiceSettings.from_environment(tmp_path, url, environ={})
        made = await initialize(settings, workspace="Acme", account="ops@acme.example")
        replicas = [
            stack.enter_context(
                serving(
                    tmp_path,
                    tmp_path,
                    KEYCONSOLE_DATABASE_URL=url,
                    KEYCONSOLE_TRUSTED_PROXIES="127.0.0.1",
                )
            )
            for _ in range(2)
        ]
        headers = {"Authorization": f"Bearer {made.operator_token}"}
        operators = [
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=each.url, headers=headers, timeout=20)
            )
            for each in replicas
        ]
        answer = await operators[0].post("/v1/integrations", json=COMPLETE | {"name": "Orders"})
        integration = answer.json()["id"]
        listen = free_address()
        text = filled_in(
            CONFIGURATION.read_text(),
            {
                "127.0.0.1:8080": listen,
                "127.0.0.1:8321": replicas[0].url.removeprefix("http://"),
                "127.0.0.1:8322": replicas[1].url.removeprefix("http://"),
                "127.0.0.1:9000": stack.enter_context(upstream()).address,
                "int_7k2m4q9x0a1b2c3d": integration,
            },
        )
        stack.enter_context(started(tmp_path, text))
        gateway = await stack.enter_async_context(
            httpx.AsyncClient(base_url=f"http://{listen}", timeout=20)
        )
        yield Deployment(replicas, operators, gateway, integration)


async def test_a_revoke_through_one_replica_is_known_to_the_other_at_once(
    deployment: Deployment,
) -> None:
    for turn in range(20):
        public_key, secret = await deployment.key()
        here, there = turn % 2, 1 - turn % 2
        assert (await deployment.ask_at(there, secret)).status_code == 200
        assert (await deployment.ask(secret)).status_code == 200
        revoked = await deployment.operators[here].post(f"/v1/keys/{public_key}/revoke", json={})
        assert revoked.status_code == 200
        refused = await deployment.ask_at(there, secret)
        assert refused.headers["X-Auth-Reason"] == "key-revoked"
        for _ in range(2):  # the gateway asks them in turn
            refused = await deployment.ask(secret)
            assert refused.status_code == 401
            assert refused.headers["X-Auth-Reason"] == "key-revoked"


async def test_both_replicas_are_asked_and_one_that_is_killed_is_not_missed(
    deployment: Deployment,
) -> None:
    public_key, secret = await deployment.key()
    statuses = [(await deployment.ask(secret)).status_code for _ in range(20)]
    assert statuses == [200] * 20
    assert min(await deployment.verified()) > 0

    ending = asyncio.Event()

    async def go_on() -> list[int]:
        statuses = []
        while not ending.is_set():
            statuses.append((await deployment.ask(secret, "POST")).status_code)
        return statuses

    asking = asyncio.create_task(go_on())
    assert (await deployment.ask(secret)).status_code == 200
    deployment.replicas[0].process.kill()
    await asyncio.to_thread(deployment.replicas[0].process.wait, 20)
    after = [(await deployment.ask(secret)).status_code for _ in range(50)]
    ending.set()
    assert after == [200] * 50
    assert {*await asking} == {200}

    revoked = await deployment.operators[1].post(f"/v1/keys/{public_key}/revoke", json={})
    assert revoked.status_code == 200
    assert (await deployment.ask(secret)).status_code == 401


async def test_where_both_are_gone_nothing_gets_through(deployment: Deployment) -> None:
    _, secret = await deployment.key()
    assert (await deployment.ask(secret)).status_code == 200
    for replica in deployment.replicas:
        replica.process.kill()
        await asyncio.to_thread(replica.process.wait, 20)
    refused = await deployment.ask(secret)
    assert refused.status_code == 503
    assert refused.json()["error"] == "service-unreachable"
