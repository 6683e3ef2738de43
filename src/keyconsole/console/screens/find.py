"""Find a key anywhere in the workspace: results from the service while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from keyconsole.console.actions import Scope
from keyconsole.console.screens.key_list_actions import KeyListActions
from keyconsole.console.screens.list_screen import ListScreen
from keyconsole.console.widgets.key_listing import KeyListing
from keyconsole.console.widgets.messages import FilterLeft
from keyconsole.console.widgets.term_filter import KeyFilterBar, KeyFilterInput
from keyconsole.core.queries.keys import KeyQuery, QueryError
from keyconsole.core.shortcuts import key_of
from keyconsole.text import bulk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.console.styled_text import Run
    from keyconsole.console.widgets.listing import ListRows
    from keyconsole.console.widgets.messages import FilterChanged
    from keyconsole.wire import Key, KeyPage, Page

PAGE = 100
EXAMPLES = (
    ("status:active unused:90d", "works, and nobody has used it for 90 days"),
    ("by:ops env:prod", "made by ops, for production"),
    ("from:10.1.4.7", "used from there"),
    ("in:sales* expires:30d", "of an integration, and ends within 30 days"),
)
HINT = "part of a label, an end of kcp_…, in: status: unused: expires: revoked: by: env: from:"


class FindInput(KeyFilterInput):
    """What is looked for."""

    SCOPE = Scope.FINDING


class FindBar(KeyFilterBar):
    """Always there. Escape in it leaves the screen, and what is typed is there again next time."""

    def __init__(self) -> None:
        super().__init__(HINT, FindInput(placeholder=HINT))

    def leave(self) -> None:
        self._apply()
        self.post_message(FilterLeft())

    def close(self) -> None:
        if isinstance(self.screen, FindScreen):
            self.screen.action_back()


class FindScreen(KeyListActions, ListScreen["Key"]):
    """ctrl+f. Results while one types."""

    SCOPES = (Scope.FIND, Scope.EVERYWHERE)
    SAVED_AS = "keys"

    def __init__(self, typed: str = "", *, to_the_list: bool = False) -> None:
        self.keys = KeyListing(lambda: self.console_app.clock())
        super().__init__(self.keys)
        self.typed = typed
        self.filter = KeyQuery()
        self.bar = FindBar()
        self.too_many = ""
        self._to_the_list = to_the_list

    def body(self) -> Sequence[Widget]:
        return [self.bar, self.listing]

    def path(self) -> Sequence[str]:
        return ["OAuth", "Find a key"]

    def note(self) -> str:
        them = bulk.them(len(self.marked))
        marks = f"{self.marks}, {key_of('revoke_many')} revokes {them}" if self.marked else ""
        if not self.filter:
            return marks
        return "  ".join(filter(None, (marks, self.count_of("key"), self.too_many)))

    def on_mount(self) -> None:
        self.bar.open()
        self.bar.input.value = self.typed
        self.bar.input.action_select_all()
        self.say_if_empty()

    def begins_in(self) -> Widget:
        return self.bar.input

    def current_key(self) -> Key | None:
        return self.current

    def key_rows(self) -> ListRows[Key]:
        return self.listing.rows

    def keys_shown(self) -> tuple[None, KeyQuery]:
        return None, self.filter

    def question(self) -> tuple[KeyQuery, str]:
        return self.filter, self.keys.sort

    async def fetch(self) -> None:
        if self.filter:
            await super().fetch()

    def put(self, page: Page[Key]) -> None:
        self.keys.show_order(cast("KeyPage", page).order or self.keys.sort)
        super().put(page)
        self.too_many = page.note
        self.bar.remember(page.items)
        self._focus_list()

    async def page(self, cursor: str | None = None) -> Page[Key]:
        return await self.client.keys(self.filter, sort=self.keys.sort, cursor=cursor, limit=PAGE)

    def nothing(self) -> Sequence[Run]:
        if self.filter:
            other = self.filter.by_integration
            return [
                ("No key matches.", "ink bold"),
                (f" {self.filter.doubt}\n\n" if self.filter.doubt else "\n\n", "amber"),
                ("A part of the label is enough, or the last characters of kcp_….", "dim"),
                *([("\nThe keys of an integration: ", "dim"), (other, "brass")] if other else []),
            ]
        return [
            ("Which key?\n\n", "ink bold"),
            ("Type a part of its label, or of its public key. Narrow it down:\n", "dim"),
            *(run for term, means in EXAMPLES for run in _example(term, means)),
        ]

    # Actions of the person

    def sort_by(self, column: str) -> bool:
        if not self.keys.sort_by_column(column):
            return False
        if self.filter:
            self.ask_anew()
        return True

    def on_filter_changed(self, event: FilterChanged) -> None:
        try:
            asked = KeyQuery.parse(event.text, typing=True)
        except QueryError:
            return
        if asked != self.filter:
            self.filter = asked
            if not asked:
                self.forget_rows()
                self.say_if_empty()
            self.ask_anew()

    def on_filter_left(self) -> None:
        self._to_the_list = True
        self._focus_list()

    def _focus_list(self) -> None:
        """Go to the keys, once there are any, if that was asked for."""
        if self._to_the_list and self.listing.rows.rows:
            self._to_the_list = False
            self.listing.rows.focus()

    def action_filter(self) -> None:
        self._to_the_list = False
        self.bar.input.focus()

    def action_sort(self) -> None:
        self.keys.next_sort()
        self.ask_anew()

    def action_back(self) -> None:
        if not self.unmark():
            self.dismiss(self.bar.text)


def _example(term: str, means: str) -> list[Run]:
    return [(f"\n  {term:<26}", "ink"), (means, "dim")]
