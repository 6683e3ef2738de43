"""Dialogs that offer several lines to pick one from."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region

from keyconsole.console import workers
from keyconsole.console.actions import Scope
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.styled_text import Run, draw, fit, stack
from keyconsole.console.widgets.pinned import Scrolled
from keyconsole.console.widgets.static import Static
from keyconsole.core.errors import KeyconsoleError
from keyconsole.text.labels import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.console.styled_text import Line
    from keyconsole.wire import FindingCounts

HEAD = 2
"""Lines above the first one to pick."""


class PickDialog(DialogScreen):
    """Draws `lines` below `HEADING`, one of them under the cursor."""

    HEADING: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.cursor = 0

    def box(self) -> Sequence[Widget]:
        return [
            Static(draw((self.HEADING, "brass bold"))),
            Static("", id="picks"),
            Static("", id="picks-says"),
        ]

    def lines(self, room: int) -> Sequence[Line]:
        """Returns the lines, each for `room` cells."""
        raise NotImplementedError

    def redraw(self) -> None:
        room = self.room - 2
        drawn = []
        for index, line in enumerate(self.lines(room)):
            bar: Run = ("▌ ", "brass") if index == self.cursor else ("  ", "")
            drawn.append(draw(bar, *fit(line, room)))
        self.fill("#picks", draw("\n") + stack(drawn))
        self.call_after_refresh(self._show_cursor)
        self.update_frame()

    def _show_cursor(self) -> None:
        """Scrolls to the line under the cursor; there may be more than fit."""
        line = Region(0, HEAD + self.cursor, 1, 1)
        evidence = self.query_one("#evidence", Scrolled)
        evidence.scroll_to_region(line, animate=False, immediate=True)

    def _says(self, *runs: Run) -> None:
        if self.is_mounted:
            self.fill("#picks-says", draw("\n", *runs))

    def action_move(self, step: int) -> None:
        last = len(self.lines(self.room)) - 1
        self.cursor = max(0, min(self.cursor + step, last))
        self.redraw()


class KindDialog(PickDialog):
    """Picks a kind of finding; says how many keys have each, as the service counts them.

    Dismisses with the kind, the empty one for all kinds, or with nothing.
    """

    SCOPES = (Scope.KINDS,)
    CRUMB = "Kinds"
    HEADING = "Which findings?"
    KINDS = ("", *WORDS)

    def __init__(self, kind: str | None) -> None:
        super().__init__()
        self.kind = kind or ""
        self.cursor = self.KINDS.index(self.kind)
        self.counts: FindingCounts | None = None

    def on_mount(self) -> None:
        self._says(("counting…", "dim"))
        self.redraw()
        workers.start(self, self._count, "counts")

    async def _count(self) -> None:
        try:
            workspace = self.console_app.workspace_id
            with self.console_app.asking():
                self.counts = await self.client.label_audit.count(workspace=workspace)
        except KeyconsoleError as error:
            self._says((f"✕ {error.message}", "amber"))
            return
        self._says()
        if not self.counts.is_complete:
            self._says(("There are more keys than are counted, so these are at least.", "amber"))
        self.redraw()

    def lines(self, room: int) -> Sequence[Line]:  # noqa: ARG002
        return [self._line(index, kind) for index, kind in enumerate(self.KINDS)]

    def _line(self, index: int, kind: str) -> Line:
        role = "ink bold" if index == self.cursor else "ink"
        here: Run = ("● ", "green") if kind == self.kind else ("  ", "")
        title = fit([here, ((WORDS[kind] if kind else "all kinds").capitalize(), role)], 24)
        return [*title, *fit([self._counted(kind)], 8, right=True)]

    def _counted(self, kind: str) -> Run:
        if self.counts is None:
            return ("…", "faint")
        keys = self.counts.by_finding.get(kind, 0) if kind else self.counts.keys  # type: ignore[call-overload]
        more = "" if self.counts.is_complete else "+"
        return (f"{keys:,}{more}", "ink") if keys or more else ("–", "faint")

    def action_take(self) -> None:
        self.dismiss(self.KINDS[self.cursor])

    def action_close(self) -> None:
        self.dismiss(None)
