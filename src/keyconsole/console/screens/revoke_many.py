"""Revoke many keys: exactly which, a count typed by hand, progress, and a line a key."""

from __future__ import annotations

import json
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from keyconsole import safetext
from keyconsole.console import files, tally, work
from keyconsole.console.actions import Scope
from keyconsole.console.ink import Line, draw, status_run
from keyconsole.console.reasons import WORDS
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.columns import Column
from keyconsole.console.widgets.field import Choice, GuardedInput, TextInput, form_row
from keyconsole.console.widgets.listing import Listing
from keyconsole.errors import ConflictError, KeyconsoleError, ServiceUnreachableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content
    from textual.widget import Widget
    from textual.widgets import Input

    from keyconsole.wire import (
        Identified,
        Revocation,
        RevocationRequest,
        RevokedKey,
        SelectedKey,
        Selection,
    )

POLL_SECONDS = 0.3
RETRY_SECONDS = 2.0


class Stage(StrEnum):
    """How far it has come."""

    LOOKING = "looking"
    SHOWN = "shown"
    SENDING = "sending"
    UNKNOWN = "unknown"
    RUNNING = "running"
    DONE = "done"


class CountInput(GuardedInput):
    """Where the number of keys is typed; Enter is the question's."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.confirm", show=False)]


class RevokeManyScreen(ConsoleScreen):
    """Holds what it was asked for; what is shown is what dies, or nothing does.

    `request` says which keys. Dismisses with what became of them, or with nothing.
    """

    SCOPES = (Scope.REVOKE_MANY,)
    POLLS: ClassVar[bool] = False
    AUTO_FOCUS: ClassVar[str] = ""

    def __init__(self, request: RevocationRequest, *, reason: str = "unspecified") -> None:
        super().__init__()
        self.request, self.reason = request, reason
        self.stage = Stage.LOOKING
        self.selection: Selection | None = None
        self.revocation: Revocation | None = None
        self.outcomes: dict[str, RevokedKey] = {}
        self.proof: Identified | None = None
        self.listing: Listing[SelectedKey] = Listing(self._columns(), lambda key: key.public_key)

    def path(self) -> Sequence[str]:
        return ["OAuth", "Revoke many keys"]

    def body(self) -> Sequence[Widget]:
        return [
            Static("", id="many-title", markup=False),
            self.listing,
            Vertical(
                form_row("Reason", Choice(tuple(WORDS.items()), id="reason")),
                form_row("Incident", TextInput(placeholder="INC-4211, or nothing", id="incident")),
                Horizontal(
                    Static(draw(("Confirm", "dim")), classes="row-title"),
                    CountInput(id="confirm"),
                    Static("", id="confirm-how", markup=False),
                    classes="form-row",
                ),
                id="many-form",
            ),
            Horizontal(
                Chip("esc", "keep them", "cancel", id="keep"),
                Chip("c", "copy receipt", "copy_receipt", id="do-copy"),
                Chip("s", "save as JSON", "save_receipt", id="do-save"),
                Chip("◌", "revoke", "confirm", tone="red", id="do-revoke"),
                id="many-end",
            ),
        ]

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#reason", Choice).choose(self.reason)
        self.query_one("#confirm").focus()
        self.settle()
        self._look()

    def _arm(self) -> None:
        super()._arm()
        self._draw()

    # What the person does

    @property
    def count(self) -> int:
        """How many keys are shown."""
        return self.selection.count if self.selection else 0

    @property
    def is_confirmed(self) -> bool:
        """Whether the number was typed."""
        typed = self.query_one("#confirm", GuardedInput).value.strip().replace(",", "")
        return bool(self.count) and typed == str(self.count)

    def makes_sense(self, action: str) -> bool:
        match action:
            case "confirm" | "app.focus_next":
                return self.stage is Stage.SHOWN and bool(self.count)
            case "look_again":
                return self.stage is Stage.SHOWN
            case "save_receipt" | "copy_receipt":
                return self.stage is Stage.DONE
        return True

    def verb_of(self, action: str) -> str | None:
        if action != "cancel":
            return None
        if self.stage is Stage.DONE:
            return "close"
        return "leave, it goes on" if self.stage in (Stage.RUNNING, Stage.UNKNOWN) else None

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._draw()

    def on_guarded_input_refused(self, event: GuardedInput.Refused) -> None:
        event.stop()
        self.say(("Type the number by hand: a paste does not confirm.", "amber"))

    def action_cancel(self) -> None:
        if self.stage is Stage.SENDING:
            self.say(("It is on its way: wait for the answer.", "amber"))
        else:
            self.dismiss(self.revocation)

    def action_look_again(self) -> None:
        if self.stage is Stage.SHOWN:
            self._look()

    def action_confirm(self) -> None:
        if self.stage is Stage.SHOWN and self.count and self.armed:
            if self.is_confirmed:
                self._start()
            else:
                self.say((f"Type {self.count} to revoke all of them.", "amber"))

    def _start(self) -> None:
        from keyconsole.wire import RevokeReason

        incident = self.query_one("#incident", TextInput).value.strip()
        if incident and (problem := safetext.name_problem(incident, "An incident")):
            self.say((problem.message, "red"))
            return
        reason = RevokeReason(self.query_one("#reason", Choice).value)
        self.request = self.request.model_copy(
            update={"reason": reason, "incident": incident or None}
        )
        self._go_to(Stage.SENDING)
        self.write(self._revoke)

    # What the service answers

    def _look(self) -> None:
        self._go_to(Stage.LOOKING)
        work.start(self, self._show, "look", exclusive=True)

    async def _show(self) -> None:
        """Ask which keys it would be."""
        with self.console_app.asking():
            self.selection = await self.ask(lambda: self.client.revocations.show(self.request))
        self.listing.rows.put(self.selection.keys if self.selection else [])
        if self.selection is not None and not self.selection.keys:
            self.listing.say_empty(*tally.nothing(self.selection))
        self._go_to(Stage.SHOWN)

    async def _revoke(self) -> None:
        """Begin. Without an answer the same request goes again: it is the same revocation."""
        if self.selection is None:
            return
        try:
            self.revocation = await self.client.revocations.start(self.request, self.selection)
        except ServiceUnreachableError as error:
            self.console_app.lost(error)
            self._go_to(Stage.UNKNOWN)
            again = partial(self.console_app.run_change, self._revoke)
            self.app.set_timer(RETRY_SECONDS, again)
        except ConflictError as error:
            self._go_to(Stage.SHOWN)
            self.say((f"✕ {error.message} ", "red"), ("^r", "brass bold"), (" shows them.", "dim"))
        except KeyconsoleError as error:
            self._go_to(Stage.SHOWN)
            self.say((f"✕ Nothing was revoked: {error.message}", "red"))
        else:
            self.console_app.answered()
            self._go_to(Stage.RUNNING)
            self._follow()

    def _follow(self) -> None:
        if self.is_mounted:
            work.start(self, self._progress, "progress", exclusive=True)

    async def _progress(self) -> None:
        """Ask how far it is, until nothing is left."""
        revocation = self.revocation
        if revocation is None:
            return
        found = await self.ask(lambda: self.client.revocations.read(revocation.id, limit=1))
        self.revocation = found or revocation
        if self.revocation.finished_at is None:
            self.set_timer(POLL_SECONDS if found else RETRY_SECONDS, self._follow)
            self._draw()
        else:
            self._go_to(Stage.DONE)
            await self._collect()

    async def _collect(self) -> None:
        """The line of every key, and what verification says of the one that was used last."""
        if self.revocation is None or self.selection is None:
            return
        first = self.selection.keys[0].public_key
        self.proof = await self.ask(lambda: self.client.identify(first))
        self._draw()
        revocation_id, cursor = self.revocation.id, None
        while True:
            read = partial(self.client.revocations.read, revocation_id, cursor=cursor)
            page = await self.ask(read)
            if page is None:
                return
            self.outcomes |= {each.public_key: each for each in page.items}
            self.listing.rows.refresh()
            cursor = page.next_cursor
            if cursor is None:
                return

    # The receipt

    def document(self) -> dict[str, Any]:
        """The receipt as JSON: the revocation, and a line a key."""
        if self.revocation is None:
            return {}
        document = self.revocation.model_dump(mode="json", exclude={"items", "next_cursor"})
        document["keys"] = [each.model_dump(mode="json") for each in self.outcomes.values()]
        return document

    def action_save_receipt(self) -> None:
        if self.stage is not Stage.DONE or self.revocation is None:
            return
        if len(self.outcomes) < self.revocation.total:
            self.say(("The lines of the keys are still coming: a moment.", "amber"))
            return
        path = Path.home() / f"revoked-{self.revocation.id}.json"
        try:
            files.write_new(path, json.dumps(self.document(), indent=2) + "\n")
        except KeyconsoleError as error:
            self.say((f"✕ {error.message}", "red"))
        else:
            self.say(("✓ ", "green"), (f"Saved to {path}", "dim"))

    def action_copy_receipt(self) -> None:
        if self.stage is Stage.DONE and self.revocation is not None:
            work.start(self, self._copy, "copy")

    async def _copy(self) -> None:
        if self.revocation is not None:
            outcome = await self.copy_text(tally.as_text(self.revocation, self.proof))
            self.say((f"{outcome.glyph} Receipt: ", outcome.role), (outcome.sentence, "dim"))

    # How it is drawn

    def _go_to(self, stage: Stage) -> None:
        self.stage = stage
        if self.is_mounted:
            self.say()
            self._draw()
            if stage is Stage.DONE:
                self.listing.rows.focus()

    def _draw(self) -> None:
        if not self.is_mounted:
            return
        self.query_one("#many-title", Static).update(self._title())
        asks = self.stage is Stage.SHOWN and self.count > 0
        self.query_one("#many-form").display = asks
        self.query_one("#do-revoke").display = asks
        for name in ("#do-copy", "#do-save"):
            self.query_one(name).display = self.stage is Stage.DONE
        self.query_one("#confirm-how", Static).update(
            draw(("type ", "dim"), (str(self.count), "ink bold"))
        )
        chip = self.query_one("#do-revoke", Chip)
        chip.rename("↵" if self.is_readable else "◌", "revoke")
        chip.turn_off("" if self.is_confirmed else "type it first")
        self.query_one("#keep", Chip).rename("esc", self.verb_of("cancel") or "keep them")
        self.listing.rows.refresh()
        self.update_frame()

    def _title(self) -> Content:
        room = self.app.size.width - 8
        match self.stage:
            case Stage.LOOKING:
                return draw(("Looking which keys that are…", "dim"))
            case Stage.SHOWN:
                return tally.question(self.selection, room)
            case Stage.SENDING:
                return draw(("Revoking…", "dim"))
            case Stage.UNKNOWN:
                return draw(
                    ("Unknown, still trying: ", "amber bold"),
                    ("the service did not answer. The same request is sent again.", "dim"),
                )
            case Stage.RUNNING:
                return tally.progress(self.revocation, room)
            case Stage.DONE:
                return tally.result(self.revocation, self.proof, room)

    def _columns(self) -> list[Column[SelectedKey]]:
        return [
            Column("Label", lambda key: [(key.label, "ink")], 18, most=48),
            Column(
                "Public key",
                lambda key: [(key.public_key, "dim")],
                20,
                short=lambda key: [(f"…{key.public_key[-4:]}", "dim")],
                short_width=5,
                short_title="ID",
            ),
            Column("Status", self._status, 13, most=16),
            Column("Last used", self._last_used, 10),
            Column("Integration", lambda key: [(key.integration_name, "dim")], 16, most=30,
                   leaves=1),
        ]  # fmt: skip

    def _status(self, key: SelectedKey) -> Line:
        outcome = self.outcomes.get(key.public_key)
        if outcome is None or outcome.outcome == "pending":
            return [status_run(str(key.status))]
        return [status_run("revoked" if outcome.outcome == "revoked" else "was dead", "revoked")]

    def _last_used(self, key: SelectedKey) -> Line:
        return tally.last_use(key, self.console_app.clock())
