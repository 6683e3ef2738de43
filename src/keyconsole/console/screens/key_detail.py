"""One key: everything known of it, its use, and once it is dead the proof of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.widgets import Static

from keyconsole.console import times
from keyconsole.console.actions import Scope
from keyconsole.console.ink import Run, hang, stack
from keyconsole.console.reasons import reason_runs
from keyconsole.console.screens.key_actions import KeyActions
from keyconsole.console.screens.key_list import status_of
from keyconsole.console.widgets.blast import use_of
from keyconsole.console.widgets.history import history_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content
    from textual.widget import Widget

    from keyconsole.wire import AuditEvent, Key, Page, Usage


HISTORY = 100


class KeyPane(VerticalScroll, can_focus=True):
    """The lines, scrolled where they do not fit."""


class KeyScreen(KeyActions):
    """`/api-keys/kcp_…`."""

    SCOPES = (Scope.KEY, Scope.EVERYWHERE)

    def __init__(self, key: Key) -> None:
        super().__init__()
        self.key = key
        self.usage: Usage | None = None
        self.history: Page[AuditEvent] | None = None

    def body(self) -> Sequence[Widget]:
        return [
            KeyPane(
                Static("", id="key-card", markup=False),
                Static("", id="key-use", markup=False),
                Static("", id="key-history", markup=False),
                id="key-pane",
            )
        ]

    def path(self) -> Sequence[str]:
        return ["OAuth", self.key.integration_name, "API Keys", self.key.label]

    def note(self) -> str:
        return self.freshness()

    def on_mount(self) -> None:
        super().on_mount()
        self._draw()
        self.query_one(KeyPane).focus()

    def current_key(self) -> Key | None:
        return self.key

    async def fetch(self) -> None:
        self.key = await self.client.key(self.key.public_key)
        self.usage = await self.client.usage(self.key.public_key)
        if self.console_app.may("audit:read"):
            self.history = await self.client.audit(target=self.key.public_key, limit=HISTORY)
        self._draw()

    # How it is drawn

    def _draw(self) -> None:
        self.query_one("#key-card", Static).update(self._card())
        room = self.app.size.width - 10
        self.query_one("#key-use", Static).update(
            use_of(self.usage, self.console_app.clock(), room, revoked_at=self.key.revoked_at)
        )
        if self.history is not None:
            self.query_one("#key-history", Static).update(
                history_of(self.history, self.console_app.clock(), room)
            )
        self.update_frame()

    def _card(self) -> Content:
        key, at = self.key, self.console_app.clock()
        expires: list[Run] = [("never", "ink")]
        if key.expires_at is not None:
            expires = [
                (times.exact(key.expires_at), "ink"),
                (f"   {times.until(key.expires_at, at)}", "dim"),
            ]
        rows: list[tuple[str, list[Run]]] = [
            ("Label", [(key.label, "ink bold")]),
            ("Public key", [(key.public_key, "ink"), ("   y", "brass"), (" copies it", "faint")]),
            ("Status", [status_of(key, at)]),
            ("Integration", [(key.integration_name, "ink")]),
            ("Created", [(times.exact(key.created_at), "ink"), (f"   by {key.created_by}", "dim")]),
            ("Expires", expires),
            ("Allowed from", [(", ".join(key.allowed_ips) or "anywhere", "ink")]),
        ]
        if key.revoked_at is not None:
            rows.append(
                (
                    "Revoked",
                    [(times.precise(key.revoked_at), "ink"), (f"   by {key.revoked_by}", "dim")],
                )
            )
            rows.append(("Reason", reason_runs(str(key.revoke_reason or "unspecified"))))
            rows.append(("Incident", [(key.incident or "–", "ink" if key.incident else "dim")]))
        room = self.app.size.width - 9
        return stack(hang(title, runs, room) for title, runs in rows)
