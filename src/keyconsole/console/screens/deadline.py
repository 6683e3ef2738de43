"""Another deadline for a rotation that is under way."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from keyconsole.console.actions import Scope
from keyconsole.console.screens.change_dialog import ChangeDialog
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.deadline import DAYS, OTHER, Deadline
from keyconsole.console.widgets.static import Static
from keyconsole.core.errors import (
    UsageError,
)
from keyconsole.text import rotations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.wire import Rotation


class DeadlineDialog(ChangeDialog):
    """Dismisses with the rotation as the service has it now, or with nothing.

    It stays until there is an answer, so that a deadline that is refused is there to be changed.
    A rotation that is paused goes on with it.
    """

    SCOPES = (Scope.FIELD,)
    CRUMB = "Deadline"
    FIELD = "deadline"
    SAYS = "deadline-says"
    VERBS: ClassVar = {"cancel": "leave it"}

    def __init__(self, rotation: Rotation) -> None:
        super().__init__()
        self.rotation = rotation
        self.deadline = Deadline(is_only=True)

    def box(self) -> Sequence[Widget]:
        return [
            Static(draw(("Another deadline", "brass bold"))),
            Static(draw((f"{self._question()}\n", "ink"))),
            self.deadline,
            Static("", id="deadline-says"),
            self.end("save"),
        ]

    def _question(self) -> str:
        if self.rotation.deadline <= self.rotation.at:
            return "Its deadline passed meanwhile. Until when may it go on?"
        if self.rotation.state == "paused":
            return "It is paused, and goes on with a new deadline. How many days from now?"
        left = rotations.deadline(self.rotation)[0][0]
        return f"The old key goes at the latest {left}. How many days from now instead?"

    def on_mount(self) -> None:
        # Enter alone never makes it come nearer.
        least = max(self.rotation.deadline - self.rotation.at, timedelta(days=7))
        later = (days for days in DAYS if timedelta(days=int(days)) >= least)
        self.deadline.choose(next(later, OTHER))
        self.deadline.choice.focus()

    def on_choice_changed(self) -> None:
        self._says()

    def wrong(self, sentence: str) -> None:
        """At the field where a day is typed; below the choice of days otherwise."""
        if self.deadline.field.display:
            self.deadline.field.wrong(sentence)
        else:
            super().wrong(sentence)

    def action_save(self) -> None:
        from keyconsole.wire import RotationPatch

        self._says()
        try:
            moment = self.deadline.moment(self.console_app.clock())
        except UsageError as error:
            self.wrong(error.message)
            return
        patch = RotationPatch(deadline=moment)
        if self.rotation.state == "paused":
            patch = RotationPatch(deadline=moment, paused=False)
        public_key = self.rotation.new.key.public_key
        self.change(lambda: self.client.rotations.change(public_key, patch))
