"""How long a person waits for the service before the frame says so."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyconsole.console.app import KeyconsoleApp


class BusyIndicator:
    """Counts the requests that somebody waits for. Short ones are not worth a word."""

    def __init__(self, app: KeyconsoleApp) -> None:
        self._app = app
        self._asking = 0

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around a request that the person waits for."""
        self._asking += 1
        timer = self._app.set_timer(self._app.shown_after_seconds, self._show)
        try:
            yield
        finally:
            timer.stop()
            self._asking -= 1
            if not self._asking:
                self._app.waiting = False

    def _show(self) -> None:
        # The timer may have gone off just before it was stopped.
        if self._asking:
            self._app.waiting = True
