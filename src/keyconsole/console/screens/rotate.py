"""Rotate a key: what will happen, when the old one may go, and one button."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from textual.containers import Vertical

from keyconsole.console import workers
from keyconsole.console.routes import above_key
from keyconsole.console.screens.form import GenerateForm
from keyconsole.console.screens.framed import NARROW, SHORT
from keyconsole.console.styled_text import Run, draw, fit, hang, stack
from keyconsole.console.widgets.deadline import Deadline
from keyconsole.console.widgets.field import Choice, form_question
from keyconsole.console.widgets.static import Static
from keyconsole.core.errors import (
    ProblemError,
    UsageError,
)
from keyconsole.flows.key_creation import Pending
from keyconsole.text import rotations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from textual.content import Content
    from textual.widget import Widget

    from keyconsole.client import RotationAttempt
    from keyconsole.console.routes import Route
    from keyconsole.console.widgets.messages import ChoiceChanged
    from keyconsole.wire import Key, Rotation, Usage, WorkspaceSettings

QUIET = (("10", "10 min"), ("30", "30 min"), ("120", "2 h"), ("1440", "1 day"), ("10080", "7 days"))
ENDS = (("ask", "asks you first"), ("itself", "revokes it by itself"))
WEEK = timedelta(days=7)
DEADLINE = "deadline-days"


class RotateForm(GenerateForm["RotationAttempt"]):
    """Explains, and asks for the replacement; the value takes the place of the form."""

    SAVE = "Generate the replacement"
    LEFT_BEHIND = (
        "A replacement may have been made whose value nobody has: keyconsole keys rotations."
    )

    def __init__(self, key: Key) -> None:
        super().__init__()
        self.key = self.replaces = key
        self.usage: Usage | None = None
        self.settings: WorkspaceSettings | None = None
        self.deadline = Deadline()
        self.decided: set[str] = set()
        self.asked: tuple[tuple[str, ...], RotationAttempt] | None = None

    def path(self) -> Sequence[str]:
        return ["OAuth", self.key.integration_name, "API Keys", f"Rotate {self.key.label}"]

    def parents(self) -> Sequence[Route]:
        return above_key(self.key.integration_id, self.key.public_key)

    def fields(self) -> Sequence[Widget]:
        return [
            Static("", id="rotate-how"),
            form_question(
                "The old key may go once it was quiet for",
                QUIET,
                "quiet",
                Static("", id="rotate-pause", classes="field-says"),
            ),
            Vertical(
                Static(draw(("at the latest after", "dim")), classes="field-title"),
                self.deadline,
                classes="block form-question",
            ),
            form_question("and then the service", ENDS, "ends"),
        ]

    def beside(self) -> str:
        return "shown once" if self.app.size.width < NARROW else "the value is shown once"

    def on_mount(self) -> None:
        self._choose("quiet", "30")
        self.deadline.choose("7")
        self._draw()
        self.query_one("#quiet").focus()

    def _choose(self, name: str, value: str) -> None:
        choice = self.query_one(f"#{name}", Choice)
        if name not in self.decided and value in dict(choice.options):
            choice.choose(value)

    async def fetch(self) -> None:
        """Fetches the use of the key, which the quiet time depends on, and the defaults."""
        if await self._is_under_way():
            return
        first = self.settings is None
        self.settings = (await self.client.workspaces.show(self.key.workspace_id)).settings
        self.usage = await self.client.usage(self.key.public_key)
        if first:
            self._choose("quiet", str(self.settings.rotation_quiet_minutes))
            self._choose("ends", "itself" if self.settings.rotation_automatic else "ask")
            if DEADLINE not in self.decided:
                self.deadline.choose(str(self.settings.rotation_deadline_days))
                self.untouched = self.typed()
        self._draw()

    async def _is_under_way(self) -> bool:
        """The new key of a rotation has one already: show that instead."""
        if self.key.replaces is None:
            return False
        try:
            rotation = await self.client.rotations.show(self.key.public_key)
        except ProblemError:
            return False
        if rotations.is_over(rotation):
            return False
        # The app's work: what belongs to this screen is cancelled with it.
        workers.start(self.app, partial(self._make_way_for, rotation), "go")
        return True

    async def _make_way_for(self, rotation: Rotation) -> None:
        if self.is_current:
            self.router.rotation(rotation, in_place=True)

    # Drawing

    def redraw(self) -> None:
        self.say_beside()
        self._draw()

    def on_choice_changed(self, event: ChoiceChanged) -> None:
        self.decided.add(event.choice_id)
        self._draw()

    def problems(self) -> dict[str, str]:
        try:
            self.deadline.moment(self.console_app.clock())
        except UsageError as error:
            return {"deadline": error.message}
        return {}

    def _draw(self) -> None:
        room = self.app.size.width - 10
        self.fill("#rotate-how", self._how(room))
        self.fill("#rotate-pause", hang("", self._pause(), room, indent=0))

    def _how(self, room: int) -> Content:
        name = self.key.label
        if self.app.size.height < SHORT:
            return _short(name, room)
        steps: list[list[Run]] = [
            [("A replacement is generated and shown once. ", "ink"),
             ("It is called ", "dim"), (f"{name} (next)", "ink"),
             (" until the old key is gone, and then ", "dim"), (name, "ink"), (".", "dim")],
            [("Both keys work. ", "ink"),
             ("Put the new one wherever the old one is used, in your own time.", "dim")],
            [("The old key is revoked", "ink"),
             (" when nobody needs it any more: the new one is in use, the old one quiet.", "dim")],
        ]  # fmt: skip
        lines = [
            hang(str(number), line, room, indent=3, role="brass bold")
            for number, line in enumerate(steps, 1)
        ]
        return stack(lines)

    def _pause(self) -> list[Run]:
        """Returns a warning if an ordinary pause in its use is longer than the quiet time."""
        if self.usage is None:
            return [("looking up its use…", "faint")]
        if self.usage.last_used_at is None:
            return [("Nobody has used it yet.", "faint")]
        longest = longest_pause(self.usage, self.console_app.clock())
        chosen = timedelta(minutes=int(self.query_one("#quiet", Choice).value))
        if longest is None:
            return [("It was not used in the last 7 days: its rhythm is not known.", "faint")]
        hours = int(longest.total_seconds() // 3600)
        said = "less than 2 h" if hours < 2 else f"{hours} h"
        if hours >= 2 and longest >= chosen:
            return [
                (f"Its longest pause in the last 7 days was {said}:", "amber"),
                (" wait for longer than that.", "dim"),
            ]
        return [(f"Its longest pause in the last 7 days was {said}.", "faint")]

    # Answers of the service

    def wanted(self) -> Pending[RotationAttempt]:
        from keyconsole.client import RotationAttempt
        from keyconsole.wire import RotationRequest

        quiet, ends = (self.query_one(f"#{name}", Choice).value for name in ("quiet", "ends"))
        chosen = (quiet, self.deadline.typed, ends)
        if self.pending is not None and self.asked == (chosen, self.pending.attempt):
            return self.pending
        request = RotationRequest(
            quiet_minutes=int(quiet),
            deadline=self.deadline.moment(self.console_app.clock()),
            automatic=ends == "itself",
        )
        attempt = RotationAttempt(self.key.public_key, request)
        self.asked = (chosen, attempt)
        return Pending(attempt)


def _short(name: str, room: int) -> Content:
    """The same in a line each."""
    steps: list[list[Run]] = [
        [("A new key, shown once: ", "ink"), (f"{name} (next)", "dim")],
        [("Both keys work: ", "ink"), ("move the clients to the new one", "dim")],
        [("The old is revoked: ", "ink"), ("the new one takes its name", "dim")],
    ]
    return stack(
        draw((f"{number}  ", "brass bold"), *fit(line, room - 3))
        for number, line in enumerate(steps, 1)
    )


def longest_pause(usage: Usage, at: datetime) -> timedelta | None:
    """The longest time between two hours with use in the last 7 days; nothing without any."""
    used = [hour.hour for hour in usage.hours if hour.accepted and at - hour.hour <= WEEK]
    pauses = [later - earlier for earlier, later in zip(used, [*used, at][1:], strict=True)]
    return max(pauses, default=None)
