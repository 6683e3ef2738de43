"""The items of attention by when they matter: each is opened, or dismissed until a day."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from keyconsole.console import workers
from keyconsole.console.actions import Scope
from keyconsole.console.routes import Place, Route
from keyconsole.console.screens.key_actions import KeyActions
from keyconsole.console.screens.list_screen import ListScreen
from keyconsole.console.styled_text import Run, draw, hang
from keyconsole.console.widgets.static import Static
from keyconsole.core.shortcuts import key_of
from keyconsole.text import attention, columns, times

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.content import Content
    from textual.widget import Widget

    from keyconsole.console.styled_text import Line
    from keyconsole.wire import Attention, AttentionItem, Key, Page, Receipt

_WORD = re.compile(r"\s*\S+|\s+")
_ROTATIONS = ("rotation_late", "rotation_ready")


class AttentionScreen(ListScreen["AttentionItem"], KeyActions):
    """`!`. The worst first; what is dismissed is hidden until it is asked for."""

    SCOPES = (Scope.ATTENTION, Scope.EVERYWHERE)
    SAVED_AS = "attention"

    def __init__(self) -> None:
        lines = {"urgency": self._urgency}
        super().__init__(self.listing_of(columns.ATTENTION, lambda item: item.id, **lines))
        self.found: Attention | None = None
        self.shows_dismissed = False
        self._key: Key | None = None

    def current_key(self) -> Key | None:
        """Returns the key of the item, while an action on it begins."""
        return self._key

    def body(self) -> Sequence[Widget]:
        return [
            Static("", id="attention-sum"),
            self.listing,
            Static("", id="finding-card"),
        ]

    def path(self) -> Sequence[str]:
        return ["OAuth", "Attention"]

    def note(self) -> str:
        return self.freshness()

    def question(self) -> bool:
        return self.shows_dismissed

    async def page(self, cursor: str | None = None) -> Page[AttentionItem]:  # noqa: ARG002
        from keyconsole.wire import AttentionItem, Page

        self.found = await self.client.attention.show(
            workspace=self.console_app.workspace_id, dismissed=self.shows_dismissed
        )
        return Page[AttentionItem](items=self.found.items)

    def put(self, page: Page[AttentionItem]) -> None:
        super().put(page)
        self._draw()

    def nothing(self) -> Sequence[Run]:
        hidden = self.found.dismissed if self.found is not None else 0
        told: list[Run] = [
            ("✓ Nothing needs attention.\n\n", "green"),
            ("New addresses, refused keys, what expires or is due for rotation show up here.",
             "dim"),
        ]  # fmt: skip
        if hidden:
            told += [(f"\n\n{hidden:,} dismissed; ", "dim"), (key_of("dismissed"), "brass bold"),
                     (" shows what", "dim")]  # fmt: skip
        return told

    def redraw(self) -> None:
        self.call_after_refresh(self._draw)

    def moved(self) -> None:
        self._draw()

    def label_of(self, action: str) -> str | None:
        if action == "show_dismissed":
            return "hide dismissed" if self.shows_dismissed else "dismissed"
        return super().label_of(action)

    def is_enabled(self, action: str) -> bool:
        if action == "show_dismissed":
            return self.found is not None and bool(self.found.dismissed)
        return super().is_enabled(action)

    # Actions

    def action_open(self) -> None:
        if (item := self.current) is None:
            return
        if item.kind in _ROTATIONS and self.console_app.may("keys:create"):
            self.router.go(Route(Place.ROTATION, public_key=item.public_key))
        elif item.public_key is not None:
            self.router.go(Route(Place.KEY, public_key=item.public_key))
        else:
            self.router.go(Route(Place.INTEGRATION, item.integration_id, query=item.query or ""))

    def action_revoke(self) -> None:
        self._on_its_key(super().action_revoke)

    def action_quarantine(self) -> None:
        self._on_its_key(super().action_quarantine)

    def action_addresses(self) -> None:
        self._on_its_key(super().action_addresses)

    def _on_its_key(self, act: Callable[[], None]) -> None:
        if (item := self.current) is not None and item.public_key is not None:
            workers.start(self, partial(self._fetch_and_act, item.public_key, act), "key")

    async def _fetch_and_act(self, public_key: str, act: Callable[[], None]) -> None:
        self._key = await self.ask(partial(self.client.key, public_key))
        try:
            if self.is_current:
                act()
        finally:
            self._key = None

    def _revoked(self, key: Key, receipt: Receipt | None) -> None:
        if receipt is not None:
            self.say(("✕ Revoked ", "red"), (f"{key.label}.", "ink"))

    def action_show_dismissed(self) -> None:
        self.shows_dismissed = not self.shows_dismissed
        self.reload()

    def action_dismiss_item(self) -> None:
        if (item := self.current) is None:
            return
        words = attention.what(item)[0][2:]
        self.router.ask(
            f"Dismiss {attention.about(item)}: {words}?",
            "It leaves this list until then, for everybody, and is back before if it gets worse. "
            "The audit log says who dismissed it.",
            [("esc", "not yet", "0"), ("1", "a day", "1"), ("2", "7 days", "7"),
             ("3", "30 days", "30"), ("4", "90 days", "90")],
            partial(self._answered, item),
            crumb="Dismiss",
        )  # fmt: skip

    def _answered(self, item: AttentionItem, days: str | None) -> None:
        if days not in (None, "0"):
            self.write(partial(self._dismiss, item, int(days or 0)))

    async def _dismiss(self, item: AttentionItem, days: int) -> None:
        # A little less: the clock of this machine may be ahead, and 90 days are the longest.
        until = self.console_app.clock() + timedelta(days=days) - times.TOLERABLE
        done = await self.ask(partial(self.client.attention.dismiss, item.id, until))
        if done is not None:
            back = "tomorrow" if days == 1 else f"in {days} days"
            self.say(("✓ Dismissed ", "green"), (f"{attention.about(item)}: back {back}.", "dim"))
            self.reload()

    # Drawing

    def _urgency(self, item: AttentionItem) -> Line:
        """Names the group in its first row."""
        rows = self.listing.rows.rows
        first = next((each for each in rows if each.urgency == item.urgency), item)
        return [attention.GROUPS[item.urgency]] if first.id == item.id else [("", "")]

    def _draw(self) -> None:
        if self.found is None or not self.is_mounted:
            return
        runs: list[Run] = []
        for _, line in attention.totals(self.found):
            runs += [("   ", ""), *line] if runs else line
        if self.found.dismissed:
            runs += [(f"   {self.found.dismissed:,} dismissed", "faint")]
        self.fill("#attention-sum", draw(*runs))
        item = self.current
        self.fill("#finding-card", draw() if item is None else self._card(item))

    def _card(self, item: AttentionItem) -> Content:
        meaning = attention.explain(item, self.console_app.clock())
        words = [(word, role) for text, role in meaning for word in _WORD.findall(text)]
        return hang("", words, self.app.size.width - 9, indent=0)
