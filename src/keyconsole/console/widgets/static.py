"""Text that stands still: nothing is drawn for what says the same again.

A layout sends the whole screen (13 kB at 120×40), and Textual lays out at every `update`. A list
that refreshed itself every five seconds so kept a slow line busy: 16 kB a second at rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import widgets
from textual.content import Content

if TYPE_CHECKING:
    from textual.visual import VisualType


class Static(widgets.Static):
    """Textual's own without markup, which lays out only where the new text takes another room."""

    def __init__(self, content: VisualType = "", *, markup: bool = False, **options: Any) -> None:
        super().__init__(content, markup=markup, **options)

    def update(self, content: VisualType = "", *, layout: bool = True) -> None:
        """Show another text."""
        if isinstance(content, Content) and _is_same(content, self.content):
            return
        height = self._height()
        super().update(content, layout=False)
        self.clear_cached_dimensions()
        if layout and (height is None or self._height() != height):
            self.refresh(layout=True)

    def _height(self) -> int | None:
        """Returns the number of lines; None if the width is that of the text."""
        width = self.content_size.width
        if not width or self.styles.is_auto_width:
            return None
        if not self.styles.is_auto_height:
            return 0
        return self.get_content_height(self.app.size, self.app.size, width)


def _is_same(content: Content, shown: VisualType) -> bool:
    return isinstance(shown, Content) and content.is_same(shown)
