"""The rotations under way, across integrations: any operator can pick one up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console import rotating, times, work
from keyconsole.console.actions import Scope
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.screens.key_list import short_name
from keyconsole.console.widgets.columns import Column
from keyconsole.console.widgets.listing import CursorMoved, Listing, MoreWanted, RowPicked
from keyconsole.console.widgets.paging import PAGE_SIZE, Pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.console.ink import Line
    from keyconsole.wire import Page, Rotation


class RotationsScreen(ConsoleScreen):
    """`/api-keys/rotations`: the oldest first, with what each waits for."""

    SCOPES = (Scope.ROTATIONS, Scope.EVERYWHERE)

    def __init__(self) -> None:
        super().__init__()
        self.listing: Listing[Rotation] = Listing(
            self._columns(), lambda rotation: rotation.new.key.public_key, id="rotations"
        )
        self.pages = Pages(self.listing)

    def body(self) -> Sequence[Widget]:
        return [self.listing]

    def path(self) -> Sequence[str]:
        return ["OAuth", "Rotations"]

    def note(self) -> str:
        return self.freshness()

    def on_mount(self) -> None:
        super().on_mount()
        self.listing.rows.focus()

    @property
    def current(self) -> Rotation | None:
        """The rotation under the cursor."""
        return self.listing.rows.current

    async def fetch(self) -> None:
        page = await self._page()
        self.pages.put(page)
        if page.items:
            self.listing.say_empty()
        else:
            self.listing.say_empty(
                ("No rotation is under way.\n\n", "ink bold"),
                ("A rotation replaces a key without a gap: both work until the old one is no "
                 "longer used. ", "dim"),
                ("t", "brass bold"),
                (" on a key begins one.", "dim"),
            )  # fmt: skip
        self.update_frame()

    async def _page(self, cursor: str | None = None) -> Page[Rotation]:
        return await self.client.rotations.under_way(cursor=cursor, limit=PAGE_SIZE)

    def makes_sense(self, action: str) -> bool:
        return action != "open_rotation" or self.current is not None

    def on_row_picked(self, event: RowPicked) -> None:
        event.stop()
        self.action_open_rotation()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        event.stop()
        self.update_frame()

    def on_more_wanted(self, event: MoreWanted) -> None:
        event.stop()
        work.start(self, self._fetch_next, "next", exclusive=True)

    async def _fetch_next(self) -> None:
        await self.pages.fetch_next(lambda cursor: self.ask(lambda: self._page(cursor)))

    def action_open_rotation(self) -> None:
        from keyconsole.console.screens.rotation import RotationScreen

        if (rotation := self.current) is not None:
            self.console_app.push_screen(RotationScreen(rotation))

    @staticmethod
    def _columns() -> list[Column[Rotation]]:
        return [
            Column("Key", lambda each: [(each.old.key.label, "ink")], 18, most=40),
            Column("State", lambda each: [rotating.sign(each)], 11),
            Column("Waits for", _waits, 34, most=64),
            Column("Deadline", _deadline, 11),
            Column("Integration", lambda each: [(each.old.key.integration_name, "dim")], 14,
                   most=28, leaves=1),
            Column("By", lambda each: [(short_name(each.started_by), "dim")], 8, most=16, leaves=2),
        ]  # fmt: skip


def _waits(rotation: Rotation) -> Line:
    return rotating.waiting_lines(rotation)[0][:2]


def _deadline(rotation: Rotation) -> Line:
    left = times.until(rotation.deadline, rotation.at)
    return [("passed" if left == "now" else left, "dim")]
