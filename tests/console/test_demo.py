"""A demo promises nothing that ends with it: no address for programs, no next start."""

from tests.console.desk import IN_USE, integration_of, sit_down
from tests.stage import Stage

from keyconsole.console.screens.replacement_created import ReplacementCreatedScreen
from keyconsole.console.screens.rotation import RotationScreen
from keyconsole.console.session import Session


async def test_a_demo_says_that_it_ends_and_answers_no_program(stage: Stage) -> None:
    async def demo() -> Session:
        return Session(stage.client(), "demo", is_demo=True)

    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}/api-keys", connect=demo) as desk:
        await desk.put_cursor_on(IN_USE)
        await desk.press("t", "ctrl+s")
        desk.see(ReplacementCreatedScreen)
        assert "not in the demo: it answers this console alone" in desk.words
        assert "curl" not in desk.words
        assert "service run" not in desk.words

        await desk.press("v", "enter")
        desk.see(RotationScreen)
        assert "it goes on until the demo ends" in desk.words
        assert "next start" not in desk.words


async def test_the_service_of_this_machine_goes_on_at_the_next_start(stage: Stage) -> None:
    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}/api-keys") as desk:
        await desk.put_cursor_on(IN_USE)
        await desk.press("t", "ctrl+s")
        assert "first start keyconsole service run" in desk.words
        assert "http://127.0.0.1:8321/v1/forward-auth" in desk.words
        await desk.press("v", "enter")
        assert "at the next start" in desk.words
