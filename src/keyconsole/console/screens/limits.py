"""The limits of a key: how often it may be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from keyconsole.console.screens.change_dialog import FieldDialog
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.field import Field
from keyconsole.console.widgets.static import Static
from keyconsole.core import limits
from keyconsole.core.errors import KeyconsoleError, ProblemError, UsageError
from keyconsole.text.keys import limits_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.core.limits import Limits
    from keyconsole.wire import Key

ADVICE = "100/60s is a rate, 1000/day or 50000/month a quota; empty means no limit"
_FIELDS = ("rate_limit.requests", "rate_limit.seconds", "quota.requests")


class LimitsDialog(FieldDialog):
    """Changes the rate and the quota of a key, both at once."""

    CRUMB = "Limits"
    VERBS: ClassVar = {"cancel": "leave them"}

    def box(self) -> Sequence[Widget]:
        return [
            Static(
                draw(("How often may it be used?   ", "brass bold"), (self.key.label, "ink bold"))
            ),
            Static(),
            Field("limits", "Limits", value=limits_of(self.key), advice=ADVICE, is_only=True),
            self.end("save"),
        ]

    def on_input_changed(self) -> None:
        self.field.says()

    async def refused(self, error: KeyconsoleError) -> None:
        await super().refused(error)
        if isinstance(error, ProblemError):
            told = filter(None, (error.field_message(each) for each in _FIELDS))
            for sentence in told:
                self.wrong(sentence)

    def action_save(self) -> None:
        try:
            wanted = limits.typed(self.field.value)
        except UsageError as error:
            self.field.wrong(error.message)
            return
        if wanted == limits.typed(limits_of(self.key)):
            self.dismiss(None)
            return
        self.change(lambda: self._limit(wanted))

    async def _limit(self, wanted: Limits) -> Key:
        from keyconsole.wire import KeyPatch, QuotaRequest, RateLimitRequest

        patch = KeyPatch(
            rate_limit=wanted.rate and RateLimitRequest(**wanted.rate._asdict()),
            quota=wanted.quota and QuotaRequest(**wanted.quota._asdict()),
        )
        return await self.client.change_limits(self.key.public_key, patch, version=self.version)

    def changed_meanwhile(self, now: Key) -> str:
        return f"its limits are {limits_of(now) or 'none'}"
