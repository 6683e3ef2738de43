"""The actions for several keys of a list, the same in every list of keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from keyconsole.console.screens.key_actions import KeyActions
from keyconsole.core.queries.keys import EVERY_KEY
from keyconsole.core.shortcuts import key_of
from keyconsole.text import bulk

_OF_MARKED = {"revoke_many": 9, "owner": 8}
"""The weights in the footer of what can be done with marked keys."""

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyconsole.console.actions import Action
    from keyconsole.console.widgets.listing import ListRows
    from keyconsole.core.queries.keys import KeyQuery
    from keyconsole.wire import Integration, Key, Revocation


class KeyListActions(KeyActions):
    """Marks keys, and revokes the marked ones; with none marked, those of a query.

    The screen says which rows can be marked, and where a query begins.
    """

    def key_rows(self) -> ListRows[Any] | None:
        """Returns the rows of keys, named by public key; none while something else is shown."""
        raise NotImplementedError

    def keys_shown(self) -> tuple[Integration | None, KeyQuery]:
        """Returns the integration and the query whose keys are shown."""
        return None, EVERY_KEY

    def marks_changed(self) -> None:
        """Shows how many keys are marked."""
        self.update_frame()

    @property
    def marked(self) -> list[str]:
        """The public keys of the marked rows."""
        rows = self.key_rows()
        return [] if rows is None else list(rows.marked)

    @property
    def marks(self) -> str:
        """The number of marked keys in words, for the head of the screen; empty for none."""
        return f"{len(self.marked):,} marked" if self.marked else ""

    def label_of(self, action: str) -> str | None:
        if action == "revoke_many" and self.marked:
            return f"revoke {bulk.keys(len(self.marked))}"
        if action == "owner" and self.marked:
            return f"owner of {bulk.keys(len(self.marked))}"
        if action == "back" and self.marked:
            return "unmark"
        return super().label_of(action)

    def offered(self) -> Sequence[Action]:
        """With marks, the key that revokes what is marked stands for the one that revokes a key."""
        if not self.marked:
            return super().offered()
        return [
            replace(action, weight=_OF_MARKED.get(action.name, action.weight))
            for action in super().offered()
            if action.name != "revoke"
        ]

    def action_mark(self) -> None:
        if (rows := self.key_rows()) is not None:
            rows.mark()
            self.marks_changed()

    def action_mark_all(self) -> None:
        if (rows := self.key_rows()) is not None:
            rows.mark_all()
            self.marks_changed()

    def unmark(self) -> bool:
        """Takes every mark away; returns false if there was none."""
        rows = self.key_rows()
        if rows is None or not rows.marked:
            return False
        rows.unmark()
        self.marks_changed()
        return True

    def action_revoke(self) -> None:
        if marked := len(self.marked):
            are = "key is" if marked == 1 else "keys are"
            self.say((f"{marked:,} {are} marked: ", "amber"),
                     (key_of("revoke_many"), "brass bold"),
                     (" revokes what is marked; without marks ", "ink"),
                     (key_of("revoke"), "brass bold"),
                     (" revokes the key under the cursor.", "ink"))  # fmt: skip
        else:
            super().action_revoke()

    def keys_to_hand_over(self) -> Sequence[Key]:
        rows = self.key_rows()
        marked = [] if rows is None else [getattr(row, "key", row) for row in rows.marked.values()]
        living = [key for key in marked if key.status != "revoked"]
        return living if marked else super().keys_to_hand_over()

    def _handed_over(self, keys: Sequence[Key] | None) -> None:
        if keys:
            self.unmark()
        super()._handed_over(keys)

    def action_revoke_many(self) -> None:
        from keyconsole.wire import RevocationRequest, RevocationTarget

        if marked := self.marked:
            targets = [RevocationTarget(public_key=name) for name in marked]
            self.router.revoke_many(RevocationRequest(keys=targets), self._revoked_many)
        else:
            self.router.select_keys(*self.keys_shown(), self._selected)

    def _selected(self, query: KeyQuery | None) -> None:
        from keyconsole.wire import RevocationRequest

        if query is not None:
            self.router.revoke_many(RevocationRequest(query=str(query)), self._revoked_many)

    def _revoked_many(self, revocation: Revocation | None) -> None:
        if revocation is not None:
            self.unmark()
            self.say(*bulk.parting(revocation))

    def action_back(self) -> None:
        if not self.unmark():
            super().action_back()
