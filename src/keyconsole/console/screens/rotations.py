"""The rotations under way, across integrations: any operator can pick one up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.actions import Scope
from keyconsole.console.screens.list_screen import ListScreen
from keyconsole.console.widgets.paging import PAGE_SIZE
from keyconsole.core.shortcuts import key_of
from keyconsole.text import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.console.styled_text import Run
    from keyconsole.wire import Page, Rotation


class RotationsScreen(ListScreen["Rotation"]):
    """`/api-keys/rotations`: the oldest first, with what each waits for."""

    SCOPES = (Scope.ROTATIONS, Scope.EVERYWHERE)
    SAVED_AS = "rotations"
    OPENS = "open_rotation"

    def __init__(self) -> None:
        super().__init__(
            self.listing_of(columns.ROTATIONS, lambda rotation: rotation.new.key.public_key)
        )

    def body(self) -> Sequence[Widget]:
        return [self.listing]

    def path(self) -> Sequence[str]:
        return ["OAuth", "Rotations"]

    def note(self) -> str:
        return self.freshness()

    async def page(self, cursor: str | None = None) -> Page[Rotation]:
        return await self.client.rotations.under_way(cursor=cursor, limit=PAGE_SIZE)

    def nothing(self) -> Sequence[Run]:
        return [
            ("No rotation is under way.\n\n", "ink bold"),
            ("A rotation replaces a key without a gap: both work until the old one is no "
             "longer used. ", "dim"),
            (key_of("rotate"), "brass bold"),
            (" on a key begins one.", "dim"),
        ]  # fmt: skip

    def action_open_rotation(self) -> None:
        if (rotation := self.current) is not None:
            self.router.rotation(rotation)
