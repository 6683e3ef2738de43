"""A dialog: one box in the frame that every screen has, and nothing else to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container, VerticalScroll

from keyconsole.console import keyboard
from keyconsole.console.screens.base import ConsoleScreen, Framed
from keyconsole.console.widgets.frame import Crumbs, IdentityBar, KeyBar, TooSmall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.widget import Widget


class DialogScreen(Framed):
    """`box` holds the widgets, `CRUMB` the last crumb, `TONE` the role of the frame."""

    CRUMB: ClassVar[str] = ""
    TONE: ClassVar[str] = "rule"

    _armed_at: float | None = None

    def __init__(self) -> None:
        super().__init__()
        self.crumb = self.CRUMB

    def compose(self) -> ComposeResult:
        yield IdentityBar()
        yield Crumbs()
        with Container(id="dialog-room"):
            yield VerticalScroll(*self.box(), id="dialog", classes=f"-{self.TONE}", can_focus=False)
        yield KeyBar()
        yield TooSmall()

    def box(self) -> Sequence[Widget]:
        """What stands in the box, from top to bottom."""
        raise NotImplementedError

    def path(self) -> Sequence[str]:
        below = [screen for screen in self.app.screen_stack if isinstance(screen, ConsoleScreen)]
        return [*(below[-1].path() if below else []), self.crumb]

    def on_mount(self) -> None:
        self.update_frame()

    def settle(self) -> None:
        """From a moment on, what is pressed is an answer; what was typed before that is not."""
        if seconds := self.console_app.settle_seconds:
            self.set_timer(seconds, self._arm)
        else:
            self._arm()

    def _arm(self) -> None:
        self._armed_at = keyboard.now()

    @property
    def is_readable(self) -> bool:
        """Whether it has been there long enough to be read."""
        return self._armed_at is not None

    @property
    def armed(self) -> bool:
        """Whether what is being pressed was pressed after the dialog could be read."""
        pressed_at = self.console_app.keyboard.acting_since
        return self._armed_at is not None and pressed_at >= self._armed_at
