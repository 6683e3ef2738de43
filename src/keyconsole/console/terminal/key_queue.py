"""Keys, one at a time: each is handed on once the one before it has taken effect.

Textual gives a key to what has the focus when it arrives. Of `g` and a label typed in one burst,
over a slow line or ahead of a slow machine, the label would go to the list that `g` leaves.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App, ScreenStackError

from keyconsole.console import workers
from keyconsole.console.terminal.textual_compat import event_time

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.message_pump import MessagePump

PATIENCE_SECONDS = 1.0
"""Seconds that a key may take before the next one is dispatched all the same."""


class KeyQueue:
    """Holds what was typed until the screen that it is meant for is there.

    `acting_since` is when that was pressed which now takes effect, so that a question can tell
    an answer from what was typed before it could be read.
    """

    def __init__(self, app: App[Any], dispatch: Callable[[events.Event], Awaitable[None]]) -> None:
        self.acting_since = now()
        self._app, self._hand_on = app, dispatch
        self._waiting: deque[events.Event] = deque()
        self._is_busy = False

    def take(self, event: events.Key | events.Paste) -> None:
        """Hand the event on, after those before it."""
        self._waiting.append(event)
        if not self._is_busy:
            self._is_busy = True
            workers.start(self._app, self._work_off, "keyboard")

    async def _work_off(self) -> None:
        try:
            with suppress(ScreenStackError):  # there is no screen any more: the console ends
                while self._waiting:
                    await self._give(self._waiting.popleft())
        finally:
            self._is_busy = False

    async def _give(self, event: events.Event) -> None:
        self.acting_since = event.time
        target = self._app.focused or self._app.screen
        await self._hand_on(event)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                for node in target.ancestors_with_self:
                    await _is_through(node)
                await _is_through(self._app.screen)
                await _is_through(self._app)


def is_input(event: events.Event) -> bool:
    """Returns `True` for a key, a paste or the mouse."""
    return isinstance(event, events.Key | events.Paste | events.MouseEvent)


def now() -> float:
    """The time by the clock that `acting_since` is told by."""
    return event_time()


async def _is_through(pump: MessagePump) -> None:
    """Wait until a node has worked off what was sent to it; a new one begins with its mount."""
    through = asyncio.Event()
    if pump.call_later(through.set):
        await through.wait()
