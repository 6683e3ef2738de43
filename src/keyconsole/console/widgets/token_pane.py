"""The tokens of a member, below the list of members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical

from keyconsole.console.context import context_of
from keyconsole.console.styled_text import Run, draw, fit
from keyconsole.console.widgets.columns import drawn
from keyconsole.console.widgets.listing import Listing
from keyconsole.console.widgets.paging import Pages
from keyconsole.console.widgets.static import Static
from keyconsole.core.shortcuts import key_of
from keyconsole.text import columns, members

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from textual.app import ComposeResult

    from keyconsole.wire import Member, Page, Token

EDGES = 8


class TokenPane(Vertical):
    """A member with their rights, and below the tokens that are not revoked."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(id="pane-tokens")
        self.member: Member | None = None
        shown = drawn(columns.TOKENS, clock, self._is_current)
        self.listing: Listing[Token] = Listing(shown, lambda token: token.id)
        self.listing.rows.point("")
        self.pages = Pages(self.listing)

    def compose(self) -> ComposeResult:
        yield Static("", id="token-heading")
        yield self.listing

    def _is_current(self, token: Token) -> bool:
        rows = self.listing.rows
        return bool(rows.cursor_role) and rows.current_id == token.id

    @property
    def current(self) -> Token | None:
        """The token under the cursor."""
        return self.listing.rows.current

    def show(self, member: Member | None) -> None:
        """Shows another member, whose tokens are not known yet."""
        before, self.member = self.member, member
        if member is None or before is None or member.account_id != before.account_id:
            self.pages.reset()
            self.listing.rows.put([])
            self.listing.say_empty("")
        self.draw_heading()

    def put(self, page: Page[Token]) -> None:
        """Shows the first page of their tokens."""
        self.pages.put(page)
        self.listing.rows.can_focus = bool(page.items)
        self.listing.say_empty(*([] if page.items else self._nothing()))
        self.draw_heading()

    def _nothing(self) -> list[Run]:
        if self.member is not None and self.member.pending:
            return [(members.NOT_ACCEPTED, "dim")]
        makes: list[Run] = [(f" {key_of('new_token')}", "brass bold"), (" makes one.", "dim")]
        may = context_of(self).may("members:write")
        return [("No token signs them in.", "dim"), *(makes if may else [])]

    def draw_heading(self) -> None:
        """Says whose tokens these are, in one line."""
        member = self.member
        if member is None:
            line: list[Run] = []
        else:
            role = "offered " if member.pending else ""
            line = [
                (member.email, "ink bold"),
                (f"   {role}{member.role}: ", "ink"),
                (members.MAY.get(member.role, ""), "dim"),
            ]
        room = max(1, self.size.width - EDGES)
        self.query_one("#token-heading", Static).update(draw(*fit(line, room)))

    def on_resize(self) -> None:
        self.draw_heading()
