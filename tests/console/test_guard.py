"""What must hold whatever happens: clean output, no secret in a crash."""

from collections.abc import Callable
from typing import Any

import pytest
from rich.segment import ControlType, Segment
from tests.console.desk import Desk, sit_down
from tests.stage import Stage
from textual import events
from textual.app import ComposeResult
from textual.color import Color
from textual.geometry import Size
from textual.screen import Screen
from textual.widgets import Static

from keyconsole.console.app import KeyconsoleApp
from keyconsole.console.terminal import guard
from keyconsole.core import credentialtext
from keyconsole.core.credential import Kind, mint

SECRET = mint(Kind.API_KEY).text
TOKEN = mint(Kind.OPERATOR_TOKEN).text


def guarded(*segments: Segment) -> list[Segment]:
    return guard.OutputGuard().apply(list(segments), Color(0, 0, 0))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]52;c;eA==\a", "<U+001B>]52;c;eA==<U+0007>"),
        ("\x9b6n", "<U+009B>6n"),
        ("a\u202eb", "a<U+202E>b"),
        ("a\u200bb", "a<U+200B>b"),
        ("a\U000e0041b", "a<U+E0041>b"),
    ],
)
def test_what_acts_or_hides_is_shown_at_the_last_guard(text: str, shown: str) -> None:
    assert [segment.text for segment in guarded(Segment(text))] == [shown]


def test_clean_lines_pass_untouched() -> None:
    segments = [Segment("api-gateway"), Segment(" prod")]

    assert guard.OutputGuard().apply(segments, Color(0, 0, 0)) is segments
    assert guarded(Segment("日本 ● ✓ é"))[0].text == "日本 ● ✓ é"


def test_the_consoles_own_control_codes_pass() -> None:
    control = Segment("\x1b[?25l", None, [(ControlType.HIDE_CURSOR,)])

    assert guarded(control, Segment("é"))[0] is control


@pytest.mark.parametrize("value", [SECRET, TOKEN])
def test_a_credential_in_a_text_is_cut_to_its_public_half(value: str) -> None:
    text = credentialtext.redact(f"before {value} after kcs_short")

    assert value[21:] not in text
    assert text == f"before {value[:21]}… after kcs_short"


@pytest.mark.parametrize(
    "event",
    [
        events.Key("x", "x"),
        events.Paste("x"),
        events.MouseDown(None, 0, 0, 0, 0, 1, False, False, False),
    ],
)
def test_only_what_a_person_does_is_ignored_on_a_screen_too_small(event: events.Event) -> None:
    assert guard.ignores(event, tiny=True)
    assert not guard.ignores(event, tiny=False)
    assert not guard.ignores(events.Resize(Size(80, 24), Size(80, 24)), tiny=True)


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
