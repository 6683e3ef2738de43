"""A stage on which every name, sentence and list is as long as the service lets it be."""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.stage import NOW, PROCESS, Stage, seeded

from keyconsole.console.session import ProfileChoice, Session
from keyconsole.service.embedded import start_embedded
from keyconsole.wire import (
    DisableRequest,
    FuseEnd,
    Integration,
    IntegrationCreate,
    IntegrationPatch,
    Key,
    KeyCreate,
    RevokeRequest,
    RotationRequest,
)

ACCOUNT = f"{'operations-' * 7}@acme.example"
LATIN, WIDE = "payment-gateway-" * 6 + "prod", "決済ゲートウェイ本番環境" * 8
SOURCES = 9


@dataclass
class LongStage(Stage):
    """One integration with a key in every state, each with a name of 100 characters or so."""

    directory: Path

    def __post_init__(self) -> None:
        super().__init__(self.directory)

    async def start(self) -> None:
        self._service = await start_embedded(
            self.directory,
            account=ACCOUNT,
            workspace="w" * 100,
            clock=lambda: int(self.now.timestamp() * 1000),
        )
        self.service.app.runtime.process = PROCESS

    async def integration(self) -> Integration:
        """The integration."""
        return (await self.client().integrations()).items[0]

    async def key(self, start: str) -> Key:
        """The key whose label begins so."""
        keys = (await self.client().keys(limit=500)).items
        return next(key for key in keys if key.label.startswith(start))


class FarPlaces:
    """More profiles than a screen has lines, with the longest names."""

    def choices(self) -> Sequence[ProfileChoice]:
        """Thirty of them."""
        url = f"https://{'keys.' * 12}example.com"
        return [ProfileChoice(f"{index:02d}-{LATIN}", url, danger=True) for index in range(30)]

    async def open(self, name: str) -> Session:
        """Never gone to."""
        raise NotImplementedError(name)

    async def visit(self, name: str) -> Session:
        raise NotImplementedError(name)

    async def sign_in(self, name: str, token: str) -> Session:
        """Never signed in to."""
        raise NotImplementedError(name, token)


async def fill(stage: LongStage) -> None:
    """Make the integration and its keys, and use them from many places."""
    client = stage.client()
    stage.now = NOW - timedelta(days=400)
    integration = await client.create_integration(
        IntegrationCreate(
            name=WIDE,
            provider="p" * 100,
            environment="e" * 100,
            client_id="c" * 100,
            redirect_uri=f"https://app.example.com/{'callback/' * 20}",
            scopes=[f"scope.{index}.{'s' * 40}" for index in range(8)],
        )
    )
    secrets = {}
    for name in ("0", "1", "2", "3", "4", "5"):
        label = name + (WIDE if name in "1" else LATIN)[:99]
        made = await client.create_key(
            integration.id,
            KeyCreate(label=label, allowed_ips=[f"2001:db8:{index:x}::/48" for index in range(20)]),
            idempotency_key=f"{name:n<32}",
        )
        await client.acknowledge(made.key.public_key)
        secrets[name] = made.secret.get_secret_value()
    stage.now = NOW - timedelta(seconds=20)
    for name in ("0", "1", "4"):
        for index in range(SOURCES):
            source = f"2001:db8:{index:x}:ffff:ffff:ffff:ffff:{index:x}"
            await stage.use(secrets[name], 3, source=source, agent=f"agent-{index}/" + "1." * 60)
    await stage.service.app.runtime.recorder.flush()
    stage.now = NOW
    incident = "INC-" * 25
    disabled, revoked, rotated = [await stage.key(name) for name in ("2", "3", "4")]
    await client.disable_key(
        disabled.public_key,
        DisableRequest(
            until=NOW + timedelta(hours=8), then=FuseEnd.REVOKE, incident=incident, note=LATIN * 4
        ),
    )
    await client.revoke_key(revoked.public_key, RevokeRequest(incident=incident))
    for name in ("2", "3"):
        await stage.use(secrets[name], 3, source="2001:db8::1", agent="agent/" + "1." * 60)
    await client.rotations.start(
        rotated.public_key,
        RotationRequest(deadline=NOW + timedelta(days=6)),
        idempotency_key="r" * 32,
    )
    await client.update_integration(integration.id, IntegrationPatch(max_key_age_days=90))


async def build_long_template(directory: Path) -> None:
    """Fill a directory once; a stage is then a copy of it."""
    async with seeded(3):
        stage = LongStage(directory)
        await stage.start()
        try:
            await fill(stage)
        finally:
            await stage.stop()


@asynccontextmanager
async def long_stage(template: Path, directory: Path) -> AsyncIterator[LongStage]:
    """A started stage on a copy of the template."""
    shutil.copytree(template, directory)
    async with seeded(5):
        stage = LongStage(directory)
        await stage.start()
        try:
            yield stage
        finally:
            await stage.stop()
