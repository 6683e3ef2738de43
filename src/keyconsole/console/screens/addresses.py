"""From where a key may be used: the responder's way to cut off one stranger."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from keyconsole.console import workers
from keyconsole.console.screens.change_dialog import FieldDialog
from keyconsole.console.styled_text import Run, draw
from keyconsole.console.widgets.field import Field
from keyconsole.console.widgets.static import Static
from keyconsole.core import networks
from keyconsole.core.errors import KeyconsoleError, UsageError
from keyconsole.text.usage import is_new

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.wire import Key

ADVICE = "10.1.4.7 10.1.0.0/16; empty means every address"


class AddressesDialog(FieldDialog):
    """Changes which addresses may use a key.

    Where every address may, those that used it are proposed, except the ones of the last day.
    """

    CRUMB = "Addresses"
    FIELD = "allowed_ips"
    VERBS: ClassVar = {"cancel": "leave it"}

    opens_to_all = False

    def box(self) -> Sequence[Widget]:
        allowed = " ".join(self.key.allowed_ips)
        return [
            Static(
                draw(("From where may it be used?   ", "brass bold"), (self.key.label, "ink bold"))
            ),
            Static("", id="addresses-known"),
            Field("allowed_ips", "Addresses", value=allowed, advice=ADVICE, is_only=True),
            self.end("save"),
        ]

    def on_mount(self) -> None:
        self._known([("looking who uses it…", "dim")])
        workers.start(self, self._look, "sources")

    async def _look(self) -> None:
        try:
            usage = await self.client.usage(self.key.public_key)
        except KeyconsoleError as error:
            self._known([(error.message, "amber")])
            return
        at = self.console_app.clock()
        users = [each for each in usage.sources if each.accepted]
        new = {each.address for each in users if is_new(each, at)}
        known = dict.fromkeys(each.address for each in users if each.address not in new)
        if not self.key.allowed_ips and not self.field.value:
            self.field.input.value = " ".join(known)
            self.field.input.action_end()
        told: list[Run] = [("used from ", "dim"), (", ".join(known) or "nowhere yet", "ink")]
        if new:
            told += [("\nnew today, left out: ", "dim"), (", ".join(sorted(new)), "red")]
        self._known(told)

    def _known(self, runs: list[Run]) -> None:
        self.fill("#addresses-known", draw(*runs, "\n"))

    def on_input_changed(self) -> None:
        self.opens_to_all = False
        try:
            allowed = networks.typed(self.field.value)
        except UsageError as error:
            self.field.wrong(error.message)
        else:
            self.field.says(*([] if allowed else [("every address may use it", "amber")]))

    def action_save(self) -> None:
        try:
            allowed = networks.typed(self.field.value) or None
        except UsageError as error:
            self.field.wrong(error.message)
            return
        if allowed is None and self.key.allowed_ips and not self.opens_to_all:
            self.opens_to_all = True
            self.field.wrong("Then every address may use it. Save once more if you mean that.")
            return
        self.change(
            lambda: self.client.change_addresses(self.key.public_key, allowed, version=self.version)
        )

    def changed_meanwhile(self, now: Key) -> str:
        return f"it is {' '.join(now.allowed_ips) or 'every address'}"
