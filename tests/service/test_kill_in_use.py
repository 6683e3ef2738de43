"""A key dies while it is in use, as fast as several gateways can ask, in processes of their own.

What is asserted is the order in which things happened, as one loop of events saw it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.service.processes import serving

from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings
from keyconsole.wire import Receipt

GATEWAYS = 8
BEFORE = 500
"""Requests that were let in before the key is revoked: a second of the use that is meant."""
AFTER = 500
"""Requests that were sent after the receipt was there. Twice as many failures have an allowance."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)
"""How exactly the service writes its times."""


@dataclass
class Ledger:
    """What happened, in its order. A request counts from the moment in which it is sent."""

    accepted: int = 0
    sent_after: int = 0
    last_accepted_sent_at: datetime = LONG_AGO
    answers_after: Counter[tuple[int, str]] = field(default_factory=Counter)
    others_before: Counter[tuple[int, str]] = field(default_factory=Counter)
    in_use: asyncio.Event = field(default_factory=asyncio.Event)
    is_revoked: bool = False

    async def present(self, http: httpx.AsyncClient, secret: str) -> None:
        """Ask again and again, until enough was asked after the receipt was there."""
        headers = {"authorization": f"Bearer {secret}"}
        while self.sent_after < AFTER:
            is_after, sent_at = self.is_revoked, datetime.now(UTC)
            self.sent_after += is_after
            answer = await http.get("/v1/forward-auth", headers=headers)
            told = answer.status_code, answer.headers.get("x-auth-reason", "")
            if is_after:
                self.answers_after[told] += 1
            elif answer.status_code == 200:
                self.accepted += 1
                self.last_accepted_sent_at = max(self.last_accepted_sent_at, sent_at)
            else:
                self.others_before[told] += 1
            if self.accepted >= BEFORE:
                self.in_use.set()


@pytest.fixture
async def settings(tmp_path: Path) -> ServiceSettings:
    return ServiceSettings.from_environment(tmp_path / "data", environ={})


@pytest.fixture
async def token(settings: ServiceSettings) -> str:
    made = await initialize(settings, workspace="acme", account="ops@acme.example")
    return made.operator_token


@pytest.fixture(params=[1, 2], ids=["one-process", "two-processes"])
async def person(
    request: pytest.FixtureRequest, settings: ServiceSettings, token: str, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """An operator of a service that runs."""
    with serving(settings.data_dir, tmp_path, request.param) as running:
        async with httpx.AsyncClient(
            base_url=running.url, headers={"authorization": f"Bearer {token}"}, timeout=30
        ) as http:
            yield http
        assert running.stop() == 0


async def make_key(person: httpx.AsyncClient) -> tuple[str, str]:
    fields = {
        "name": "Salesforce",
        "provider": "salesforce",
        "environment": "production",
        "client_id": "3MVG9",
        "redirect_uri": "https://acme.example/callback",
        "scopes": ["api"],
    }
    integration = (await person.post("/v1/integrations", json=fields)).json()["id"]
    made = await person.post(
        f"/v1/integrations/{integration}/keys",
        json={"label": "api-gateway-prod"},
        headers={"idempotency-key": "a-test-that-kills-in-use"},
    )
    return made.json()["key"]["public_key"], made.json()["secret"]


async def test_nothing_is_let_in_once_the_receipt_is_there(person: httpx.AsyncClient) -> None:
    public_key, secret = await make_key(person)
    ledger = Ledger()
    gateways = [httpx.AsyncClient(base_url=person.base_url, timeout=30) for _ in range(GATEWAYS)]
    async with asyncio.TaskGroup() as asking:
        for gateway in gateways:
            asking.create_task(ledger.present(gateway, secret))
        await ledger.in_use.wait()
        answer = await person.post(f"/v1/keys/{public_key}/revoke", json={})
        ledger.is_revoked = True
        proof = (await person.post("/v1/identify", json={"public_key": public_key})).json()
    for gateway in gateways:
        await gateway.aclose()

    receipt = Receipt.model_validate(answer.json())
    checked_at = datetime.fromisoformat(proof["checked_at"])
    assert ledger.accepted >= BEFORE
    assert set(ledger.answers_after) == {(401, "key-revoked")}
    assert ledger.answers_after.total() >= AFTER
    assert set(ledger.others_before) <= {(401, "key-revoked")}
    assert not proof["would_authenticate"]
    assert receipt.revoked_at <= checked_at
    assert ledger.last_accepted_sent_at < checked_at + MOMENT
