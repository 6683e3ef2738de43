"""One key: everything known of it, its use, and once it is dead the proof of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from keyconsole.console.actions import Scope
from keyconsole.console.key_runs import expiry_runs, scope_runs
from keyconsole.console.routes import above_key
from keyconsole.console.screens.key_actions import KeyActions
from keyconsole.console.styled_text import Run, hang, stack, status_run
from keyconsole.console.widgets.blast import last_day, use_of
from keyconsole.console.widgets.history import history_of
from keyconsole.console.widgets.static import Static
from keyconsole.core import disablement, tags
from keyconsole.core.shortcuts import key_of
from keyconsole.text import times
from keyconsole.text.keys import limit_runs, status_of
from keyconsole.text.reasons import reason_runs
from keyconsole.text.series import of_hours

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from textual.content import Content
    from textual.widget import Widget

    from keyconsole.console.routes import Route
    from keyconsole.wire import AuditEvent, Key, Page, Usage, UsageSource


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
                Static("", id="key-card"),
                Static("", id="key-use"),
                Static("", id="key-graph"),
                Static("", id="key-history"),
                id="key-pane",
            )
        ]

    def path(self) -> Sequence[str]:
        return ["OAuth", self.key.integration_name, "API Keys", self.key.label]

    def parents(self) -> Sequence[Route]:
        return above_key(self.key.integration_id, self.key.public_key)

    def note(self) -> str:
        return self.freshness()

    def on_mount(self) -> None:
        self.redraw()
        self.home().focus()

    def home(self) -> Widget:
        return self.query_one(KeyPane)

    def current_key(self) -> Key | None:
        return self.key

    async def fetch(self) -> None:
        self.key = await self.client.key(self.key.public_key)
        self.usage = await self.client.usage(self.key.public_key)
        if self.console_app.may("audit:read"):
            self.history = await self.client.audit(target=self.key.public_key, limit=HISTORY)
        self.redraw()

    @property
    def has_rows(self) -> bool:
        return self.usage is not None and bool(self.usage.sources)

    def action_save_list(self) -> None:
        self.save_list("sources", self._page_of_sources)

    async def _page_of_sources(self, _: str | None) -> Page[UsageSource]:
        from keyconsole.wire import Page, UsageSource

        usage = await self.client.usage(self.key.public_key)
        return Page[UsageSource](items=usage.sources)

    # Drawing

    def redraw(self) -> None:
        self.fill("#key-card", self._card())
        room = self.app.size.width - 10
        self.fill(
            "#key-use",
            use_of(self.usage, self.key, self.console_app.clock(), room),
        )
        if self.usage is not None:
            day = of_hours(self.usage, self.console_app.clock(), 24)
            drawn = last_day(day, self.console_app.clock(), room, self.app.size.height)
            self.fill("#key-graph", drawn)
            self.query_one("#key-graph").display = bool(drawn.plain)
        if self.history is not None:
            self.fill("#key-history", history_of(self.history, self.console_app.clock(), room))
        self.update_frame()

    def _card(self) -> Content:
        key, at = self.key, self.console_app.clock()
        is_alive = key.revoked_at is None
        rows: list[tuple[str, list[Run]]] = [
            ("Label", [(key.label, "ink bold")]),
            ("Public key", [(key.public_key, "ink"), *_does("copy_public", "copies it")]),
            ("Status", _status(key, at)),
            ("Integration", [(key.integration_name, "ink")]),
            ("Created", [(times.exact(key.created_at), "ink"), (f"   by {key.created_by}", "dim")]),
            (
                "Owner",
                [
                    (key.owned_by, "ink"),
                    *(_does("owner", "names another") if is_alive else []),
                ],
            ),
            ("Expires", expiry_runs(key, at)),
            *_policy(key, at),
            (
                "Allowed from",
                [
                    (", ".join(key.allowed_ips) or "anywhere", "ink"),
                    *(_does("addresses", "changes it") if is_alive else []),
                ],
            ),
            (
                "Tags",
                [
                    (tags.written(key.metadata) or "none", "ink"),
                    *(_does("tags", "changes them") if is_alive else []),
                ],
            ),
            ("Scopes", [*scope_runs(key), *(_does("scopes", "changes them") if is_alive else [])]),
            ("Limits", [*limit_runs(key), *(_does("limits", "changes them") if is_alive else [])]),
            *_lineage(key),
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


def _status(key: Key, at: datetime) -> list[Run]:
    if key.status != "disabled":
        return [status_of(key, at)]
    words = disablement.described(key.disabled_at, key.disabled_until, key.disabled_then, at)
    return [status_run(words, "disabled")]


def _policy(key: Key, at: datetime) -> list[tuple[str, list[Run]]]:
    """Returns the time at which the key is due for rotation, if policy says so."""
    if key.rotate_by is None:
        return []
    if key.rotate_by <= at:
        runs: list[Run] = [(f"due since {times.day(key.rotate_by, at)}", "amber")]
    else:
        role = "amber" if key.rotate_soon else "ink"
        runs = [(f"due {times.until(key.rotate_by, at)}", role)]
    return [("Rotation", [*runs, *_does("rotate", "rotates it")])]


def _lineage(key: Key) -> list[tuple[str, list[Run]]]:
    """The key before it, and the one after it."""
    rows: list[tuple[str, list[Run]]] = []
    if key.replaces is not None:
        rows.append(("Replaces", [(key.replaces, "ink")]))
    if key.replaced_by is not None:
        word = "Being replaced" if key.rotating else "Replaced by"
        follows: list[Run] = _does("rotate", "shows both") if key.rotating else []
        rows.append((word, [(key.replaced_by, "ink"), *follows]))
    return rows


def _does(shortcut: str, what: str) -> list[Run]:
    """Returns the key of a shortcut and what it does to the line that it stands on."""
    return [(f"   {key_of(shortcut)}", "brass"), (f" {what}", "faint")]
