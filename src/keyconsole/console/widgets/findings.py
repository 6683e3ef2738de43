"""The keys that were found in a text: one line each, and what the one under the cursor means."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from textual.binding import Binding, BindingType
from textual.widget import Widget

from keyconsole.console.styled_text import Run, draw, fit, hang, stack
from keyconsole.console.widgets.messages import CursorMoved
from keyconsole.core.credential import abbreviate
from keyconsole.text import advice

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from textual import events
    from textual.content import Content
    from textual.geometry import Size

    from keyconsole.core.candidates import Candidate
    from keyconsole.wire import Identified

SHORT, LOW = 30, 20
SHOWN, SHOWN_SHORT, SHOWN_LOW = 8, 6, 2
WIDE = 80
NARROW = 20
SIGN, PROOF = 16, 14


@runtime_checkable
class TakesPaste(Protocol):
    """A screen that takes what is pasted: no message ever carries it."""

    def take(self, text: str) -> None:
        """Look for keys in it, and keep nothing else of it."""


class Findings(Widget, can_focus=True):
    """Answers in the order in which they were found; `current` is the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", show=False),
        Binding("up,k", "move(-1)", show=False),
        Binding("home", "move(-1000)", show=False),
        Binding("end,G", "move(1000)", show=False),
    ]

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(id="findings")
        self.clock = clock
        self.rows: list[tuple[Candidate, Identified]] = []
        self.cursor = 0

    @property
    def current(self) -> Identified | None:
        """The answer of the service about the row under the cursor."""
        return self.rows[self.cursor][1] if self.rows else None

    def put(self, rows: list[tuple[Candidate, Identified]]) -> None:
        """Show these, the cursor where it was."""
        self.rows = list(rows)
        self.cursor = max(0, min(self.cursor, len(rows) - 1))
        self.refresh(layout=True)

    def action_move(self, step: int) -> None:
        if self.rows:
            self.cursor = max(0, min(self.cursor + step, len(self.rows) - 1))
            self.refresh(layout=True)
            self.post_message(CursorMoved())

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        if isinstance(self.screen, TakesPaste):
            self.screen.take(event.text)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines it takes at `width`, which is not always what it has now."""
        if not self.rows:
            return super().get_content_height(container, viewport, width)
        return len(self._content(width).split("\n", allow_blank=True))

    def render(self) -> Content:
        return self._content(self.size.width)

    def _content(self, cells: int) -> Content:
        room = max(20, cells)
        most = self._most
        start = max(0, min(self.cursor - most + 1, len(self.rows) - most))
        shown = list(enumerate(self.rows))[start : start + most]
        lines = [self._line(index, room) for index, _ in shown]
        if hidden := len(self.rows) - start - len(shown):
            lines.append(draw((f"  and {hidden} more", "faint")))
        if self.rows:
            meaning = advice.explain(*self.rows[self.cursor], self.clock())
            lines += [draw(""), hang("", meaning, room, indent=2)]
        return stack(lines)

    @property
    def _most(self) -> int:
        height = self.app.size.height
        return SHOWN_LOW if height < LOW else SHOWN_SHORT if height < SHORT else SHOWN

    def _line(self, index: int, room: int) -> Content:
        candidate, answer = self.rows[index]
        bar: Run = ("▌ ", "brass") if index == self.cursor else ("  ", "")
        sign = fit([advice.sign(candidate, answer)], SIGN)
        proof = fit([advice.proof(candidate, answer)], PROOF)
        key = answer.key
        if key is None:
            return draw(bar, *fit([*sign, (candidate.public_key, "dim")], room - 2))
        public = key.public_key if room >= WIDE else abbreviate(key.public_key)
        left = room - 2 - SIGN - PROOF - len(public) - 2
        room_of_label = left * 3 // 5 if left >= NARROW else left
        label = fit([(key.label, "ink bold" if index == self.cursor else "ink")], room_of_label)
        where = fit([(key.integration_name, "dim")], max(0, left - room_of_label - 2))
        gap: Run = ("  ", "")
        if left < NARROW:
            return draw(bar, *sign, *proof, *label, gap, (public, "dim"))
        return draw(bar, *sign, *proof, *label, gap, *where, gap, (public, "dim"))
