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
from tests.service.promise import Process, keep
from tests.service.world import COMPLETE

from keyconsole.core.credential import parse
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings

FEW, MANY = 20, 1_000
AT_ONCE = 3
CONFIGURATION = Path(__file__).resolve().parents[2] / "docs" / "deploy" / "nginx.conf"

pytestmark = pytest.mark.skipif(
    NGINX is None, reason="nginx is not installed (Debian: apt-get install nginx-light)"
)


@dataclass(frozen=True)
class Deployment:
    """The replicas, an operator at each, and somebody in front of the gateway."""

    replicas: list[Running]
    processes: list[Process]
    gate: Process
    integration: str

    async def secrets(self, count: int, replica: int = 0) -> list[str]:
        """Mints so many keys with a replica, a few at a time."""
        lanes = asyncio.Semaphore(AT_ONCE)

        async def mint() -> str:
            async with lanes:
                answer = await self.processes[replica].create(self.integration)
            assert answer.status_code == 201, answer.text
            return str(answer.json()["secret"])

        return await asyncio.gather(*(mint() for _ in range(count)))

    async def ask(self, secret: str, method: str = "GET") -> httpx.Response:
        headers = {"Authorization": f"Bearer {secret}"}
        return await self.gate.http.request(method, self.gate.verifies_at, headers=headers)

    async def counted(self, outcome: str) -> list[int]:
        """How many verifications of each replica had this outcome."""
        counts = []
        for process in self.processes:
            lines = (await process.get("/metrics")).text.splitlines()
            name = f'keyconsole_verifications_total{{outcome="{outcome}"}} '
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
                    KEYCONSOLE_RATE_LIMITS="off",
                )
            )
            for _ in range(2)
        ]
        processes = [
            Process(
                await stack.enter_async_context(
                    httpx.AsyncClient(base_url=each.url, trust_env=False, timeout=20)
                ),
                made.operator_token,
            )
            for each in replicas
        ]
        answer = await processes[0].post("/v1/integrations", COMPLETE | {"name": "Orders"})
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
        http = await stack.enter_async_context(
            httpx.AsyncClient(base_url=f"http://{listen}", trust_env=False, timeout=20)
        )
        gate = Process(http, "", verifies_at="/orders")
        yield Deployment(replicas, processes, gate, integration)


async def test_a_revoke_through_one_replica_is_known_through_the_gateway_at_once(
    deployment: Deployment, *, is_full: bool
) -> None:
    count = MANY if is_full else FEW
    secrets = await deployment.secrets(count)
    one, other = deployment.processes
    # The gateway asks the replicas in turn.
    asked = [deployment.gate, deployment.gate, one, other]
    kept = await keep(one, asked, secrets)
    assert kept.asked == count * len(asked)
    assert kept.accepted == 0
    assert kept.reasons == {"key-revoked"}
    assert kept.before > 0
    assert min(await deployment.counted("key-revoked")) >= count


async def test_one_that_is_killed_is_not_missed_and_without_both_nothing_gets_through(
    deployment: Deployment,
) -> None:
    [secret] = await deployment.secrets(1)
    statuses = [(await deployment.ask(secret)).status_code for _ in range(20)]
    assert statuses == [200] * 20
    assert min(await deployment.counted("accepted")) > 0

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

    revoked = await deployment.processes[1].post(f"/v1/keys/kcp_{parse(secret).pid}/revoke")
    assert revoked.status_code == 200
    assert (await deployment.ask(secret)).status_code == 401

    [secret] = await deployment.secrets(1, replica=1)
    assert (await deployment.ask(secret)).status_code == 200
    deployment.replicas[1].process.kill()
    await asyncio.to_thread(deployment.replicas[1].process.wait, 20)
    refused = await deployment.ask(secret)
    assert refused.status_code == 503
    assert refused.json()["error"] == "service-unreachable"
