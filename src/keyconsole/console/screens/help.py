"""Help: the keys of the screen it was asked from, by group, to be scrolled and searched."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from keyconsole.console.actions import Action, Group, Scope, actions_of, group_of
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.styled_text import draw, hang, stack
from keyconsole.console.widgets.field import TextInput
from keyconsole.console.widgets.pinned import Scrolled
from keyconsole.console.widgets.static import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content
    from textual.widget import Widget

INDENT = 8
GAP = 3
TWO_COLUMNS = 96
"""Cells from which on there are two columns."""
MOVING = (
    ("↑↓ j k", "Move. Page keys, home and end too."),
    ("tab", "The next field or button."),
)


class HelpSearch(TextInput):
    """The search field. The keys that scroll the list scroll it from here too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "screen.scroll_lines(1)", show=False),
        Binding("up", "screen.scroll_lines(-1)", show=False),
        Binding("enter", "screen.leave_search", show=False),
        Binding("escape", "screen.end_search", show=False),
    ]


class HelpScreen(DialogScreen):
    """One line an action, from the registry. Any of the closing keys leaves it."""

    CRUMB = "Help"
    WIDEST: ClassVar[int] = 120
    SCOPES = (Scope.HELP,)
    AUTO_FOCUS: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_lines(1)", show=False),
        Binding("up,k", "scroll_lines(-1)", show=False),
        Binding("space", "scroll_evidence(1)", show=False),
        Binding("home,g", "scroll_lines(-10000)", show=False),
        Binding("end,G", "scroll_lines(10000)", show=False),
    ]

    def __init__(self, scopes: tuple[Scope, ...]) -> None:
        super().__init__()
        self.asked = scopes

    def box(self) -> Sequence[Widget]:
        return [
            Static("", id="help-lines"),
            HelpSearch(placeholder="a word to look for", id="help-search"),
        ]

    @property
    def search(self) -> HelpSearch:
        """The field, hidden until it is asked for."""
        return self.query_one(HelpSearch)

    def on_mount(self) -> None:
        self.search.display = False
        self.redraw()

    def is_enabled(self, action: str) -> bool:
        return action != "search" or not self.search.display

    def label_of(self, action: str) -> str | None:
        return "all of it" if action == "close" and self.search.display else None

    # Actions of the person

    def action_search(self) -> None:
        self.search.display = True
        self.search.focus()
        self.update_frame()

    def action_leave_search(self) -> None:
        self.set_focus(None)

    def action_end_search(self) -> None:
        self.search.value = ""
        self.search.display = False
        self.set_focus(None)
        self.redraw()

    def action_close(self) -> None:
        if self.search.display:
            self.action_end_search()
        else:
            self.dismiss(None)

    def action_scroll_lines(self, lines: int) -> None:
        lines_of_help = self.query_one("#evidence", Scrolled)
        lines_of_help.scroll_to(y=lines_of_help.scroll_y + lines, animate=False)

    def on_input_changed(self) -> None:
        self.redraw()
        self.query_one("#evidence", Scrolled).scroll_home(animate=False)

    # Drawing

    def redraw(self) -> None:
        self.fill("#help-lines", stack(self._lines()))
        self.update_frame()

    def _lines(self) -> list[Content]:
        """In two columns where there is room, of about the same height."""
        is_wide = self.room >= TWO_COLUMNS
        cells = (self.room - GAP) // 2 if is_wide else self.room
        parts = [lines for group in Group if (lines := self._group(group, cells))]
        if not parts:
            return [draw((f"Nothing here is called “{self.search.value}”.", "amber"))]
        if not is_wide or len(parts) < 2:
            return _apart(parts)
        halves = [(_apart(parts[:at]), _apart(parts[at:])) for at in range(1, len(parts))]
        left, right = min(halves, key=lambda half: max(map(len, half)))
        return [
            _beside(one, other, cells + GAP)
            for one, other in zip_longest(left, right, fillvalue=draw())
        ]

    def _group(self, group: Group, cells: int) -> list[Content]:
        """A heading and its lines, as far as the words that are looked for are in them."""
        words = self.search.value.casefold().split()
        told = [(sign, text, "ink") for sign, text in MOVING] if group is Group.MOVE else []
        told += [
            (action.sign, action.help, self._role(action))
            for action in actions_of(*self.asked)
            if action.help and group_of(action) is group
        ]
        lines: list[Content] = []
        for sign, text, role in told:
            if all(word in f"{group} {sign} {text}".casefold() for word in words):
                line = hang(sign, [(text, role)], cells, indent=INDENT, role="brass bold")
                lines += line.split("\n")
        return [draw((group.value, "ink bold")), *lines] if lines else []

    def _role(self, action: Action) -> str:
        is_allowed = action.permission is None or self.console_app.may(action.permission)
        return "ink" if is_allowed else "faint"


def _apart(parts: Sequence[list[Content]]) -> list[Content]:
    """The parts below each other, a blank line between them."""
    lines: list[Content] = []
    for part in parts:
        lines += [draw(), *part] if lines else part
    return lines


def _beside(one: Content, other: Content, cells: int) -> Content:
    """Two lines side by side, the second one `cells` from the left."""
    return one + draw((" " * max(0, cells - one.cell_length), "")) + other
