"""A column whose last part is always on the screen: what comes before it scrolls.

A dialog pins its answers (fields and buttons) below its evidence, a form pins its button below
its fields. Without that, one wrapped line pushes the field that has the focus below the fold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Container, VerticalScroll
from textual.layouts.vertical import VerticalLayout

from keyconsole.console.terminal.textual_compat import children_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.geometry import Size
    from textual.layout import ArrangeResult, Layout
    from textual.widget import Widget

ALWAYS = "pinned"
"""The class of a widget before the first field that is pinned all the same."""
LEAST = 2
"""Lines that are left to what scrolls, where the pinned part would take all of them."""

BLOCK = "block"
"""The class of a container that holds a field, its name, and what there is to say about it."""


class PinnedLayout(VerticalLayout):
    """Of two children that do not fit, the first gives way down to `LEAST` lines, then the second.

    Both have to scroll.
    """

    name = "pinned"

    def arrange(
        self,
        parent: Widget,
        children: list[Widget],
        size: Size,
        greedy: bool = True,  # noqa: FBT001, FBT002 - Textual's signature
    ) -> ArrangeResult:
        placements = super().arrange(parent, children, size, greedy)
        heights = [placement.region.height for placement in placements]
        # A height of 0 asks how high the column would be.
        if not size.height or sum(heights) <= size.height:
            return placements
        *above, pinned = heights
        room = min(sum(above), max(LEAST, size.height - pinned))
        shrunk = [*([room] if above else []), size.height - room]
        y = 0
        fitted = []
        for placement, height in zip(placements, shrunk, strict=True):
            region = placement.region
            fitted.append(
                placement._replace(region=type(region)(region.x, y, region.width, height))
            )
            y += height
        return fitted


class Pinned(Container):
    """Scrolls `above` where there is too little room for it and `below`."""

    LAYOUT = PinnedLayout()

    def __init__(self, above: Widget, below: Widget, *, id: str, classes: str = "") -> None:  # noqa: A002
        super().__init__(above, below, id=id, classes=classes)

    @property
    def layout(self) -> Layout:
        """The layout, which no style sheet changes."""
        return self.LAYOUT


class Scrolled(VerticalScroll, can_focus=False):
    """A part of a `Pinned` column. Its height is that of its content, as far as there is room."""

    @property
    def hides_lines(self) -> bool:
        """True if there are lines above or below those that are shown."""
        return self.max_scroll_y > 0


def takes_focus(widget: Widget) -> bool:
    """Returns true if a person can answer in `widget`, which need not be mounted yet."""
    return widget.can_focus or any(takes_focus(child) for child in children_of(widget))


def split(widgets: Sequence[Widget]) -> tuple[list[Widget], list[Widget]]:
    """Splits widgets before the first one that takes an answer or is marked `ALWAYS`."""
    for index, widget in enumerate(widgets):
        if takes_focus(widget) or widget.has_class(ALWAYS):
            return list(widgets[:index]), list(widgets[index:])
    return list(widgets), []


def block_of(widget: Widget) -> Widget:
    """Returns the outermost block around `widget`, or `widget` itself where it stands alone."""
    blocks = [each for each in widget.ancestors_with_self if each.has_class(BLOCK)]
    return blocks[-1] if blocks else widget  # type: ignore[return-value]


def keep_in_sight(widget: Widget) -> None:
    """Scrolls the part of the screen that holds `widget` until its whole block is visible.

    Of a block that is higher than that part, the widget alone.
    """
    window = next((each for each in widget.ancestors if isinstance(each, Scrolled)), None)
    if window is None:
        return
    # A layout that takes the room to scroll away changes the one and not the other.
    window.vertical_scrollbar.position = window.scroll_y
    for target in (block_of(widget), widget):
        region = target.region
        if region and (region.height <= window.size.height or target is widget):
            if not window.region.contains_region(region):
                window.scroll_to_widget(target, animate=False, immediate=True)
            return
