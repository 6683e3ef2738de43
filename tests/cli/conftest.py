"""Commands run in this process, on a service behind a socket or on the embedded one."""

import asyncio
import io
import shutil
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import stamina
import uvicorn

from keyconsole.cli import entrypoint
from keyconsole.client import KeyServiceClient
from keyconsole.core.credential import Kind, mint
from keyconsole.service.app import create_app
from keyconsole.service.embedded import start_embedded
from keyconsole.service.ids import new_id
from keyconsole.service.rules.principals import make_token
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store import accounts
from keyconsole.wire import IntegrationCreate, KeyCreate, RevokeRequest, Role

SALESFORCE = "Salesforce Production"


@dataclass(frozen=True)
class Known:
    """What is in every service of these tests, and who can sign in there."""

    data_dir: Path
    integration: str
    draft: str
    public_key: str
    revoked_key: str
    secret: str = field(repr=False)
    admin: str = field(repr=False)
    viewer: str = field(repr=False)
    gateway: str = field(repr=False)
    stranger: str = field(default=mint(Kind.OPERATOR_TOKEN).text, repr=False)


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote where."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


async def _furnish(data_dir: Path) -> Known:
    service = await start_embedded(data_dir)
    client = KeyServiceClient.embedded(service.app, service.token)
    made = await client.create_integration(
        IntegrationCreate(
            name=SALESFORCE,
            provider="salesforce",
            environment="production",
            client_id="3MVG9",
            redirect_uri="https://app.example.com/callback",
            scopes=["api"],
        )
    )
    draft = await client.create_integration(IntegrationCreate(name="HubSpot EU"))
    key = await client.create_key(
        made.id, KeyCreate(label="api-gateway-prod"), idempotency_key="a" * 32
    )
    await client.acknowledge(key.key.public_key)
    old = await client.create_key(made.id, KeyCreate(label="old"), idempotency_key="b" * 32)
    await client.revoke_key(old.key.public_key, RevokeRequest())
    me = await client.me()
    runtime = service.app.runtime
    tokens = []
    for role in (Role.ADMIN, Role.VIEWER, Role.GATEWAY):
        account = new_id("acc")
        text, pid, record = make_token(runtime.roots.newest, account)
        async with runtime.store.write() as tx:
            await accounts.add_account(tx, account, f"{role}@acme.example", role, 0)
            await accounts.add_membership(tx, account, me.memberships[0].workspace_id, role)
            await accounts.add_token(tx, pid, record, 0)
        tokens.append(text)
    await client.aclose()
    await service.aclose()
    return Known(
        data_dir,
        made.id,
        draft.id,
        key.key.public_key,
        old.key.public_key,
        key.secret.get_secret_value(),
        *tokens,
    )


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Known:
    """Made once; whoever changes it works on a copy."""
    return asyncio.run(_furnish(tmp_path_factory.mktemp("furnished") / "data"))


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop, self.ended = asyncio.get_running_loop(), asyncio.Event()
        self.ready.set()

    async def main_loop(self) -> None:
        await self.ended.wait()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.ended.set)


@contextmanager
def serving(data_dir: Path, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """The service on a directory, behind a socket of this process; its address."""
    settings = ServiceSettings.from_environment(data_dir, environ={})
    config = uvicorn.Config(create_app(settings), log_config=None, lifespan="on", ws="none")
    config.load()
    config.ssl = tls
    server = _Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        assert server.ready.wait(20)
        scheme = "https" if tls else "http"
        yield f"{scheme}://127.0.0.1:{listening.getsockname()[1]}"
        server.stop()
        thread.join(20)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, and no setting in the environment."""
    for name in ("URL", "TOKEN", "READ_ONLY", "PROFILE", "THEME", "CONFIG", "DATA_DIR"):
        monkeypatch.delenv(f"KEYCONSOLE_{name}", raising=False)
    directory = tmp_path / "home"
    directory.mkdir()
    monkeypatch.setenv("HOME", str(directory))
    for kind in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(directory / kind.lower()))
    stamina.set_testing(True, attempts=3)  # no pauses; the next test begins with none again
    return directory


@pytest.fixture
def served(known: Known, tmp_path: Path) -> Iterator[str]:
    """The address of a service behind a socket."""
    with serving(shutil.copytree(known.data_dir, tmp_path / "served")) as url:
        yield url


@pytest.fixture(scope="session")
def standing(known: Known, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one service for all tests that change nothing."""
    directory = tmp_path_factory.mktemp("standing") / "data"
    with serving(shutil.copytree(known.data_dir, directory)) as url:
        yield url


@pytest.fixture
def unchanged(standing: str, known: Known, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Signed in as the admin of a service that the test leaves as it is."""
    monkeypatch.setenv("KEYCONSOLE_URL", standing)
    monkeypatch.setenv("KEYCONSOLE_TOKEN", known.admin)
    return standing


@pytest.fixture
def remote(served: str, known: Known, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Signed in as the admin of a service elsewhere."""
    monkeypatch.setenv("KEYCONSOLE_URL", served)
    monkeypatch.setenv("KEYCONSOLE_TOKEN", known.admin)
    return served


@pytest.fixture
def viewer(unchanged: str, known: Known, monkeypatch: pytest.MonkeyPatch) -> str:
    """Signed in as somebody who may only look."""
    monkeypatch.setenv("KEYCONSOLE_TOKEN", known.viewer)
    return unchanged


@pytest.fixture
def embedded(known: Known, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No profile: the service of this process."""
    data = shutil.copytree(known.data_dir, home / "service")
    monkeypatch.setenv("KEYCONSOLE_DATA_DIR", str(data))


@pytest.fixture
def unreachable(known: Known, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Signed in where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("KEYCONSOLE_URL", url)
    monkeypatch.setenv("KEYCONSOLE_TOKEN", known.admin)
    return url


@pytest.fixture(params=["embedded", "remote"])
def anywhere(request: pytest.FixtureRequest) -> str:
    """Both, one after the other."""
    request.getfixturevalue(request.param)
    return str(request.param)


class _Piped(io.TextIOWrapper):
    """Standard input that is a pipe with this in it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8")


@pytest.fixture
def run(home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command without a terminal."""

    def run(*arguments: str, stdin: str | bytes = b"") -> Ended:
        content = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", _Piped(content))
        code = entrypoint.run(list(arguments))
        out, err = capfd.readouterr()
        return Ended(code, out, err)

    return run


@pytest.fixture
def answering(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Sequence[str]], list[str]]:
    """Stand where a person would: hidden and open questions get these answers in turn."""

    def sit_down(answers: Sequence[str]) -> list[str]:
        asked: list[str] = []
        left = iter(answers)

        def answer(question: str = "", *_: object, **__: object) -> str:
            asked.append(question)
            return next(left)

        monkeypatch.setattr("keyconsole.cli.prompts.can_ask", lambda: True)
        monkeypatch.setattr("click.termui.visible_prompt_func", answer)
        monkeypatch.setattr("click.termui.hidden_prompt_func", answer)
        return asked

    return sit_down
