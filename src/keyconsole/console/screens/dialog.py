"""A dialog: one box in the frame that every screen has, and nothing else to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal

from keyconsole.console.actions import Action
from keyconsole.console.screens import base
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.screens.framed import Framed
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.frame import Crumbs, IdentityBar, KeyBar, Notice, TooSmall
from keyconsole.console.widgets.pinned import Pinned, Scrolled, split
from keyconsole.console.widgets.static import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.screen import Screen
    from textual.widget import Widget

    from keyconsole.console.styled_text import Run


MORE = Action("scroll_evidence(1)", (), ("pagedown",), "pgdn", "more", "", (), weight=7)
LAST = 2
"""Cells at least of the margin after the last button, which it does not need."""
ROOM = 9
"""Cells that the frame of a dialog takes beside its text, and a bar to scroll it by."""


class DialogScreen(Framed):
    """`box` holds the widgets, `CRUMB` the last crumb, `TONE` the role of the frame.

    What stands before the first field or button is evidence and scrolls, by the page keys too;
    the rest is pinned below it.

    The screen below asks nothing while it is open. So that its frame does not take a service for
    there that is lost, and somebody finds out by sending, it looks by itself where it `POLLS`.
    """

    CRUMB: ClassVar[str] = ""
    TONE: ClassVar[str] = "rule"
    POLLS: ClassVar[bool] = True
    SAYS: ClassVar[str] = "dialog-says"
    WIDEST: ClassVar[int] = 94
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "scroll_evidence(-1)", show=False),
        Binding("pagedown", "scroll_evidence(1)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.crumb = self.CRUMB

    def compose(self) -> ComposeResult:
        yield IdentityBar()
        yield Crumbs()
        with Container(id="dialog-room"):
            evidence, answers = split(self.box())
            yield Pinned(
                Scrolled(*evidence, id="evidence"),
                Scrolled(*answers, id="answers"),
                id="dialog",
                classes=f"-{self.TONE}",
            )
        yield Notice()
        yield KeyBar()
        yield TooSmall()

    def end(self, verb: str) -> Horizontal:
        """The two answers of a question with one field, `save` being called `verb`."""
        return Horizontal(
            Chip("esc", self.label_of("cancel") or "back", "cancel"),
            Chip("↵", verb, "save", primary=True),
            id="dialog-end",
        )

    def box(self) -> Sequence[Widget]:
        """Returns the widgets of the box, from top to bottom."""
        raise NotImplementedError

    def _laid_out(self, screen: Screen[Any]) -> None:
        super()._laid_out(screen)
        for end in self.query("#dialog-end"):
            needed = sum(chip.width + chip.styles.margin.width for chip in end.query(Chip))
            end.set_class(needed - LAST > end.size.width, "-stacked")

    @property
    def room(self) -> int:
        """The cells of a line in the box."""
        return min(self.WIDEST, self.app.size.width) - ROOM

    def footer(self) -> Sequence[Action]:
        return [*self.offered(), *([MORE] if self._evidence_overflows else [])]

    @property
    def _evidence_overflows(self) -> bool:
        return any(part.hides_lines for part in self.query("#evidence").results(Scrolled))

    def action_scroll_evidence(self, pages: int) -> None:
        """Scroll by pages what stands above the answers."""
        evidence = self.query_one("#evidence", Scrolled)
        lines = max(1, evidence.size.height - 1)
        evidence.scroll_to(y=evidence.scroll_y + pages * lines, animate=False)

    def _says(self, *runs: Run) -> None:
        """Say something in the box, in the widget that is called so."""
        for says in self.query(f"#{self.SAYS}").results(Static):
            says.set_class(bool(runs), "-said")
            says.update(draw(*runs))

    def action_cancel(self) -> None:
        self.dismiss(None)

    def path(self) -> Sequence[str]:
        below = [screen for screen in self.app.screen_stack if isinstance(screen, ConsoleScreen)]
        return [*(below[-1].path() if below else []), self.crumb]

    def on_mount(self) -> None:
        self.update_frame()
        if self.POLLS:
            self.set_interval(base.POLL_SECONDS, self.look)
