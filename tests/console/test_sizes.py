"""Any size at any moment: a storm of them hurts no screen, and the smallest leaves nothing out."""

from pathlib import Path

import pytest
from tests.console.desk import Desk, integration_of, sit_down
from tests.hands import settle
from tests.scenes import SCENES, Scene
from tests.stage import Stage, set_up

from keyconsole.console import reconnection
from keyconsole.console.screens.base import TINY
from keyconsole.console.widgets import filter as filter_line

STORM = ((300, 100), (20, 5), TINY, (61, 100), (300, 16))
CALM = 3600.0


def text_of(desk: Desk) -> list[str]:
    return [line.rstrip() for line in desk.text.split("\n")]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_a_storm_of_sizes_leaves_every_screen_as_it_was(
    scene: Scene, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filter_line, "PAUSE_SECONDS", CALM)
    monkeypatch.setattr(reconnection.Reconnection, "retry", lambda _: None)
    source = None if scene.empty else template
    async with set_up(source, tmp_path / "data") as stage:
        app = stage.console(**scene.options)
        async with app.run_test(size=(100, 30)) as pilot:
            desk = Desk(pilot, stage, app)
            await settle(pilot)
            await scene.play(pilot, stage)
            await settle(pilot)
            before, focused = text_of(desk), app.focused
            for size in STORM:
                await pilot.resize_terminal(*size)
            await desk.resize(100, 30)

            assert text_of(desk) == before
            assert app.focused is focused


async def test_every_answer_to_a_question_is_whole(stage: Stage) -> None:
    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}/api-keys", size=TINY) as desk:
        await desk.press("t", "ctrl+s", "c", "enter", "c")
        assert "Cancel this rotation?" in desk.text
        for answer in ("let it go on", "keep both", "revoke the new one"):
            assert desk.text.count(answer) >= 2  # in the box, and at the foot


async def test_a_sentence_is_said_to_its_end(stage: Stage) -> None:
    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}/api-keys", size=TINY) as desk:
        await desk.press("d", "right", "D")

        assert "Disabled api-gateway-prod, revoked in 1 h. d lets it go." in desk.words
