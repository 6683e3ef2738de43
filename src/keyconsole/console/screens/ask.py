"""A question with few answers; Escape is the harmless one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal

from keyconsole.console.actions import Action
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.static import Static

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.widget import Widget


class AskDialog(DialogScreen):
    """Dismisses with the word of the chosen answer; the first answer is Escape's.

    `answers` are a key, a verb and a word. Keys typed before the question could be read are
    not answers.
    """

    TONE = "amber"

    def __init__(
        self,
        title: str,
        text: str,
        answers: Sequence[tuple[str, str, str]],
        *,
        crumb: str = "Leave?",
        role: str = "amber",
    ) -> None:
        super().__init__()
        self.heading, self.text, self.answers = title, text, answers
        self.crumb = crumb
        self.role = role

    def box(self) -> Sequence[Widget]:
        chips = [
            Chip(key, verb, f"answer('{word}')", primary=index == 0)
            for index, (key, verb, word) in enumerate(self.answers)
        ]
        return [
            Static(draw((self.heading, f"{self.role} bold"))),
            Static(draw((f"\n{self.text}", "ink"))),
            Horizontal(*chips, id="dialog-end"),
        ]

    def offered(self) -> Sequence[Action]:
        return [
            Action(f"answer('{word}')", (), (), key, verb, "", ())
            for key, verb, word in self.answers
        ]

    def on_mount(self) -> None:
        self.settle()

    def on_key(self, event: events.Key) -> None:
        if event.key == "tab":
            return
        for key, _, word in self.answers:
            if event.key == {"esc": "escape", "↵": "enter"}.get(key, key):
                event.stop()
                self.action_answer(word)

    def action_answer(self, word: str) -> None:
        if self.armed or word == self.answers[0][2]:
            self.dismiss(word)
