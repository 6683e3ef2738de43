"""A rotation under way: both keys side by side, live, and what it is waiting for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll

from keyconsole.console import workers
from keyconsole.console.actions import Scope
from keyconsole.console.routes import Place, Route, above_key
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.screens.framed import LOW, NARROW, SHORT
from keyconsole.console.styled_text import Run, draw, hang, shorten, stack
from keyconsole.console.widgets.rotation_sides import sides
from keyconsole.console.widgets.static import Static
from keyconsole.core.shortcuts import key_of
from keyconsole.text import rotations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content
    from textual.widget import Widget

    from keyconsole.wire import Receipt, Rotation, RotationPatch

LIVE_SECONDS = 2.0


class RotationPane(VerticalScroll, can_focus=True):
    """The lines, scrolled where they do not fit."""


class RotationScreen(ConsoleScreen):
    """`/api-keys/kcp_…/rotation`. Whoever may create keys can go on with it from here."""

    SCOPES = (Scope.ROTATION, Scope.EVERYWHERE)

    def __init__(self, rotation: Rotation) -> None:
        super().__init__()
        self.rotation = rotation

    def body(self) -> Sequence[Widget]:
        return [
            RotationPane(
                Static("", id="rotation-state"),
                Static("", id="rotation-sides"),
                Static("", id="rotation-terms"),
                id="rotation-pane",
            )
        ]

    def path(self) -> Sequence[str]:
        key = self.rotation.old.key
        return ["OAuth", key.integration_name, "API Keys", f"Rotating {key.label}"]

    def parents(self) -> Sequence[Route]:
        return above_key(self.rotation.old.key.integration_id, self.rotation.old.key.public_key)

    def note(self) -> str:
        return self.freshness()

    def on_mount(self) -> None:
        self.set_interval(LIVE_SECONDS, self.poll)
        self._draw()
        self.home().focus()

    def home(self) -> Widget:
        return self.query_one(RotationPane)

    async def fetch(self) -> None:
        self._take(await self.client.rotations.show(self.rotation.new.key.public_key))

    def _take(self, rotation: Rotation) -> None:
        self.rotation = rotation
        if self.is_mounted:
            self._draw()

    # Actions of the person

    def is_enabled(self, action: str) -> bool:
        over = rotations.is_over(self.rotation)
        match action:
            case "finish" | "pause" | "extend" | "cancel_rotation":
                return not over
            case "receipt":
                return self.rotation.old.key.status == "revoked"
            case "rotate":
                return over and self.rotation.old.key.status != "revoked"
            case _:
                return True

    def label_of(self, action: str) -> str | None:
        if action == "finish" and self.app.size.width < NARROW:
            return "revoke"
        return "go on" if action == "pause" and self.rotation.state == "paused" else None

    def action_finish(self) -> None:
        if not rotations.is_over(self.rotation):
            self.router.finish_rotation(self.rotation, self._finished)

    def _finished(self, receipt: Receipt | None) -> None:
        if receipt is not None:
            self.say(("✓ The old key is revoked. ", "green"), (key_of("receipt"), "brass bold"),
                     (" shows the receipt.", "dim"))  # fmt: skip

    def action_pause(self) -> None:
        from keyconsole.wire import RotationPatch

        if self.rotation.state != "paused":
            self._change(RotationPatch(paused=True))
        elif self.rotation.deadline <= self.rotation.at:
            self.action_extend()
        else:
            self._change(RotationPatch(paused=False))

    def action_extend(self) -> None:
        if not rotations.is_over(self.rotation):
            self.router.change_deadline(self.rotation, self._changed)

    def _change(self, patch: RotationPatch) -> None:
        self.write(partial(self._send, patch))

    async def _send(self, patch: RotationPatch) -> None:
        public_key = self.rotation.new.key.public_key
        changed = await self.ask(lambda: self.client.rotations.change(public_key, patch))
        self._changed(changed)

    def _changed(self, changed: Rotation | None) -> None:
        if changed is not None:
            self._take(changed)
            self.say(("✓ Changed.", "green"))

    def action_cancel_rotation(self) -> None:
        if rotations.is_over(self.rotation):
            return
        self.router.ask(
            "Cancel this rotation?",
            "Nothing is revoked by that: both keys go on working. Or revoke the new one next.",
            [
                ("esc", "let it go on", ""),
                ("C", "keep both", "keep"),
                ("x", "revoke the new one", "revoke"),
            ],
            self._cancelled,
            crumb="Cancel",
        )

    def _cancelled(self, answer: str | None) -> None:
        if answer:
            self.write(partial(self._cancel, revoke=answer == "revoke"))

    async def _cancel(self, *, revoke: bool) -> None:
        public_key = self.rotation.new.key.public_key
        cancelled = await self.ask(lambda: self.client.rotations.cancel(public_key))
        if cancelled is None:
            return
        self._take(cancelled)
        if revoke:
            self.router.revoke(cancelled.new.key, reason="superseded")

    def action_receipt(self) -> None:
        if self.rotation.old.key.status == "revoked":
            shown = partial(self.show_receipt, self.rotation.old.key)
            workers.start(self, shown, "receipt")

    def action_rotate(self) -> None:
        if self.is_enabled("rotate"):
            self.router.rotate(self.rotation.old.key, in_place=True)

    def action_open_old(self) -> None:
        self._open(self.rotation.old.key.public_key)

    def action_open_new(self) -> None:
        self._open(self.rotation.new.key.public_key)

    def _open(self, public_key: str) -> None:
        self.router.go(Route(Place.KEY, public_key=public_key))

    # Drawing

    def redraw(self) -> None:
        self._draw()

    def _draw(self) -> None:
        room = self.app.size.width - 10
        most = 1 if self.app.size.height < LOW else 3 if self.app.size.height < SHORT else 6
        self.fill("#rotation-state", self._state(room))
        self.fill("#rotation-sides", sides(self.rotation, room, most=most))
        self.fill("#rotation-terms", self._terms(room))
        self.update_frame()

    def _state(self, room: int) -> Content:
        this = self.rotation
        title = draw(
            (shorten(this.old.key.label, room - 14), "ink bold"), ("   ", ""), rotations.sign(this)
        )
        lines = [hang("", line, room, indent=0) for line in rotations.waiting_lines(this)]
        if keys := rotations.what_to_press(this):
            lines.append(draw(*keys))
        return stack([title, *lines])

    def _terms(self, room: int) -> Content:
        this = self.rotation
        started = f"{_ago(this)} by {this.started_by}"
        if rotations.is_over(this):
            return hang("Began", [(started, "ink")], room, indent=12)
        who: list[Run] = [("the service revokes the old key by itself", "ink")]
        if not this.automatic:
            who = [("you are asked before the old key is revoked", "ink")]
        name: list[Run] = [(this.new.key.label, "ink"), ("   its own name, which it keeps", "dim")]
        if this.label_after != this.new.key.label:
            name = [(this.label_after, "ink"), (" once the old key is gone", "dim")]
        rows = [
            ("Ends", rotations.ending(this)),
            ("Deadline", rotations.deadline(this)),
            ("Then", who),
            ("New name", name),
            ("Began", [(started, "ink")]),
            ("Meanwhile", [(self._meanwhile(), "dim")]),
        ]
        return stack(hang(title, line, room, indent=12) for title, line in rows)

    def _meanwhile(self) -> str:
        if self.console_app.is_demo:
            return "it goes on until the demo ends"
        if self.client.is_embedded:
            return "it goes on while a console is open, and at the next start"
        return f"it goes on in the service; any operator picks it up with {key_of('rotations')}"


def _ago(rotation: Rotation) -> str:
    from keyconsole.text import times

    return times.lately(rotation.started_at, rotation.at)
