"""The real service, on a real database: in this process, and behind a real socket."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from tests.service.databases import Engine, a_copy, create, url_of

from keyconsole.client import KeyServiceClient
from keyconsole.service.app import create_app
from keyconsole.service.embedded import start_embedded
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings
from keyconsole.wire import Integration, IntegrationCreate


class ReadyServer(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@dataclass(frozen=True)
class Made:
    """A service that was set up, with the token of its admin."""

    data_dir: Path
    token: str = field(repr=False)
    environ: dict[str, str] = field(default_factory=dict)


_TEMPLATE = f"contract_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
_originals: dict[Engine, Made] = {}


@pytest.fixture(params=list(Engine))
async def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> AsyncIterator[Made]:
    """A service of the test's own, copied: migrations take longer than most tests."""
    engine = Engine(request.param)
    original = _originals.get(engine) or await _set_up(engine, tmp_path_factory.mktemp("service"))
    _originals[engine] = original
    data_dir = shutil.copytree(original.data_dir, tmp_path / "service")
    if engine is Engine.SQLITE:
        yield Made(data_dir, original.token)
        return
    async with a_copy(_TEMPLATE) as url:
        yield Made(data_dir, original.token, {"KEYCONSOLE_DATABASE_URL": url})


async def _set_up(engine: Engine, data_dir: Path) -> Made:
    url = None
    if engine is Engine.POSTGRESQL:
        await create(_TEMPLATE)
        url = url_of(_TEMPLATE)
    settings = ServiceSettings.from_environment(data_dir, url, environ={})
    made = await initialize(settings, workspace="acme", account="ops@example.com")
    return Made(data_dir, made.operator_token)


@asynccontextmanager
async def embedded(made: Made) -> AsyncIterator[KeyServiceClient]:
    service = await start_embedded(made.data_dir, environ=made.environ)
    client = KeyServiceClient.embedded(service.app, service.token)
    yield client
    await client.aclose()
    await service.aclose()


@asynccontextmanager
async def behind_uvicorn(made: Made) -> AsyncIterator[KeyServiceClient]:
    settings = ServiceSettings.from_environment(made.data_dir, environ=made.environ)
    config = uvicorn.Config(create_app(settings), log_config=None, lifespan="on", ws="none")
    server = ReadyServer(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await server.ready.wait()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        client = KeyServiceClient.remote(url, made.token)
        yield client
        await client.aclose()
        server.should_exit = True
        await serving


@pytest.fixture(params=[embedded, behind_uvicorn], ids=["embedded", "uvicorn"])
async def client(request: pytest.FixtureRequest, made: Made) -> AsyncIterator[KeyServiceClient]:
    """A signed-in client of a service that was just made."""
    async with request.param(made) as opened:
        yield opened


@pytest.fixture
async def remote(made: Made) -> AsyncIterator[KeyServiceClient]:
    """The same, behind a socket only: for what a network adds."""
    async with behind_uvicorn(made) as opened:
        yield opened


@pytest.fixture
async def integration(client: KeyServiceClient) -> Integration:
    """An integration that keys can be made for."""
    return await client.create_integration(
        IntegrationCreate(
            name="Salesforce Production",
            provider="salesforce",
            environment="production",
            client_id="3MVG9",
            redirect_uri="https://app.example.com/callback",
            scopes=["api"],
        )
    )
