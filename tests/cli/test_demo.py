"""`keyconsole demo`: what the console is handed, and that nothing of it is left."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.cli.support import COMMAND, environment
from tests.terminal.terminal import Terminal

from keyconsole.cli import console, entrypoint, terminal
from keyconsole.console import app as console_app
from keyconsole.core.errors import KeyconsoleError, NotPermittedError
from keyconsole.wire import IntegrationCreate


class FakeApp:
    """Stands where the console would: connects, looks at the first list, and leaves."""

    started: ClassVar[list["FakeApp"]] = []
    crash: ClassVar[type[BaseException] | None] = None
    failure: ClassVar[KeyconsoleError | None] = None
    return_code: ClassVar[int | None] = None

    def __init__(self, connect: Callable[[], Awaitable[Any]], **options: Any) -> None:
        self.connect = connect
        self.options = options
        self.integrations = 0
        self.refused = False
        self.mode = 0
        self.started.append(self)

    def run(self, *, mouse: bool = True) -> None:
        asyncio.run(self._visit())

    def _look_at_the_directory(self) -> None:
        [directory] = Path(os.environ["TMPDIR"]).iterdir()
        self.mode = directory.stat().st_mode & 0o777

    async def _visit(self) -> None:
        session = await self.connect()
        try:
            self._look_at_the_directory()
            self.profile, self.is_demo = session.profile, session.is_demo
            self.integrations = len((await session.client.integrations(limit=500)).items)
            try:
                await session.client.create_integration(IntegrationCreate(name="Mine"))
            except NotPermittedError:
                self.refused = True
            if self.crash is not None:
                raise self.crash
        finally:
            await session.close()


@pytest.fixture
def fake_app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[FakeApp]:
    class App(FakeApp):
        started: ClassVar[list[FakeApp]] = []

    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KEYCONSOLE_DATA_DIR", str(tmp_path / "home" / "data"))
    monkeypatch.delenv("KEYCONSOLE_READ_ONLY", raising=False)
    monkeypatch.setattr(terminal, "require_terminal", lambda: None)
    monkeypatch.setattr(console, "drop_textual_variables", lambda: None)
    monkeypatch.setattr(console_app, "KeyconsoleApp", App)
    return App


def left(tmp_path: Path) -> list[Path]:
    """What is in the temporary directory and at home."""
    home = tmp_path / "home"
    return [*(tmp_path / "tmp").iterdir(), *(home.iterdir() if home.exists() else ())]


def test_the_console_opens_on_a_filled_service_and_nothing_is_left(
    fake_app: type[FakeApp], tmp_path: Path
) -> None:
    assert entrypoint.run(["demo"]) == 0

    [app] = fake_app.started
    assert app.options.items() >= {"route": "/oauth", "read_only": False, "profile": "demo"}.items()
    assert (app.profile, app.integrations, app.refused) == ("demo", 40, False)
    assert app.is_demo
    assert app.mode == 0o700
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    "arguments", [["demo", "--read-only", "/audit"], ["--read-only", "demo", "/audit"]]
)
def test_it_can_be_read_only_and_open_elsewhere(
    arguments: list[str], fake_app: type[FakeApp]
) -> None:
    assert entrypoint.run(arguments) == 0

    [app] = fake_app.started
    assert app.options.items() >= {"route": "/audit", "read_only": True, "profile": "demo"}.items()
    assert app.refused


@pytest.mark.parametrize(("crash", "code"), [(RuntimeError, 1), (KeyboardInterrupt, 130)])
def test_a_crash_leaves_nothing_either(
    crash: type[BaseException], code: int, fake_app: type[FakeApp], tmp_path: Path
) -> None:
    fake_app.crash = crash

    assert entrypoint.run(["demo"]) == code

    assert left(tmp_path) == []


def test_a_failure_of_the_console_is_said_after_it(
    fake_app: type[FakeApp], capfd: pytest.CaptureFixture[str]
) -> None:
    fake_app.failure = KeyconsoleError("Something went wrong.")

    assert entrypoint.run(["demo"]) == 1

    assert capfd.readouterr() == ("", "keyconsole: Something went wrong.\n")


def test_a_place_that_is_none_is_said_before_anything_is_made(
    fake_app: type[FakeApp], capfd: pytest.CaptureFixture[str]
) -> None:
    assert entrypoint.run(["demo", "/nowhere"]) == 2

    assert "There is no such place." in capfd.readouterr().err
    assert fake_app.started == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_either(number: signal.Signals, tmp_path: Path) -> None:
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    environ = environment(tmp_path / "home", TMPDIR=str(tmp_path / "tmp"))
    with Terminal(environ, tmp_path, "demo", program=COMMAND) as console:
        console.wait_for("Salesforce Production")
        assert len(left(tmp_path)) == 1
        console.send(number)
        assert console.read_to_the_end() == 128 + number
    assert left(tmp_path) == []
