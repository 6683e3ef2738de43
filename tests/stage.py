"""A stage for the console: the real embedded service, a clock that stands still, known data.

Tests and the drawings of the README use the same one. Chance is seeded, so that the same keys
are minted in every run; nothing else of the service is replaced.
"""

import random
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import httpx

from keyconsole.client import KeyServiceClient
from keyconsole.console.app import KeyconsoleApp, Session
from keyconsole.demo.start import start_demo
from keyconsole.service.embedded import EmbeddedService, start_embedded
from keyconsole.wire import (
    CreatedKey,
    Integration,
    IntegrationCreate,
    IntegrationPatch,
    IntegrationStatus,
    KeyCreate,
    RevokeReason,
    RevokeRequest,
)

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ACCOUNT = "ops@acme.example"
PROCESS = "bastion:4021"
NEVER = 3600.0


class SteadyClient(KeyServiceClient):
    """The client as it is, but every round trip takes as long as the one in the pictures."""

    @property
    def latency_ms(self) -> float | None:
        return 3.0


@asynccontextmanager
async def seeded(seed: int = 7) -> AsyncIterator[None]:
    """Make chance repeatable for pids, root keys and request ids."""
    source = random.Random(seed)
    with (
        mock.patch.object(secrets, "randbits", source.getrandbits),
        mock.patch.object(secrets, "token_bytes", lambda size=32: source.randbytes(size)),
        mock.patch.object(secrets, "token_hex", lambda size=16: source.randbytes(size).hex()),
        mock.patch.object(
            secrets, "token_urlsafe", lambda size=32: source.randbytes(size).hex()[:43]
        ),
    ):
        yield


