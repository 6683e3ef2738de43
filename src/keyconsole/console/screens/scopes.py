"""The scopes of a key: what it may be used for, some of what its integration may."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from keyconsole.console import workers
from keyconsole.console.screens.change_dialog import FieldDialog
from keyconsole.console.styled_text import Run, draw
from keyconsole.console.widgets.field import Field
from keyconsole.console.widgets.static import Static
from keyconsole.core import scopes
from keyconsole.core.errors import KeyconsoleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.wire import Key

ADVICE = "with blanks between; empty means all of the integration"


class ScopesDialog(FieldDialog):
    """Changes for which scopes a key may be used."""

    CRUMB = "Scopes"
    FIELD = "scopes"
    VERBS: ClassVar = {"cancel": "leave them"}

    opens_to_all = False

    def box(self) -> Sequence[Widget]:
        carried = " ".join(self.key.scopes or ())
        return [
            Static(
                draw(("What may it be used for?   ", "brass bold"), (self.key.label, "ink bold"))
            ),
            Static("", id="scopes-granted"),
            Field("scopes", "Scopes", value=carried, advice=ADVICE, is_only=True),
            self.end("save"),
        ]

    def on_mount(self) -> None:
        self._granted([("looking what its integration has…", "dim")])
        workers.start(self, self._look, "integration")

    async def _look(self) -> None:
        try:
            integration = await self.client.integration(self.key.integration_id)
        except KeyconsoleError as error:
            self._granted([(error.message, "amber")])
            return
        if self.key.scopes is None and not self.field.value:
            self.field.input.value = " ".join(integration.scopes)
            self.field.input.action_end()
        granted = " ".join(integration.scopes)
        told: list[Run] = [("its integration has ", "dim"), (granted or "nothing", "ink")]
        if lost := [each for each in self.key.scopes or () if each not in integration.scopes]:
            told += [("\nof the key, and not of the integration: ", "dim"), (" ".join(lost), "red")]
        self._granted(told)

    def _granted(self, runs: list[Run]) -> None:
        self.fill("#scopes-granted", draw(*runs, "\n"))

    def on_input_changed(self) -> None:
        self.opens_to_all = False
        wrong = [each for each in self._typed() if not scopes.is_token(each)]
        if wrong:
            self.field.wrong(scopes.SYNTAX)
        elif self._typed():
            self.field.says()
        else:
            self.field.says(("all that its integration has, now and later", "amber"))

    def _typed(self) -> list[str]:
        return self.field.value.replace(",", " ").split()

    def action_save(self) -> None:
        wanted = self._typed() or None
        if wanted is None and self.key.scopes is not None and not self.opens_to_all:
            self.opens_to_all = True
            self.field.wrong(
                "Then it has all that its integration has. Save once more if you mean that."
            )
            return
        if wanted == self.key.scopes:
            self.dismiss(None)
            return
        self.change(
            lambda: self.client.change_scopes(self.key.public_key, wanted, version=self.version)
        )

    def changed_meanwhile(self, now: Key) -> str:
        carried = "all of the integration" if now.scopes is None else " ".join(now.scopes)
        return f"they are {carried}"
