"""The walks of `docs/architecture.md` are those that the program takes."""

import re
import sys
from collections.abc import Awaitable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from tests.service.world import COMPLETE

import keyconsole
from keyconsole.client import CreateAttempt, KeyServiceClient
from keyconsole.flows.revocation import Sending
from keyconsole.service.app import ServiceApp
from keyconsole.service.embedded import start_embedded
from keyconsole.wire import IntegrationCreate, KeyCreate, RevokeReason, RevokeRequest

SOURCE = Path(keyconsole.__file__).parent
PAGE = SOURCE.parents[1] / "docs" / "architecture.md"
LONGEST = {
    "A label becomes a row": 24,
    "A bearer secret becomes 200 or 401": 6,
    "A revoke becomes a receipt": 24,
    "A query becomes rows": 16,
}
"""The most steps that a walk may have."""

Step = tuple[str, str]


def walks() -> Iterator[tuple[str, list[Step]]]:
    """Each walk of the page: its heading, and the file and function of each step."""
    for section in PAGE.read_text().split("\n### ")[1:]:
        heading, _, table = section.partition("\n")
        yield heading, re.findall(r"^\| `(\S+\.py)` \| `(\S+)` \|", table, re.MULTILINE)


WALKS = dict(walks())


class Calls:
    """Every call of a function of ours, in the order in which they began."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(str(SOURCE)):
            name = Path(code.co_filename).relative_to(SOURCE).as_posix()
            self.steps.append((name, code.co_qualname))


async def calls_of(walk: Awaitable[Any]) -> list[Step]:
    """The calls that were made until `walk` ended."""
    calls = Calls()
    sys.setprofile(calls)
    try:
        await walk
    finally:
        sys.setprofile(None)
    return calls.steps


async def verify(app: ServiceApp, secret: str) -> None:
    """Ask forward-auth as a gateway does."""
    statuses = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        statuses.append(message.get("status"))

    headers = [(b"host", b"keys.example"), (b"authorization", f"Bearer {secret}".encode())]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/v1/forward-auth",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 50_000),
    }
    await app(scope, receive, send)
    assert statuses[0] == 200


async def test_each_walk_takes_the_steps_that_the_page_tells(tmp_path: Path) -> None:
    service = await start_embedded(tmp_path, environ={})
    client = KeyServiceClient.embedded(service.app, service.token)
    integration = await client.create_integration(
        IntegrationCreate.model_validate(COMPLETE | {"name": "Salesforce"})
    )
    made = await client.create_key(
        integration.id, KeyCreate(label="worker-prod"), idempotency_key="n" * 32
    )
    attempt = CreateAttempt(integration.id, KeyCreate(label="api-gateway-prod"))
    sending = Sending(made.key.public_key, RevokeRequest(reason=RevokeReason.SUPERSEDED))
    taken = {
        "A label becomes a row": await calls_of(attempt.send(client)),
        "A bearer secret becomes 200 or 401": await calls_of(
            verify(service.app, made.secret.get_secret_value())
        ),
        "A query becomes rows": await calls_of(client.keys(query="status:active", sort="label")),
        "A revoke becomes a receipt": await calls_of(sending.send(client)),
    }
    await client.aclose()
    await service.aclose()

    assert taken.keys() == WALKS.keys()
    for heading, steps in WALKS.items():
        calls = iter(taken[heading])
        for step in steps:
            assert step in calls, f"{heading}: {step} is not called there"


@pytest.mark.parametrize("heading", LONGEST)
def test_no_walk_becomes_longer(heading: str) -> None:
    assert 1 < len(WALKS[heading]) <= LONGEST[heading]
