"""How the console is started: what it is handed, and how it ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest

from keyconsole.cli import console, entrypoint
from keyconsole.cli.options import ServiceOptions
from keyconsole.cli.target import Target
from keyconsole.console import app as console_app
from keyconsole.core.credential import Kind, mint
from keyconsole.core.errors import (
    ConfigurationError,
    KeyconsoleError,
    NotPermittedError,
    UsageError,
)
from keyconsole.wire import IntegrationCreate

TOKEN = mint(Kind.OPERATOR_TOKEN).text


class FakeApp:
    """Stands where the console would, and ends at once as it is told to."""

    started: ClassVar[list["FakeApp"]] = []
    failure: ClassVar[KeyconsoleError | None] = None
    return_code: ClassVar[int | None] = None

    def __init__(self, connect: Callable[[], Awaitable[Any]], **options: Any) -> None:
        self.connect = connect
        self.options = options

    def run(self, *, mouse: bool = True) -> None:
        self.options["mouse"] = mouse
        self.started.append(self)


def _told(app: "FakeApp") -> dict[str, Any]:
    return {
        name: value
        for name, value in app.options.items()
        if name in ("route", "read_only", "profile", "danger")
    }


@pytest.fixture
def fake_app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[FakeApp]:
    class App(FakeApp):
        started: ClassVar[list[FakeApp]] = []

    for name in ("URL", "TOKEN", "READ_ONLY", "PROFILE", "THEME"):
        monkeypatch.delenv(f"KEYCONSOLE_{name}", raising=False)
    monkeypatch.setenv("KEYCONSOLE_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("KEYCONSOLE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(console, "require_terminal", lambda: None)
    monkeypatch.setattr(console, "drop_textual_variables", lambda: None)
    monkeypatch.setattr(console_app, "KeyconsoleApp", App)
    return App


@pytest.mark.parametrize(
    ("arguments", "route", "read_only"),
    [
        ([], "/oauth", False),
        (["--read-only"], "/oauth", True),
        (["open", "/audit"], "/audit", False),
        (["--read-only", "open", "/audit"], "/audit", True),
    ],
)
def test_the_console_opens_at_its_route(
    arguments: list[str], route: str, read_only: bool, fake_app: type[FakeApp]
) -> None:
    assert entrypoint.run(arguments) == 0

    assert [_told(app) for app in fake_app.started] == [
        {"route": route, "read_only": read_only, "profile": "local", "danger": False}
    ]


def test_read_only_can_be_a_variable(
    fake_app: type[FakeApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYCONSOLE_READ_ONLY", "1")

    entrypoint.run([])

    assert fake_app.started[0].options["read_only"]


def test_the_sentence_it_ended_with_is_said_after_it(
    fake_app: type[FakeApp], capfd: pytest.CaptureFixture[str]
) -> None:
    fake_app.failure = ConfigurationError("The root key file is missing.")
    fake_app.return_code = 1

    assert entrypoint.run([]) == 1

    assert capfd.readouterr() == ("", "keyconsole: The root key file is missing.\n")


def test_a_failure_is_never_a_success(fake_app: type[FakeApp]) -> None:
    fake_app.failure = NotPermittedError("not-signed-in", "You are not signed in.")
    fake_app.return_code = None

    assert entrypoint.run([]) == 3


def test_the_exit_code_of_a_signal_is_kept(fake_app: type[FakeApp]) -> None:
    fake_app.return_code = 143

    assert entrypoint.run([]) == 143


async def test_connecting_starts_the_embedded_service_behind_the_console(
    fake_app: type[FakeApp], tmp_path: Path
) -> None:
    await asyncio.to_thread(entrypoint.run, ["--read-only"])

    session = await fake_app.started[0].connect()

    assert (session.profile, session.danger, session.read_only) == ("local", False, True)
    assert session.client.is_embedded
    assert (await session.client.me()).embedded
    with pytest.raises(NotPermittedError, match=r"read-only"):
        await session.client.create_integration(IntegrationCreate(name="x"))
    await session.close()
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


async def test_a_data_directory_that_cannot_be_is_told(
    fake_app: type[FakeApp], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KEYCONSOLE_DATA_DIR", str(tmp_path / "file" / "data"))

    with pytest.raises(ConfigurationError, match=r"cannot be made: .* KEYCONSOLE_DATA_DIR names"):
        await console.open_session(Target("local"))


@pytest.fixture
async def remote_session() -> AsyncIterator[Any]:
    target = Target(
        "prod",
        "https://keys.example.com",
        danger=True,
        read_only=True,
        environ={"KEYCONSOLE_TOKEN": TOKEN},
    )
    session = await console.open_session(target)
    yield session
    assert session.close is not None
    await session.close()


async def test_a_remote_service_is_opened_without_asking_it_anything(remote_session: Any) -> None:
    assert remote_session.client.base_url == "https://keys.example.com"
    assert remote_session.client.read_only
    assert (remote_session.profile, remote_session.danger) == ("prod", True)


@pytest.fixture
def profiles(fake_app: type[FakeApp], tmp_path: Path) -> Path:
    """Three profiles and no default."""
    path = tmp_path / "config.toml"
    path.write_text(
        "[profiles.prod]\nurl = 'https://keys.example.com'\ndanger = true\n"
        "[profiles.audit]\nurl = 'https://audit.example.com'\nread_only = true\n"
        "[profiles.op]\nurl = 'https://op.example.com'\ntoken_command = ['false']\n"
    )
    return path


async def test_the_profile_that_was_open_last_is_opened_again(
    profiles: Path, fake_app: type[FakeApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYCONSOLE_TOKEN", TOKEN)
    assert await asyncio.to_thread(entrypoint.run, ["--profile", "prod"]) == 0
    session = await fake_app.started[0].connect()
    await session.close()

    assert await asyncio.to_thread(entrypoint.run, []) == 0

    assert fake_app.started[1].options["profile"] == "prod"
    assert fake_app.started[1].options["danger"] is True


def test_a_profile_can_be_read_only(
    profiles: Path, fake_app: type[FakeApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYCONSOLE_TOKEN", TOKEN)

    assert entrypoint.run(["open", "/audit", "--profile", "audit"]) == 0

    assert fake_app.started[0].options["read_only"] is True


def test_without_a_token_no_screen_is_drawn(
    profiles: Path, fake_app: type[FakeApp], capfd: pytest.CaptureFixture[str]
) -> None:
    assert entrypoint.run(["--profile", "prod"]) == 3

    assert fake_app.started == []
    assert "keyconsole login https://keys.example.com --profile prod" in capfd.readouterr().err


async def test_a_command_for_the_token_runs_behind_the_first_frame(
    profiles: Path, fake_app: type[FakeApp]
) -> None:
    assert await asyncio.to_thread(entrypoint.run, ["--profile", "op"]) == 0

    with pytest.raises(ConfigurationError, match=r"ended with 1"):
        await fake_app.started[0].connect()


def test_a_variable_that_names_no_theme_is_a_warning(
    fake_app: type[FakeApp], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEYCONSOLE_THEME", "neon")

    assert entrypoint.run([]) == 0

    assert "warning: KEYCONSOLE_THEME names no theme" in capfd.readouterr().err


def test_the_console_can_switch_to_every_profile(profiles: Path, fake_app: type[FakeApp]) -> None:
    known = console.ConsoleProfiles(ServiceOptions())
    looking = console.ConsoleProfiles(ServiceOptions(read_only=True))

    assert [choice.name for choice in known.choices()] == ["local", "audit", "op", "prod"]
    assert (known.target("audit").profile, known.target("audit").read_only) == ("audit", True)
    assert looking.target("prod").read_only
    assert known.target("local").url is None


async def test_the_embedded_service_takes_no_token(profiles: Path) -> None:
    with pytest.raises(UsageError, match="needs no token"):
        await console.ConsoleProfiles(ServiceOptions()).sign_in("local", "kco_x")


@pytest.mark.parametrize(
    ("setting", "environ", "wanted"),
    [
        ("auto", {}, True),
        ("auto", {"SSH_TTY": "/dev/pts/1"}, False),
        ("on", {"SSH_CONNECTION": "1"}, True),
        ("off", {}, False),
    ],
)
def test_the_mouse_is_left_to_the_terminal_over_ssh(
    setting: str, environ: dict[str, str], wanted: bool
) -> None:
    assert console.wants_mouse(setting, environ) is wanted
