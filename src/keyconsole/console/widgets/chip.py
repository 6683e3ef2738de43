"""A thing to press: the key in a box, the verb beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from keyconsole.console.styled_text import draw

if TYPE_CHECKING:
    from textual.content import Content


class Chip(Widget, can_focus=True):
    """A button that shows its key. Enter, space or a click runs `action` on the screen.

    `tone` is the role of the verb; `primary` fills the key's box with brass. While `off` holds a
    reason, the chip is grey and pressing it says the reason.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "press", show=False)]

    def __init__(
        self,
        key: str,
        verb: str,
        action: str,
        *,
        primary: bool = False,
        tone: str = "ink",
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self.key, self.verb, self.run = key, verb, action
        self.primary, self.tone = primary, tone
        self.off = ""

    def turn_off(self, reason: str) -> None:
        """Grey with a reason, or on again with an empty one."""
        if reason != self.off:
            self.off = reason
            self.refresh(layout=True)

    def rename(self, key: str, verb: str) -> None:
        """Show another key or verb."""
        if (key, verb) != (self.key, self.verb):
            self.key, self.verb = key, verb
            self.refresh(layout=True)

    def render(self) -> Content:
        if self.off:
            box, verb = "faint on row", "faint"
        elif self.primary:
            box, verb = "ground bold on brass", "brass bold"
        else:
            box, verb = "brass bold on row", self.tone
        if self.has_focus and not self.off:
            verb += " underline"
        if not self.key:
            return draw((f" {self.verb} ", box))
        return draw((f" {self.key} ", box), " ", (self.verb, verb))

    @property
    def width(self) -> int:
        """The cells that it takes without its margin."""
        return self.render().cell_length if self.display else 0

    async def on_click(self) -> None:
        await self.action_press()

    async def action_press(self) -> None:
        await self.screen.run_action(self.run)
