"""A dialog: one box in the frame that every screen has, and nothing else to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container, VerticalScroll

from keyconsole.console.screens import base
from keyconsole.console.screens.base import ConsoleScreen, Framed
from keyconsole.console.widgets.frame import Crumbs, IdentityBar, KeyBar, TooSmall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.widget import Widget


class DialogScreen(Framed):
    """`box` holds the widgets, `CRUMB` the last crumb, `TONE` the role of the frame.

    The screen below asks nothing while it is open. So that its frame does not take a service for
    there that is lost, and somebody finds out by sending, it looks by itself where it `POLLS`.
    """

    CRUMB: ClassVar[str] = ""
    TONE: ClassVar[str] = "rule"
    POLLS: ClassVar[bool] = True

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
        if self.POLLS:
            self.set_interval(base.POLL_SECONDS, self.look)

    def look(self) -> None:
        """Ask whether the service is there, while somebody sits before this."""
        if self.is_current and not self.console_app.is_left_alone:
            self.console_app.reconnection.look()
