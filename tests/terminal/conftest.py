"""A person's machine, made afresh for each test: a home, a data directory, a place to stand."""

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.terminal.line import SshTerminal
from tests.terminal.service import Service, serving
from tests.terminal.terminal import DEADLINE, KEYCONSOLE, Terminal

from keyconsole.client import KeyServiceClient
from keyconsole.service.embedded import start_embedded
from keyconsole.wire import CreatedKey, Integration, IntegrationCreate, KeyCreate


@dataclass(frozen=True)
class Machine:
    """Where the command runs, and with what environment. Nothing comes from this process's."""

    home: Path
    data_dir: Path
    cwd: Path
    variables: dict[str, str]
    opened: ExitStack

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_DATA_HOME": str(self.home / "share"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "KEYCONSOLE_DATA_DIR": str(self.data_dir),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            **self.variables,
        }

    def console(self, *arguments: str, **options: Any) -> Terminal:
        """Start the command on a terminal; it is ended with the test."""
        return self.opened.enter_context(Terminal(self.environ, self.cwd, *arguments, **options))

    def ssh(self, *arguments: str, **options: Any) -> SshTerminal:
        """The same, from elsewhere over SSH."""
        return self.opened.enter_context(SshTerminal(self.environ, self.cwd, *arguments, **options))

    def service(self, port: int = 0) -> Service:
        """Start `service run` and wait until it listens; it is ended with the test."""
        return self.opened.enter_context(serving(self.environ, self.cwd, port))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, without a terminal."""
        return subprocess.run(
            [KEYCONSOLE, *arguments],
            env=self.environ,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )

    def with_variables(self, **variables: str) -> "Machine":
        return replace(self, variables=self.variables | variables)

    def database(self) -> closing[sqlite3.Connection]:
        """The database, behind the back of every rule of the service."""
        return closing(sqlite3.connect(self.data_dir / "keyconsole.db", timeout=DEADLINE))


@dataclass(frozen=True)
class Stock:
    """What the machine's service already has: an integration, a draft, and keys by label."""

    integration: Integration
    draft: Integration
    keys: dict[str, CreatedKey]


LABELS = ("api-gateway-prod", "cron-worker-staging", "reports-prod")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine on which keyconsole never ran."""
    home, data_dir, cwd = (tmp_path / name for name in ("home", "data", "cwd"))
    for place in (home, data_dir, cwd):
        place.mkdir(mode=0o700)
    with ExitStack() as opened:
        yield Machine(home, data_dir, cwd, {}, opened)


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Stock]:
    """A filled data directory, made once: migrations take longer than most tests."""
    directory = tmp_path_factory.mktemp("warehouse") / "data"
    return directory, asyncio.run(_fill(directory))


@pytest.fixture
def stock(machine: Machine, warehouse: tuple[Path, Stock]) -> Stock:
    """A copy of the filled directory, on the test's own machine."""
    original, stock = warehouse
    shutil.copytree(original, machine.data_dir, dirs_exist_ok=True)
    return stock


@pytest.fixture
def admin(machine: Machine) -> Callable[[], str]:
    """Set a service up on the machine as an administrator does; the operator token."""

    def init() -> str:
        made = machine.run(
            "service", "init", "--workspace", "acme", "--account", "ops@acme.example", "--json"
        )
        assert made.returncode == 0, made.stderr
        return str(json.loads(made.stdout)["operator_token"])

    return init


async def _fill(directory: Path) -> Stock:
    service = await start_embedded(directory)
    client = KeyServiceClient.embedded(service.app, service.token)
    try:
        integration = await client.create_integration(
            IntegrationCreate(
                name="Salesforce Production",
                provider="salesforce",
                environment="production",
                client_id="3MVG9",
                redirect_uri="https://app.acme.example/oauth/callback",
                scopes=["api"],
            )
        )
        draft = await client.create_integration(IntegrationCreate(name="HubSpot EU"))
        keys = {
            label: await client.create_key(
                integration.id,
                KeyCreate(label=label),
                idempotency_key=f"a-test-that-makes-{label}",
            )
            for label in LABELS
        }
    finally:
        await client.aclose()
        await service.aclose()
    return Stock(integration, draft, keys)


@pytest.fixture
def children() -> Callable[[int], list[str]]:
    """The commands of the processes that a process has started and that still run."""

    processes = Path("/proc")
    if not (processes / "self" / "stat").exists():
        pytest.skip("/proc does not list processes here")

    def of(pid: int) -> list[str]:
        commands = []
        for each in processes.glob("[0-9]*"):
            with suppress(OSError):  # it may have ended by now
                parent = (each / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == pid:
                    arguments = (each / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
                    commands.append(os.fsdecode(b" ".join(arguments)))
        return commands

    return of
