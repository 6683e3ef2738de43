"""What has the focus is on the screen, with the words that say what it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.widgets.pinned import Scrolled

if TYPE_CHECKING:
    from textual.widget import Widget

BLOCK = "block"
"""The class of a container that holds a field, its name, and what there is to say about it."""


def block_of(widget: Widget) -> Widget:
    """Returns the outermost block around `widget`, or `widget` itself where it stands alone."""
    blocks = [each for each in widget.ancestors_with_self if each.has_class(BLOCK)]
    return blocks[-1] if blocks else widget  # type: ignore[return-value]


def keep(widget: Widget) -> None:
    """Scrolls the part of the screen that holds `widget` until its whole block is visible.

    Of a block that is higher than that part, the widget alone.
    """
    window = next((each for each in widget.ancestors if isinstance(each, Scrolled)), None)
    if window is None:
        return
    for target in (block_of(widget), widget):
        region = target.region
        if region and (region.height <= window.size.height or target is widget):
            if not window.region.contains_region(region):
                window.scroll_to_widget(target, animate=False, immediate=True)
            return
