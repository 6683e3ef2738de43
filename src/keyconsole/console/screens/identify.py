"""Identify: which key is this? What is pasted is searched here, and goes nowhere."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from keyconsole.console import other_profiles, workers
from keyconsole.console.actions import Scope
from keyconsole.console.routes import Place, Route
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.styled_text import Run, draw
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.field import TextInput
from keyconsole.console.widgets.findings import Findings
from keyconsole.console.widgets.static import Static
from keyconsole.core.candidates import Candidate, find_candidates
from keyconsole.core.errors import KeyconsoleError
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.core.shortcuts import key_of
from keyconsole.flows.identification import identify, revocation_of
from keyconsole.text import advice, verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.widget import Widget

    from keyconsole.flows.identification import Answered
    from keyconsole.wire import Key, Receipt

LONGEST = 1 << 20
ASKED = 100
NAMED = 8
_ASKED = "Asked: "
_NAME_LENGTH = 21  # of a value that is typed: `kcs_`, the public half, `_`
_LIKE_A_SECRET = re.compile(r"[0-9A-Za-z]{30}")


class SearchInput(TextInput):
    """Takes a paste without keeping or drawing it; of a value that is typed, shows the name."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.take", show=False),
        Binding("down", "screen.to_findings", show=False),
    ]

    @property
    def _value(self) -> Text:
        typed = super()._value
        hidden = max(0, len(typed) - _NAME_LENGTH) if typed.plain.startswith("kc") else 0
        return Text(typed.plain[: len(typed) - hidden] + "•" * hidden, no_wrap=True, end="")

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        if isinstance(self.screen, IdentifyDialog):
            self.screen.take(event.text)


