"""After API Key Created is left, the value is nowhere in this process that the app can reach."""

import gc
import zlib
from collections import deque
from collections.abc import AsyncIterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest
from pydantic import SecretStr
from tests.console.desk import Desk
from tests.console.secrets import secret_of
from tests.stage import Stage, set_up

from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.core.credential import digest

HEADS = (ModuleType, FrameType, type)


def reachable_strings(root: Any) -> set[str]:
    """Every string that can be reached from `root`, but not by way of modules and frames."""
    seen: set[int] = set()
    found: set[str] = set()
    waiting = deque([root])
    while waiting:
        thing = waiting.popleft()
        if id(thing) in seen or isinstance(thing, HEADS):
            continue
        seen.add(id(thing))
        if isinstance(thing, str):
            found.add(thing)
        else:
            waiting.extend(gc.get_referents(thing))
    return found


@pytest.fixture
async def stage(
    template: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Stage]:
    """A stage whose keys no other test makes: what is found is of this test."""
    seed = zlib.crc32(request.node.name.encode())
    async with set_up(template, tmp_path / "data", seed=seed) as ready:
        yield ready


@pytest.fixture
async def created(wired_desk: Desk) -> Desk:
    await wired_desk.press("n")
    await wired_desk.write("checkout-prod")
    await wired_desk.press("ctrl+s")
    return wired_desk


async def fingerprint(desk: Desk) -> tuple[bytes, str]:
    """What the value can be known by without holding it: its digest and its first half."""
    value = secret_of(desk)
    return digest(value), value[:21]


def holders(strings: set[str], known: tuple[bytes, str]) -> list[str]:
    return [
        text[:21]
        for text in strings
        if text.startswith(known[1]) and text.isascii() and digest(text) == known[0]
    ]


async def test_the_search_finds_it_while_it_is_on_the_page(created: Desk) -> None:
    known = await fingerprint(created)

    assert holders(reachable_strings(created.app), known)


@pytest.mark.parametrize("way", [("v",), ("c",), ("v", "v", "c"), ("v", "s", "escape")])
async def test_nothing_of_the_app_holds_it_after_done(created: Desk, way: tuple[str, ...]) -> None:
    known = await fingerprint(created)
    await created.press(*way)
    await created.press("enter")
    created.see(IntegrationScreen)
    created.written.clear()
    gc.unfreeze()  # `get_objects` leaves out what the suite has frozen
    gc.collect()

    strings = reachable_strings(created.app)

    assert holders(strings, known) == []
    assert created.app._clipboard == ""
    assert not [thing for thing in gc.get_objects() if _holds(thing, known)]


def all_bytes(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.iterdir())


def _holds(thing: Any, known: tuple[bytes, str]) -> bool:
    if type(thing) is not SecretStr:
        return False
    value = thing.get_secret_value()
    return value.isascii() and digest(value) == known[0]


async def test_it_is_on_no_screen_after_done_nor_in_a_screenshot(created: Desk) -> None:
    value = secret_of(created)
    await created.press("v", "enter")

    for screen in created.app.screen_stack:
        strips = screen._compositor.render_strips()
        assert value[21:] not in "".join(strip.text for strip in strips)
    assert value[21:] not in created.app.export_screenshot()


async def test_it_is_in_no_row_of_what_the_service_stored(created: Desk) -> None:
    value = secret_of(created)
    await created.press("v", "enter")
    await created.stage.service.app.runtime.recorder.flush()

    assert value[21:].encode() not in all_bytes(created.stage.directory)


async def test_what_is_selected_and_copied_is_sent_and_not_kept(created: Desk) -> None:
    await created.press("v")
    created.app.screen.text_select_all()
    selected = created.app.screen.get_selected_text()
    assert selected is not None
    assert secret_of(created) in selected
    created.app.screen.action_copy_text()
    await created.settle()

    assert any(text.startswith("\x1b]52;c;") for text in created.written)
    assert created.app._clipboard == ""
