"""The stage, filled once a session and copied for each test, and consoles opened on it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from rich.console import RenderableType
from tests.console.desk import Desk, Network, integration_of, sit_down
from tests.stage import Stage, build_template, set_up
from textual._compositor import Compositor
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from keyconsole.console import reconnection
from keyconsole.console.screens import base, revoke, rotation

FOREIGN = (
    "NO_COLOR",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "TMUX",
    "SSH_CONNECTION",
    "SSH_TTY",
    "SSH_CLIENT",
)
NEVER = 3600


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A terminal like any other, a home of one's own, UTC; what repeats does so when called."""
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(base, "POLL_SECONDS", NEVER)
    monkeypatch.setattr(revoke, "REFRESH_SECONDS", NEVER)
    monkeypatch.setattr(rotation, "LIVE_SECONDS", NEVER)
    monkeypatch.setattr(reconnection, "RETRY_SECONDS", (NEVER,))
    yield home
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """Parses each style sheet once, and not once for each console; a person opens only one."""
    parse = Stylesheet._parse_rules
    parsed: dict[Any, list[RuleSet]] = {}

    def parse_rules(sheet: Stylesheet, *args: Any, **options: Any) -> list[RuleSet]:
        about = (frozenset(sheet._variables.items()), args, frozenset(options.items()))
        if about not in parsed:
            parsed[about] = parse(sheet, *args, **options)
        return parsed[about]

    with mock.patch.object(Stylesheet, "_parse_rules", parse_rules):
        yield


@pytest.fixture(autouse=True)
def unpainted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out the painting of frames, which go to no terminal; reading the screen paints it.

    Painting was a fifth of the time of a test. `@pytest.mark.painted` brings it back.
    """
    paint = Compositor.render_update

    def leave_out(compositor: Compositor, *args: Any, **options: Any) -> RenderableType | None:
        if options.get("simplify"):  # a picture is taken
            return paint(compositor, *args, **options)
        compositor._dirty_regions.clear()
        return None

    if request.node.get_closest_marker("painted") is None:
        monkeypatch.setattr(Compositor, "render_update", leave_out)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Filled once, since a year of use takes longer than most tests."""
    directory = tmp_path_factory.mktemp("stage") / "template"
    asyncio.run(build_template(directory))
    return directory


@pytest.fixture
async def stage(template: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    """Seven integrations and a year of use."""
    async with set_up(template, tmp_path / "data") as ready:
        yield ready


@pytest.fixture
async def bare_stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A service with nothing in it."""
    async with set_up(None, tmp_path / "data") as ready:
        yield ready


@pytest.fixture
def network(stage: Stage) -> Network:
    """The way to the service, with whatever is to go wrong on it."""
    return Network(stage)


@pytest.fixture
async def desk(stage: Stage) -> AsyncIterator[Desk]:
    """A console on its first screen."""
    async with sit_down(stage) as seated:
        yield seated


@pytest.fixture
async def keys_desk(stage: Stage) -> AsyncIterator[Desk]:
    """A console on the API Keys tab of Salesforce Production."""
    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}/api-keys") as seated:
        yield seated


@pytest.fixture
async def wired_desk(stage: Stage, network: Network) -> AsyncIterator[Desk]:
    """The same, with everything that is sent going over `network`."""
    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}/api-keys", connect=network.session) as seated:
        yield seated
