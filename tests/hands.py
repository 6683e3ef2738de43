"""What a person's hands do at a console: press, type, paste; then wait until it is calm."""

import asyncio
import unicodedata
from typing import Any

from textual import events
from textual.app import App
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot

CALM_ROUNDS = 3


async def settle(pilot: Pilot[None]) -> None:
    """Wait until nothing is on its way any more: no worker, no message, no drawing."""
    app = pilot.app
    calm = 0
    while calm < CALM_ROUNDS and app.is_running:
        await _nothing_is_ready()
        if not _each_waits_for_a_message(app):
            await pilot._wait_for_screen()
        app.screen._on_timer_update()
        # A new size is drawn some milliseconds after it came.
        if (timer := app._resize_timer) is not None and timer._task is not None:
            await asyncio.wait([timer._task])
        # A worker that another one took the place of is cancelled: that is not a failure.
        tasks = [worker._task for worker in app.workers if worker._task is not None]
        under_way = [task for task in tasks if not task.done()]
        if under_way:
            await asyncio.wait(under_way)
        calm = 0 if under_way else calm + 1
        await asyncio.sleep(0)


def _each_waits_for_a_message(app: App[Any]) -> bool:
    """Return whether no widget of the screen is in the middle of handling a message."""
    pumps = (app, *app.screen.walk_children(with_self=True))
    return all(pump._message_queue.ready_event._waiters for pump in pumps)


async def _nothing_is_ready() -> None:
    """Wait until no task of this loop could go on without input or time."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    while ready:  # noqa: ASYNC110 -- a loop that is at rest sets no event
        await asyncio.sleep(0)


def send(pilot: Pilot[None], *keys: str) -> None:
    """Send keys in one burst, as a terminal sends what was typed ahead."""
    app = pilot.app
    assert app._driver is not None
    for key in keys:
        name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
        original = REPLACED_KEYS.get(name, name)
        character: str | None
        try:
            character = unicodedata.lookup(_get_unicode_name_from_key(original))
        except KeyError:
            character = key if len(key) == 1 else None
        event = events.Key(name, character)
        event.set_sender(app)
        app._driver.send_message(event)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, each after the one before has had its effect."""
    for key in keys:
        send(pilot, key)
        await settle(pilot)


async def type_text(pilot: Pilot[None], text: str) -> None:
    """Type a text into what has the focus."""
    send(pilot, *text)
    await settle(pilot)


async def paste(pilot: Pilot[None], text: str) -> None:
    """Paste a text, as a terminal with bracketed paste does."""
    event = events.Paste(text)
    event.set_sender(pilot.app)
    assert pilot.app._driver is not None
    pilot.app._driver.send_message(event)
    await settle(pilot)
