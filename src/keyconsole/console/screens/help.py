"""Help: the keys of the screen it was asked from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.actions import Scope, actions_of
from keyconsole.console.ink import draw, hang, stack
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.widgets.static import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content
    from textual.widget import Widget

_MOVING = (
    ("↑↓ j k", "Move. Page keys, home and end too."),
    ("tab", "The next field or button."),
)


class HelpScreen(DialogScreen):
    """One line an action, from the registry. Any of the closing keys leaves it."""

    CRUMB = "Help"
    SCOPES = (Scope.HELP,)

    def __init__(self, scopes: tuple[Scope, ...]) -> None:
        super().__init__()
        self.asked = scopes

    def box(self) -> Sequence[Widget]:
        return [
            Static(draw(("What you can press here\n", "ink bold")), markup=False),
            Static("", id="help-lines", markup=False),
        ]

    def on_mount(self) -> None:
        self.redraw()

    def redraw(self) -> None:
        self.query_one("#help-lines", Static).update(stack(self._lines()))

    def _lines(self) -> list[Content]:
        room = min(94, self.app.size.width) - 9
        lines = [
            hang(sign, [(text, "ink")], room, indent=9, role="brass bold") for sign, text in _MOVING
        ]
        lines += [
            hang(
                action.sign,
                [(action.help, self._role(action.permission))],
                room,
                indent=9,
                role="brass bold",
            )
            for action in actions_of(*self.asked)
            if action.help
        ]
        return lines

    def _role(self, permission: str | None) -> str:
        return "ink" if permission is None or self.console_app.may(permission) else "faint"

    def action_close(self) -> None:
        self.dismiss(None)
