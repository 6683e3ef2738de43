"""One service for all products, behind a socket, known by its public URL."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest
import uvicorn
from tests.service.world import COMPLETE

from keyconsole.service.app import create_app
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings


@dataclass(frozen=True)
class Served:
    """The service, its admin, and a gateway that is signed in as a client."""

    url: str
    token: str = field(repr=False)
    admin: httpx.Client
    integration: str
    gateway: dict[str, str] = field(repr=False)

    def key(self, label: str) -> tuple[str, str]:
        """A new key: its public key and its secret."""
        answer = self.admin.post(
            f"/v1/integrations/{self.integration}/keys",
            json={"label": label},
            headers={"Idempotency-Key": label.ljust(32, "-")},
        ).json()
        return answer["key"]["public_key"], answer["secret"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = ServiceSettings.from_environment(
            tmp_path_factory.mktemp("service"), environ={"KEYCONSOLE_PUBLIC_URL": url}
        )
        made = asyncio.run(initialize(settings, workspace="acme", account="ops@example.com"))
        config = uvicorn.Config(create_app(settings), log_config=None, lifespan="on", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            headers = {"Authorization": f"Bearer {made.operator_token}"}
            with httpx.Client(base_url=url, headers=headers) as admin:
                yield furnish(url, made.operator_token, admin)
        finally:
            server.should_exit = True
            thread.join()


def furnish(url: str, token: str, admin: httpx.Client) -> Served:
    integration = admin.post("/v1/integrations", json=COMPLETE | {"name": "Salesforce"}).json()[
        "id"
    ]
    member = {"email": "gateway@example.com", "role": "gateway"}
    account = admin.post("/v1/members", json=member).json()["account_id"]
    nonce = {"Idempotency-Key": "g" * 32}
    made = admin.post("/v1/tokens", json={"account_id": account}, headers=nonce)
    return Served(url, token, admin, integration, json.loads(made.text))
