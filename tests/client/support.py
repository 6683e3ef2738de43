"""A client whose network is a function."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx

from keyconsole.client import KeyServiceClient
from keyconsole.core.credential import Credential, Kind, assemble

URL = "https://keys.example.com"
PEER = "keys.example.com"
TOKEN = assemble(Kind.OPERATOR_TOKEN, "0123456789abcdef", bytes(range(32))).text
KEY: Credential = assemble(Kind.API_KEY, "7k2m4q9x0a1b2c3d", bytes(range(1, 33)))
MOMENT = "2026-03-12T08:15:00.000Z"

ME = {
    "account_id": "acc_1",
    "email": "ops@example.com",
    "name": "Ops",
    "memberships": [],
    "service_version": "0.1.0",
    "server_time": MOMENT,
}
KEY_CARD = {
    "public_key": KEY.public_key,
    "integration_id": "int_1",
    "integration_name": "Salesforce Production",
    "workspace_id": "ws_1",
    "label": "api-gateway-prod",
    "status": "active",
    "confirmed": False,
    "created_at": MOMENT,
    "created_by": "ops",
}

Handler = Callable[[httpx.Request], Any]


def connect(handler: Handler, **options: Any) -> KeyServiceClient:
    """A client of a service that `handler`, sync or async, answers for."""
    return KeyServiceClient.remote(URL, TOKEN, transport=httpx.MockTransport(handler), **options)


def answering(status: int = 200, **response: Any) -> KeyServiceClient:
    """A client that gets the same response to everything."""
    return connect(lambda _: httpx.Response(status, **response))


def failing(error: Exception) -> KeyServiceClient:
    """A client whose network raises."""

    def handler(_: httpx.Request) -> httpx.Response:
        raise error

    return connect(handler)


async def drip(chunk: bytes, times: int) -> AsyncIterator[bytes]:
    """A body that comes in pieces."""
    for _ in range(times):
        yield chunk
