"""How every screen looks, in every state worth a picture, at three sizes.

`pytest tests/console/test_snapshots.py --snapshot-update` draws them again; look at each one that
changed before it is committed. The page that a failing comparison leaves behind,
`snapshot_report.html`, holds the environment of who ran it, so it is never committed.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.console.desk import Desk
from tests.console.pictures import Pictures, pictures
from tests.console.sizes import cut_answers, storm
from tests.hands import settle
from tests.scenes import SCENES, Scene
from tests.stage import set_up

from keyconsole.console import reconnection
from keyconsole.console.app import KeyconsoleApp
from keyconsole.console.widgets import filter as filter_line

__all__ = ["pictures"]

SIZES = ((120, 40), (80, 24), (60, 16))
CALM = 3600.0
AFRESH = {
    "integrations": "a list whose columns go away",
    "create-wrong": "a form with an error beside a field",
    "created": "a value that breaks into lines",
    "find-wrong": "a mark below the word that it is about",
    "key-rotating": "facts that scroll",
    "rotation-ready": "two sides that become one",
    "revoke": "a dialog with evidence and a field",
    "revoked-many": "a receipt above a list",
    "help": "a dialog that scrolls",
    "command": "choices that are cut, not wrapped",
}
"""Scenes that are also opened at each size and go through a storm of sizes, and why these."""


def name_of(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing happens by itself, however long a busy machine takes to draw."""
    monkeypatch.setattr(reconnection, "RETRY_SECONDS", (4,))
    monkeypatch.setattr(reconnection.Reconnection, "retry", lambda _: None)
    monkeypatch.setattr(KeyconsoleApp, "shown_after_seconds", CALM)
    monkeypatch.setattr(filter_line, "PAUSE_SECONDS", CALM)


@asynccontextmanager
async def played(
    scene: Scene, template: Path, directory: Path, size: tuple[int, int]
) -> AsyncIterator[Desk]:
    """A console on which a scene has been played."""
    async with set_up(None if scene.empty else template, directory) as stage:
        app = stage.console(connect=stage.session, **scene.options)
        async with app.run_test(size=size) as pilot:
            await settle(pilot)
            await scene.play(pilot, stage)
            await settle(pilot)
            yield Desk(pilot, stage, app)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_it_looks_as_it_did_at_every_size(
    scene: Scene, template: Path, tmp_path: Path, pictures: Pictures
) -> None:
    async with played(scene, template, tmp_path / "data", SIZES[0]) as desk:
        focused = desk.app.focused
        changed = []
        for size in SIZES:
            await desk.resize(*size)
            changed += [] if pictures.match(desk, scene.name) else [size]
        assert changed == []

        await desk.resize(*SIZES[0])
        if scene.name in AFRESH:
            await storm(desk)
        assert pictures.match(desk, scene.name), "after other sizes"
        assert desk.app.focused is focused
        assert await cut_answers(desk) == {}


@pytest.mark.parametrize("size", SIZES[1:], ids=name_of)
@pytest.mark.parametrize("scene", AFRESH)
async def test_opened_at_a_size_it_looks_as_if_brought_to_it(
    scene: str, size: tuple[int, int], template: Path, tmp_path: Path, pictures: Pictures
) -> None:
    [found] = [each for each in SCENES if each.name == scene]
    async with played(found, template, tmp_path / "data", size) as desk:
        assert pictures.match(desk, scene)
