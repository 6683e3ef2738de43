"""The tags of a key: what is noted on it, for people and for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from keyconsole.console.screens.change_dialog import FieldDialog
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.field import Field
from keyconsole.console.widgets.static import Static
from keyconsole.core import tags
from keyconsole.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.wire import Key

ADVICE = 'team=payments note="two words"; empty means none'


class TagsDialog(FieldDialog):
    """Changes the tags of a key, all of them at once."""

    CRUMB = "Tags"
    FIELD = "metadata"
    VERBS: ClassVar = {"cancel": "leave them"}

    def box(self) -> Sequence[Widget]:
        known = tags.written(self.key.metadata)
        return [
            Static(draw(("Its tags   ", "brass bold"), (self.key.label, "ink bold"))),
            Static(),
            Field("metadata", "Tags", value=known, advice=ADVICE, is_only=True),
            self.end("save"),
        ]

    def on_input_changed(self) -> None:
        self.field.says()

    def action_save(self) -> None:
        try:
            wanted = tags.typed(self.field.value)
        except UsageError as error:
            self.field.wrong(error.message)
            return
        if wanted == self.key.metadata:
            self.dismiss(None)
            return
        key = self.key.public_key
        self.change(lambda: self.client.change_metadata(key, wanted or None, version=self.version))

    def changed_meanwhile(self, now: Key) -> str:
        return f"they are {tags.written(now.metadata) or 'none'}"
