"""Any size at any moment: a storm of them hurts no screen, and the smallest leaves nothing out."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.console.desk import Desk, integration_of, sit_down
from tests.hands import press, settle, type_text
from tests.scenes import SCENES, Scene
from tests.stage import Stage, set_up
from textual.pilot import Pilot

from keyconsole.console import reconnection
from keyconsole.console.app import KeyconsoleApp, Session
from keyconsole.console.screens.base import TINY
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.session import ProfileChoice
from keyconsole.console.widgets import filter as filter_line
from keyconsole.console.widgets.chip import Chip

STORM = ((300, 100), (20, 5), TINY, (61, 100), (300, 16))
WHOLE = (TINY, (80, 24), (300, 16), (60, 100))
CALM = 3600.0


class OtherPlaces:
    """Profiles to choose from; none of them is gone to."""

    def choices(self) -> Sequence[ProfileChoice]:
        long = "https://keys.a-very-long-name-of-a-company.example.com"
        return [ProfileChoice("local", "this machine"), ProfileChoice("prod", long, danger=True)]

    async def open(self, name: str) -> Session:
        raise NotImplementedError(name)

    async def sign_in(self, name: str, token: str) -> Session:
        raise NotImplementedError(name, token)


async def _profiles(pilot: Pilot[None], _: Stage) -> None:
    await press(pilot, "P", "down")


async def _sign_in(pilot: Pilot[None], _: Stage) -> None:
    await press(pilot, "P", "down", "t")
    await type_text(pilot, "kco_half")


ELSEWHERE = [
    Scene("profiles", _profiles, options={"profiles": OtherPlaces()}),
    Scene("sign-in", _sign_in, options={"profiles": OtherPlaces()}),
]


def answers(app: KeyconsoleApp, text: str) -> set[str]:
    """The answers of a dialog that can be read whole, in its box."""
    return {words for chip in app.screen.query(Chip) if (words := chip.render().plain) in text}


def text_of(desk: Desk) -> list[str]:
    return [line.rstrip() for line in desk.text.split("\n")]


@pytest.mark.parametrize("scene", [*SCENES, *ELSEWHERE], ids=lambda scene: scene.name)
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
            if isinstance(app.screen, DialogScreen):
                offered = answers(app, desk.text)
                for size in WHOLE:
                    await desk.resize(*size)
                    assert answers(app, desk.text) == offered, size


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

        assert "Disabled api-gateway-prod: it revokes itself in 1 h. d lets it go." in desk.words
