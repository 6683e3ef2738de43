"""Two processes on one database: the promise, one key for one request, one end of each log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from tests.service.databases import Engine, a_database
from tests.service.processes import serving
from tests.service.promise import Process, keep
from tests.service.world import COMPLETE

from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings

Pair = tuple[Process, Process]
FEW, MANY = 120, 10_000


@pytest.fixture(params=list(Engine))
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pair]:
    """Two processes, and an integration of theirs is made by each test."""
    async with AsyncExitStack() as closing:
        environ = {"KEYCONSOLE_RATE_LIMITS": "off"}
        if request.param is Engine.POSTGRESQL:
            environ["KEYCONSOLE_DATABASE_URL"] = await closing.enter_async_context(a_database())
        settings = ServiceSettings.from_environment(tmp_path / "data", environ=environ)
        made = await initialize(settings, workspace="Acme", account="ops@acme.example")
        processes = []
        for _ in range(2):
            running = closing.enter_context(serving(settings.data_dir, tmp_path, 1, **environ))
            http = await closing.enter_async_context(
                httpx.AsyncClient(base_url=running.url, trust_env=False, timeout=30)
            )
            processes.append(Process(http, made.operator_token))
        yield processes[0], processes[1]


async def integration_of(process: Process) -> str:
    made = await process.post("/v1/integrations", COMPLETE | {"name": "Salesforce"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def keys_of(process: Process, integration: str, count: int) -> list[str]:
    secrets: list[str] = []
    while len(secrets) < count:
        answers = await asyncio.gather(*(process.create(integration) for _ in range(8)))
        for answer in answers:
            assert answer.status_code == 201, answer.text
            secrets.append(answer.json()["secret"])
    return secrets[:count]


async def test_what_one_process_has_revoked_the_other_never_accepts(
    pair: Pair, *, is_full: bool
) -> None:
    one, other = pair
    count = MANY if is_full else FEW
    secrets = await keys_of(one, await integration_of(one), count)
    kept = await keep(one, [other], secrets)
    assert kept.asked == count
    assert kept.accepted == 0
    assert kept.reasons == {"key-revoked"}
    assert kept.before > 0


async def test_the_same_request_to_both_makes_one_key(pair: Pair) -> None:
    one, other = pair
    integration = await integration_of(one)
    for number in range(15):
        nonce = f"the-same-nonce-for-both-{number:03d}"
        answers = await asyncio.gather(
            one.create(integration, nonce), other.create(integration, nonce)
        )
        assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
        assert answers[0].json() == answers[1].json()
        replayed = [answer.headers.get("idempotent-replayed") for answer in answers]
        assert sorted(map(str, replayed)) == ["None", "true"]
    keys = (await one.get("/v1/keys")).json()["items"]
    assert len(keys) == 15


async def test_a_label_is_taken_once_and_the_log_stays_whole(pair: Pair) -> None:
    integration = await integration_of(pair[0])

    async def create(process: Process, label: str, nonce: str) -> int:
        answer = await process.post(
            f"/v1/integrations/{integration}/keys", {"label": label}, idempotency_key=nonce
        )
        return answer.status_code

    wanted = [
        create(process, f"label {number}", f"nonce-of-a-writer-{number:03d}-{place}")
        for number in range(15)
        for place, process in enumerate(pair)
    ]
    answers = await asyncio.gather(*wanted)
    assert sorted(answers) == [201] * 15 + [409] * 15
    for process in pair:
        log = (await process.get("/v1/audit/verification")).json()
        assert (log["first_broken"], log["complete"], log["verified"]) == (None, True, 18)