class IdentifyDialog(DialogScreen):
    """Finds keys in what is pasted, asks about their names and digests, says what to do next."""

    SCOPES = (Scope.IDENTIFY,)
    CRUMB = "Identify"
    SAYS = "identify-says"

    def __init__(self) -> None:
        super().__init__()
        self._sought: tuple[Candidate, ...] = ()
        self._said: tuple[Run, ...] = ()

    def box(self) -> Sequence[Widget]:
        return [
            Static(draw(("Which key is this?", "brass bold"))),
            Static(
                draw(
                    (
                        "Paste anything: a key, a log line, a .env, a message. It stays on this "
                        "machine: only the names of keys and digests are sent.",
                        "dim",
                    )
                ),
                id="identify-how",
            ),
            SearchInput(placeholder="paste here, or type a part of a name", id="sought"),
            Static("", id="identify-says"),
            Findings(self.console_app.clock),
            Horizontal(
                Chip("esc", "close", "close"),
                Chip(key_of("disable"), "disable", "quarantine", id="do-disable"),
                Chip(key_of("revoke"), "revoke", "revoke", tone="red", id="do-revoke"),
                id="dialog-end",
            ),
        ]

    def on_mount(self) -> None:
        self.query_one(SearchInput).focus()
        self._draw()

    @property
    def findings(self) -> Findings:
        """The list of what was found."""
        return self.query_one(Findings)

    def current_key(self) -> Key | None:
        """The key under the cursor, where it is one of ours."""
        answer = self.findings.current if self.is_mounted else None
        return answer.key if answer is not None else None

    def is_enabled(self, action: str) -> bool:
        key = self.current_key()
        if action == "ask_others":
            return self._is_choosing and self.console_app.profiles is not None
        if not self._is_choosing:
            return action not in ("revoke", "receipt", "quarantine", "revoke_many")
        match action:
            case "take":
                return key is not None
            case "revoke" | "quarantine":
                return key is not None and key.status != "revoked"
            case "receipt":
                return key is not None and key.status == "revoked"
            case "revoke_many":
                return len(self._killable()) > 1
        return True

    def label_of(self, action: str) -> str | None:
        return "open key" if action == "take" and self._is_choosing else None

    @property
    def _is_choosing(self) -> bool:
        """True if the cursor is in the list, where letters are shortcuts."""
        return isinstance(self.focused, Findings)

    def on_descendant_focus(self) -> None:
        self._draw()

    def on_cursor_moved(self) -> None:
        self._draw()

    def _draw(self) -> None:
        for name, action in (("#do-revoke", "revoke"), ("#do-disable", "quarantine")):
            may = self.is_enabled(action) and self.check_action(action, ()) is True
            self.query_one(name, Chip).display = may
        self.update_frame()

    def _says(self, *runs: Run) -> None:
        self._said = runs
        super()._says(*runs)

    # Actions of the person

    def take(self, text: str) -> None:
        """Look for keys in what was pasted. Only names and digests outlive this call."""
        self.query_one(SearchInput).value = ""
        if len(text) > LONGEST:
            self._seek(())
            self._says(("✕ That is more than 1 MiB; nothing was searched or sent. ", "amber"),
                       ("keyconsole keys identify - < FILE", "ink"))  # fmt: skip
            return
        found = find_candidates(text)
        says: list[Run] = []
        if not found.candidates:
            says = [("There is no key in what you pasted. Nothing was sent. ", "amber")]
        elif len(found.candidates) > 1:
            names = sum(each.digest is None for each in found.candidates)
            named = f", {names} only named" if names else ""
            says = [(f"{len(found.candidates)} keys in it{named}. ", "ink")]
        if found.tokens:
            says.append((f"{advice.tokens_found(found.tokens)} ", "red"))
        if len(found.candidates) > ASKED:
            says.append((f"The first {ASKED} are asked about.", "amber"))
        self._says(*says)
        self._seek(found.candidates[:ASKED])

    def action_take(self) -> None:
        if self._is_choosing:
            self._open()
        else:
            self._search()

    def _search(self) -> None:
        typed = self.query_one(SearchInput).value.strip()
        found = find_candidates(typed)
        if found.candidates or found.tokens:
            self.take(typed)
        elif _LIKE_A_SECRET.search(typed):
            self._says(("✕ Too long for a name, and not a whole key. Nothing was sent.", "amber"))
        elif typed:
            workers.start(self, partial(self._find, typed), "identify", exclusive=True)

    def action_to_findings(self) -> None:
        if self.findings.rows:
            self.findings.focus()

    def _open(self) -> None:
        if (key := self.current_key()) is not None:
            self.dismiss(None)
            self.router.go(Route(Place.KEY, public_key=key.public_key))

    def action_revoke(self) -> None:
        key = self.current_key()
        if key is not None and self.is_enabled("revoke"):
            self.router.revoke(key, self._revoked, reason="key_compromise")

    def _killable(self) -> list[Candidate]:
        """The keys whose own value was found and that are not revoked; no mere names."""
        return [candidate for candidate, answer in self.findings.rows
                if verdicts.is_proven(candidate, answer)]  # fmt: skip

    def action_revoke_many(self) -> None:
        if self.is_enabled("revoke_many"):
            self.router.revoke_many(
                revocation_of(self._killable()),
                lambda _: self._seek(self._sought),
                reason="key_compromise",
            )

    def action_quarantine(self) -> None:
        key = self.current_key()
        if key is not None and self.is_enabled("quarantine"):
            self.router.disable(key, self._quarantined, reason="key_compromise")

    def _quarantined(self, key: Key | None) -> None:
        if key is not None:
            self._says(*advice.quarantined(key, self.console_app.clock()))
            self._seek(self._sought)

    def _revoked(self, receipt: Receipt | None) -> None:
        if receipt is not None:
            self._seek(self._sought)

    def action_ask_others(self) -> None:
        """Ask the other profiles about the same names and digests."""
        if self.is_enabled("ask_others"):
            workers.start(self, self._ask_others, "identify", exclusive=True)

    def action_receipt(self) -> None:
        if self.is_enabled("receipt"):
            workers.start(self, self._show_receipt, "receipt")

    def action_close(self) -> None:
        self.dismiss(None)

    # Answers of the service

    def _seek(self, candidates: tuple[Candidate, ...]) -> None:
        self._sought = candidates
        if not candidates:
            self.findings.put([])
            self.remove_class("-found")
        workers.start(self, partial(self._ask, candidates), "identify", exclusive=True)

    async def _ask(self, candidates: tuple[Candidate, ...]) -> None:
        rows: list[Answered] = []
        try:
            with self.console_app.asking():
                async for row in identify(self.client, candidates):
                    rows.append(row)  # noqa: PERF401 - as far as it got, should the next one fail
        except KeyconsoleError as error:
            self._failed(error, len(candidates) - len(rows))
        self._say_who_was_asked()
        self.findings.put(sorted(rows, key=lambda row: advice.urgency(*row)))
        self.set_class(bool(rows), "-found")
        if rows:
            self.set_focus(self.findings)
        self._draw()

    def _say_who_was_asked(self) -> None:
        """Add the service and the workspace to what is said already."""
        session, person = self.console_app.session, self.console_app.person
        if session is not None and person is not None and self._sought:
            before = [run for run in self._said if not run[0].startswith(_ASKED)]
            asked = f"{_ASKED}{session.profile} ({person.workspace})."
            self._says(*before, (asked, "dim"))

    async def _ask_others(self) -> None:
        profiles, session = self.console_app.profiles, self.console_app.session
        if profiles is not None and session is not None:
            with self.console_app.asking():
                self._says(*await other_profiles.ask(profiles, session.profile, self._sought))

    async def _find(self, text: str) -> None:
        """By name: a part of a label, the beginning or the end of a public key."""
        name = text.removeprefix("kcs_").removeprefix("kcp_").rstrip("_•")
        try:
            page = await self.client.keys(KeyQuery(text=name), limit=NAMED + 1)
        except KeyconsoleError as error:
            self._failed(error, 1)
            return
        if not page.items:
            self._says((f"No key by the name “{name}” that you may see.", "amber"))
        elif len(page.items) > NAMED:
            self._says((f"More than {NAMED}: type more of it.", "amber"))
        else:
            self._says()
        self._seek(tuple(Candidate(key.public_key) for key in page.items[:NAMED]))

    def _failed(self, error: KeyconsoleError, left: int) -> None:
        self.console_app.unanswered(error)
        self._says((f"✕ {error.message} ", "red"), (f"Not asked about: {left}.", "dim"))

    async def _show_receipt(self) -> None:
        from keyconsole.client.receipts import read_receipt

        key = self.current_key()
        if key is None:
            return
        try:
            receipt = await read_receipt(self.client, key.public_key)
        except KeyconsoleError as error:
            self._failed(error, 1)
        else:
            self.router.receipt(receipt, key)
