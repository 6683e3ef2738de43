"""The smallest size leaves nothing out, and a storm of sizes hurts no dialog about profiles.

The same storm goes over every other screen in `test_snapshots.py`.
"""

import asyncio
import itertools
from collections.abc import Sequence
from functools import partial

import pytest
from tests.console.desk import Desk, integration_of, sit_down
from tests.console.sizes import cut_answers, storm
from tests.hands import press, type_text
from tests.scenes import Scene
from tests.stage import Stage
from textual import _time
from textual.pilot import Pilot

from keyconsole.console import reconnection
from keyconsole.console.app import Session
from keyconsole.console.screens.framed import TINY
from keyconsole.console.session import ProfileChoice
from keyconsole.console.terminal.textual_compat import event_time


class OtherPlaces:
    """Profiles to choose from; none of them is gone to."""

    def choices(self) -> Sequence[ProfileChoice]:
        long = "https://keys.a-very-long-name-of-a-company.example.com"
        return [ProfileChoice("local", "this machine"), ProfileChoice("prod", long, danger=True)]

    async def open(self, name: str) -> Session:
        raise NotImplementedError(name)

    async def visit(self, name: str) -> Session:
        raise NotImplementedError(name)

    async def sign_in(self, name: str, token: str) -> Session:
        raise NotImplementedError(name, token)


async def _profiles(pilot: Pilot[None], _: Stage) -> None:
    await press(pilot, "P", "down")


async def _sign_in(pilot: Pilot[None], _: Stage) -> None:
    await press(pilot, "P", "down", "n")
    await type_text(pilot, "kco_half")


ELSEWHERE = [
    Scene("profiles", _profiles, options={"profiles": OtherPlaces()}),
    Scene("sign-in", _sign_in, options={"profiles": OtherPlaces()}),
]


@pytest.mark.parametrize("scene", ELSEWHERE, ids=lambda scene: scene.name)
async def test_a_storm_of_sizes_leaves_a_dialog_as_it_was(
    scene: Scene, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconnection.Reconnection, "retry", lambda _: None)
    async with sit_down(stage, size=(100, 30), **scene.options) as desk:
        await scene.play(desk.pilot, stage)
        await desk.settle()
        before, focused = desk.text, desk.app.focused
        await storm(desk)

        assert desk.text == before
        assert desk.app.focused is focused
        assert await cut_answers(desk) == {}


async def test_every_answer_to_a_question_is_whole(stage: Stage) -> None:
    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}/api-keys", size=TINY) as desk:
        await desk.press("t", "ctrl+s", "c", "enter", "C")
        assert "Cancel this rotation?" in desk.text
        for answer in ("let it go on", "keep both", "revoke the new one"):
            assert desk.text.count(answer) >= 2  # in the box, and at the foot


async def test_a_sentence_is_said_to_its_end(stage: Stage) -> None:
    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}/api-keys", size=TINY) as desk:
        await desk.press("d", "right", "D")

        assert "Disabled api-gateway-prod: it revokes itself in 1 h. d lets it go." in desk.words


def is_drawn(desk: Desk, size: tuple[int, int]) -> bool:
    return desk.app.screen._compositor.size == size


async def test_a_size_arrives_on_a_machine_that_stalls_where_its_timer_begins(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, stalled = event_time, itertools.count()

    def late() -> float:
        task = asyncio.current_task()
        is_timer = task is not None and task.get_name().startswith("set_timer")
        return read() + (next(stalled) if is_timer else 0)

    async with sit_down(stage) as desk:
        monkeypatch.setattr(_time, "get_time", late)
        for size in ((80, 24), (120, 40)):
            await desk.pilot.resize_terminal(*size)
            await desk.until(partial(is_drawn, desk, size))
        assert next(stalled) >= 2
