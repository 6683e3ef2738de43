"""The report of a crash has no secret in it."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.console.desk import Desk, sit_down
from tests.stage import Stage
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from keyconsole.console.app import KeyconsoleApp
from keyconsole.core import credentialtext
from keyconsole.core.credential import Kind, mint

SECRET = mint(Kind.API_KEY).text
TOKEN = mint(Kind.OPERATOR_TOKEN).text


@pytest.mark.parametrize("value", [SECRET, TOKEN])
def test_a_credential_in_a_text_is_cut_to_its_public_half(value: str) -> None:
    text = credentialtext.redact(f"before {value} after kcs_short")

    assert value[21:] not in text
    assert text == f"before {value[:21]}… after kcs_short"


def boom(text: str) -> None:
    held = text  # a local that a traceback with locals would print
    raise RuntimeError(f"{held} is in the exception")


class Broken(Screen[Any]):
    def compose(self) -> ComposeResult:
        boom(SECRET)
        yield Static()


async def in_worker(app: KeyconsoleApp) -> None:
    async def work() -> None:
        boom(SECRET)

    app.run_change(work)


async def in_handler(app: KeyconsoleApp) -> None:
    app.call_later(boom, SECRET)


async def in_timer(app: KeyconsoleApp) -> None:
    app.set_timer(0.001, lambda: boom(SECRET))


async def in_compose(app: KeyconsoleApp) -> None:
    app.push_screen(Broken())


@pytest.mark.parametrize("crash", [in_worker, in_handler, in_timer, in_compose])
async def test_a_crash_tells_what_happened_without_the_secret(
    bare_stage: Stage, capfd: pytest.CaptureFixture[str], crash: Callable[[KeyconsoleApp], Any]
) -> None:
    desks: list[Desk] = []

    async def crashed() -> None:
        async with sit_down(bare_stage) as desk:
            desks.append(desk)
            await crash(desk.app)
            await desk.until(lambda: desk.app.failure is not None)

    with pytest.raises(Exception, match="is in the exception"):
        await crashed()

    app = desks[0].app
    assert app.failure is not None
    assert "Something went wrong inside the console" in app.failure.message
    assert "in boom" in app.failure.message
    everything = "".join([app.failure.message, *desks[0].written, *capfd.readouterr()])
    everything += repr(app._exit_renderables)
    assert SECRET[21:] not in everything
    assert app.return_code