class Stage:
    """One service on one directory, and consoles that open on it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.now = NOW
        self._service: EmbeddedService | None = None
        self._clients: list[KeyServiceClient] = []

    def clock(self) -> datetime:
        """The time on stage."""
        return self.now

    @property
    def service(self) -> EmbeddedService:
        """The service, once it is started."""
        assert self._service is not None
        return self._service

    async def start(self) -> None:
        """Start the service."""
        self._service = await start_embedded(
            self.directory, account=ACCOUNT, clock=lambda: int(self.now.timestamp() * 1000)
        )
        self.service.app.runtime.process = PROCESS

    async def start_demo(self) -> None:
        """Start the service of `keyconsole demo` instead, at the time on stage, without traffic."""
        self._service = await start_demo(
            self.directory, clock=lambda: int(self.now.timestamp() * 1000), traffic=False
        )
        self.service.app.runtime.process = PROCESS

    async def stop(self) -> None:
        """Stop it."""
        for client in self._clients:
            await client.aclose()
        await self.service.aclose()

    def client(self) -> SteadyClient:
        """A client signed in as the person."""
        client = SteadyClient.embedded(self.service.app, self.service.token)
        self._clients.append(client)
        return client

    async def session(self) -> Session:
        """What a console connects with."""
        return Session(self.client(), "local")

    def console(
        self,
        route: str = "/oauth",
        *,
        connect: Callable[[], Awaitable[Session]] | None = None,
        **options: Any,
    ) -> KeyconsoleApp:
        """A console on this service, with the clock of the stage."""
        profile = options.setdefault("profile", "local")

        async def session() -> Session:
            return Session(self.client(), profile)

        options.setdefault("settle_seconds", 0)
        app = KeyconsoleApp(connect or session, route=route, clock=self.clock, **options)
        app.shown_after_seconds = NEVER
        return app

    async def use(
        self, secret: str, times: int = 1, *, source: str = "10.1.4.7", agent: str = "curl/8.4"
    ) -> int:
        """Present a key to the verification path; the status of the last answer."""
        transport = httpx.ASGITransport(self.service.app, client=(source, 40000))
        headers = {"Authorization": f"Bearer {secret}", "User-Agent": agent}
        async with httpx.AsyncClient(transport=transport, base_url="http://stage") as http:
            status = 0
            for _ in range(times):
                status = (await http.get("/v1/forward-auth", headers=headers)).status_code
        return status


INTEGRATIONS = (
    ("Salesforce Production", "salesforce", "production"),
    ("Salesforce Sandbox", "salesforce", "sandbox"),
    ("HubSpot EU", "hubspot", "production"),
    ("NetSuite Finance", "netsuite", "production"),
    ("Slack Notifications", "slack", "production"),
    ("Zendesk Mirror", "zendesk", "staging"),
    ("Workday HR", "workday", "production"),
)
KEYS = (
    ("api-gateway-prod", 257),
    ("billing-worker-prod", 294),
    ("cron-worker-staging", 327),
    ("data-export-prod", 168),
    ("mobile-gateway-prod", 35),
    ("old-backend", 400),
)


async def fill(stage: Stage) -> None:
    """Seven integrations and the keys of the pictures, made and used over the last year."""
    client = stage.client()
    made = [await _integration(stage, client, index) for index in range(len(INTEGRATIONS))]
    keys = {label: await _key(stage, client, made[0], label, age) for label, age in KEYS}
    for index, count in ((1, 2), (3, 4), (4, 2), (5, 3), (6, 1)):
        for number in range(count):
            label = f"{made[index].provider}-worker-{number + 1}"
            keys[label] = await _key(stage, client, made[index], label, 60 + number)
    await _past_use(stage, keys)
    stage.now = NOW - timedelta(days=21)
    await client.revoke_key(
        keys["old-backend"].key.public_key,
        RevokeRequest(reason=RevokeReason.SUPERSEDED, incident="CHG-118"),
    )
    await client.update_integration(made[5].id, IntegrationPatch(status=IntegrationStatus.DISABLED))
    stage.now = NOW - timedelta(hours=2)
    await client.create_key(made[0].id, KeyCreate(label="laptop-test"), idempotency_key="l" * 32)
    await _recent_use(stage, keys)
    stage.now = NOW


async def _integration(stage: Stage, client: KeyServiceClient, index: int) -> Integration:
    name, provider, environment = INTEGRATIONS[index]
    stage.now = NOW - timedelta(days=420 - index)
    return await client.create_integration(
        IntegrationCreate(
            name=name,
            provider=provider,
            environment=environment,
            client_id=None if provider == "hubspot" else f"3MVG9_{provider}_{index}",
            redirect_uri=f"https://app.acme.example/oauth/{provider}",
            scopes=["api", "refresh_token"],
        )
    )


async def _key(
    stage: Stage, client: KeyServiceClient, integration: Integration, label: str, age: int
) -> CreatedKey:
    stage.now = NOW - timedelta(days=age)
    created = await client.create_key(
        integration.id, KeyCreate(label=label), idempotency_key=f"{label:x<32}"
    )
    await client.acknowledge(created.key.public_key)
    return created


async def _past_use(stage: Stage, keys: dict[str, CreatedKey]) -> None:
    first_use = (
        ("data-export-prod", 94, "10.4.0.18"),
        ("old-backend", 30, "10.1.9.77"),
        ("zendesk-worker-1", 24, "10.1.9.5"),
        ("salesforce-worker-1", 6, "10.1.9.5"),
        ("api-gateway-prod", 250, "10.1.4.7"),
        ("api-gateway-prod", 180, "10.1.4.9"),
    )
    for label, days, source in sorted(first_use, key=lambda use: -use[1]):
        stage.now = NOW - timedelta(days=days)
        agent = "python-httpx/0.28" if source.endswith(".9") else "curl/8.4"
        await stage.use(keys[label].secret.get_secret_value(), source=source, agent=agent)
        await stage.service.app.runtime.recorder.flush()


async def _recent_use(stage: Stage, keys: dict[str, CreatedKey]) -> None:
    for hour in range(23, 0, -1):
        stage.now = NOW - timedelta(hours=hour)
        await _use(stage, keys, "api-gateway-prod", 3 + (24 - hour) * 2)
        await _use(stage, keys, "netsuite-worker-1", 1 + hour % 3)
        await _use(stage, keys, "slack-worker-1", 3 + hour % 2)
        await stage.service.app.runtime.recorder.flush()
    for label, seconds, source in (
        ("cron-worker-staging", 4 * 3600, "10.1.9.2"),
        ("netsuite-worker-1", 240, "10.1.4.7"),
        ("billing-worker-prod", 60, "10.1.9.30"),
        ("slack-worker-1", 11, "10.1.4.7"),
        ("mobile-gateway-prod", 6, "10.1.4.9"),
    ):
        stage.now = NOW - timedelta(seconds=seconds)
        await _use(stage, keys, label, 1, source=source)
    stage.now = NOW - timedelta(minutes=6)
    await _use(stage, keys, "api-gateway-prod", 3, source="91.20.7.5", agent="Go-http-client/2")
    stage.now = NOW - timedelta(seconds=2)
    await _use(stage, keys, "api-gateway-prod", 21, source="10.1.4.9", agent="python-httpx/0.28")
    await _use(stage, keys, "api-gateway-prod", 30)
    await stage.service.app.runtime.recorder.flush()


async def _use(
    stage: Stage, keys: dict[str, CreatedKey], label: str, times: int, **of: str
) -> None:
    await stage.use(keys[label].secret.get_secret_value(), times, **of)


async def build_template(directory: Path) -> None:
    """Fill a directory once; a stage is then a copy of it."""
    async with seeded():
        stage = Stage(directory)
        await stage.start()
        await fill(stage)
        await stage.stop()


@asynccontextmanager
async def set_up(template: Path | None, directory: Path, *, seed: int = 11) -> AsyncIterator[Stage]:
    """A started stage on a copy of the template, or on nothing."""
    if template is not None:
        shutil.copytree(template, directory)
    async with seeded(seed):
        stage = Stage(directory)
        await stage.start()
        try:
            yield stage
        finally:
            await stage.stop()


@asynccontextmanager
async def set_up_demo(directory: Path, *, seed: int = 11) -> AsyncIterator[Stage]:
    """A started stage with the company of `keyconsole demo` on it."""
    async with seeded(seed):
        stage = Stage(directory)
        await stage.start_demo()
        try:
            yield stage
        finally:
            await stage.stop()
