"""The keys of a bulk revoke, and what becomes of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.styled_text import Line, status_run
from keyconsole.console.widgets.columns import Column, public_key_column
from keyconsole.console.widgets.listing import Listing
from keyconsole.text.bulk import last_use
from keyconsole.wire import SelectedKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from keyconsole.wire import RevokedKey


class SelectedKeys(Listing[SelectedKey]):
    """Those that were shown. `outcomes` are by public key, as far as they are known."""

    def __init__(
        self, outcomes: Callable[[], Mapping[str, RevokedKey]], clock: Callable[[], datetime]
    ) -> None:
        super().__init__(self._columns(), lambda key: key.public_key)
        self.outcomes, self.clock = outcomes, clock

    def _columns(self) -> list[Column[SelectedKey]]:
        return [
            Column("Label", lambda key: [(key.label, "ink")], 18, most=48),
            public_key_column(),
            Column("Status", self._status, 13, most=16),
            Column("Last used", lambda key: last_use(key, self.clock()), 10),
            Column(
                "Integration", lambda key: [(key.integration_name, "dim")], 16, most=30, leaves=1
            ),
        ]

    def _status(self, key: SelectedKey) -> Line:
        outcome = self.outcomes().get(key.public_key)
        if outcome is None or outcome.outcome == "pending":
            return [status_run(str(key.status))]
        return [status_run("revoked" if outcome.outcome == "revoked" else "was dead", "revoked")]
