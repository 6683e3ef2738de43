"""The receipt of a revoke: committed when, refused since when and by whom, and where it is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.containers import Horizontal

from keyconsole.console import files, workers
from keyconsole.console.actions import Scope
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.screens.framed import LOW, NARROW
from keyconsole.console.styled_text import Run, draw, hang, stack
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.static import Static
from keyconsole.core.errors import KeyconsoleError
from keyconsole.core.shortcuts import key_of
from keyconsole.flows import revocation
from keyconsole.flows.revocation import Proven
from keyconsole.text import times
from keyconsole.text.keys import short_name
from keyconsole.text.reasons import reason_runs
from keyconsole.text.runs import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.wire import Key, Receipt

RETRY_SECONDS = 1.0


class ReceiptScreen(DialogScreen):
    """Stays until it is closed. It asks the verification path itself whether the key is dead.

    `is_reread` says that nothing was revoked just now: somebody wanted to see the receipt.
    """

    SCOPES = (Scope.RECEIPT,)
    CRUMB = "Receipt"
    SAYS = "receipt-says"

    def __init__(self, receipt: Receipt, key: Key, *, is_reread: bool = False) -> None:
        super().__init__()
        self.receipt, self.key, self.is_reread = receipt, key, is_reread
        self.proven = Proven(receipt, None, key=key)
        self.failed = ""
        self._answered = 0.0

    def box(self) -> Sequence[Widget]:
        return [
            Static("", id="receipt"),
            Static("", id="receipt-says", classes="pinned"),
            Horizontal(
                Chip("↵", "close", "close", primary=True),
                Chip(key_of("copy"), "copy receipt", "copy_receipt"),
                Chip(key_of("save"), "save as JSON", "save_receipt"),
                id="dialog-end",
            ),
        ]

    def on_mount(self) -> None:
        self.redraw()
        self._ask()

    def _ask(self) -> None:
        workers.start(self, self._prove, "proof", exclusive=True)

    async def _prove(self) -> None:
        """Ask until it answers; what it says is shown as it is."""
        try:
            proven = await revocation.prove(self.client, self.receipt)
        except KeyconsoleError as error:
            self.failed = error.message
        else:
            self.proven, self.failed = replace(proven, key=self.key), ""
        if not self.proven.is_refused:
            self.set_timer(RETRY_SECONDS, self._ask)
        self.redraw()

    def lines(self) -> list[tuple[str, list[Run]]]:
        """The receipt, a title and a value a line."""
        receipt = self.receipt
        by = f"   by {short_name(receipt.revoked_by)}"
        owner = f"   owner {short_name(self.key.owned_by)}"
        rows: list[tuple[str, list[Run]]] = [
            ("Key", [(self.key.label, "ink bold"), (f"   {receipt.public_key}", "dim")]),
            ("Integration", [(self.key.integration_name, "ink"), (owner, "dim")]),
            ("Revoked", [(times.precise(receipt.revoked_at), "ink"), (by, "dim")]),
            ("Checked", self._proof()),
            ("Reason", reason_runs(str(receipt.reason))),
            ("Request", [(receipt.request_id, "dim")]),
            (
                "Audit log",
                [
                    (f"event {receipt.audit_sequence}", "dim"),
                    (f"   {receipt.audit_hash[:16]}…", "dim"),
                ],
            ),
        ]
        if receipt.incident:
            rows.insert(5, ("Incident", [(receipt.incident, "ink")]))
        if receipt.already and not self.is_reread:
            rows.insert(3, ("", [("revoked before; this is the same receipt again", "amber")]))
        return rows

    def _proof(self) -> list[Run]:
        if (proof := self.proven.proof) is None:
            return [(self.failed or "asking whether it is refused…", "amber")]
        if proof.would_authenticate:
            return [("✕ it still authenticates; asking again", "red bold")]
        passed = self.proven.milliseconds
        when = "refused now" if passed is None else f"refused {passed} ms later"
        return [("✓ ", "green"), (when, "ink"), (f"   by {proof.process}", "dim")]

    def _what_follows(self) -> str:
        """The promise, and once it was checked what came of it."""
        if self.proven.milliseconds is not None:
            return f"The service refused it {self.proven.milliseconds} ms later."
        return "The next request with it gets 401."

    def redraw(self) -> None:
        if not self.is_mounted:
            return
        size, room = self.app.size, self.room
        indent = 16 if size.width >= NARROW else 12
        body = [hang(title, runs, room, indent=indent) for title, runs in self.lines()]
        head = [draw(("✕ Revoked.", "red bold"), f"  {self._what_follows()}")]
        if size.height >= LOW:
            head.append(draw())
        self.fill("#receipt", stack([*head, *body]))

    def action_copy_receipt(self) -> None:
        workers.start(self, self._copy, "copy")

    async def _copy(self) -> None:
        text = "\n".join(f"{title:<16}{plain(runs)}" for title, runs in self.lines())
        outcome = await self.console_app.copy_text(f"{text}\n")
        self._says((f"{outcome.glyph} Receipt: ", outcome.role), (outcome.sentence, "dim"))

    def action_save_receipt(self) -> None:
        at = self.receipt.revoked_at.strftime("%Y%m%dT%H%M%S")
        name = f"revoked-{self.receipt.public_key[-4:]}-{at}.json"
        self._says(*files.save_document(name, self.proven.document()))

    def action_close(self) -> None:
        self.dismiss(self.receipt)
