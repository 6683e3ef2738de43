"""How every screen looks, in every state worth a picture, at three sizes.

`pytest tests/console/test_snapshots.py --snapshot-update` draws them again; look at each one that
changed before it is committed. The page that a failing comparison leaves behind,
`snapshot_report.html`, holds the environment of who ran it, so it is never committed.
"""

import shutil
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tests.hands import settle
from tests.scenes import SCENES, Scene
from tests.stage import Stage, seeded
from textual.pilot import Pilot

from keyconsole.console import reconnection
from keyconsole.console.app import KeyconsoleApp, Session
from keyconsole.console.widgets import filter as filter_line

SIZES = ((120, 40), (80, 24), (60, 16))
CALM = 3600.0


def name_of(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing happens by itself, however long a busy machine takes to draw."""
    monkeypatch.setattr(reconnection, "RETRY_SECONDS", (4,))
    monkeypatch.setattr(reconnection.Reconnection, "retry", lambda _: None)
    monkeypatch.setattr(KeyconsoleApp, "shown_after_seconds", CALM)
    monkeypatch.setattr(filter_line, "PAUSE_SECONDS", CALM)


@pytest.mark.parametrize("size", SIZES, ids=name_of)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_it_looks_as_it_did(
    scene: Scene,
    size: tuple[int, int],
    template: Path,
    tmp_path: Path,
    snap_compare: Callable[..., bool],
) -> None:
    stage = Stage(copy_of(None if scene.empty else template, tmp_path / "data"))

    async def connect() -> Session:
        """Start the service in the loop of the app, and stop it with the app."""
        async with AsyncExitStack() as started:
            await started.enter_async_context(seeded(11))
            await stage.start()
            started.push_async_callback(stage.stop)
            close = started.pop_all().aclose
        return Session(stage.client(), "local", close=close)

    async def play(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await scene.play(pilot, stage)
        await settle(pilot)

    app = stage.console(connect=connect, **scene.options)
    assert snap_compare(app, terminal_size=size, run_before=play)


def copy_of(template: Path | None, directory: Path) -> Path:
    if template is not None:
        shutil.copytree(template, directory)
    return directory
