"""The keys of a bulk revoke, and what becomes of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.styled_text import Line, status_run
from keyconsole.console.widgets.columns import drawn
from keyconsole.console.widgets.listing import Listing
from keyconsole.text import columns
from keyconsole.wire import SelectedKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from keyconsole.wire import RevokedKey


class SelectedKeys(Listing[SelectedKey]):
    """The list of selected keys. `outcomes` are by public key, as far as they are known."""

    def __init__(
        self, outcomes: Callable[[], Mapping[str, RevokedKey]], clock: Callable[[], datetime]
    ) -> None:
        shown = drawn(columns.SELECTED_KEYS, clock, status=self._status)
        super().__init__(shown, lambda key: key.public_key)
        self.outcomes = outcomes

    def _status(self, key: SelectedKey) -> Line:
        outcome = self.outcomes().get(key.public_key)
        if outcome is None or outcome.outcome == "pending":
            return [status_run(str(key.status))]
        return [status_run("revoked" if outcome.outcome == "revoked" else "was dead", "revoked")]
