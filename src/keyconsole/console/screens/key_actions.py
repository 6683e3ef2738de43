"""The actions on the key under the cursor, the same from the list and from its page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from keyconsole.console import workers
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.core import tags
from keyconsole.core.credential import abbreviate
from keyconsole.core.shortcuts import key_of
from keyconsole.text import advice, bulk, times
from keyconsole.text.keys import limits_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content

    from keyconsole.wire import Key, Receipt


_ON_A_LIST = {"mark", "mark_all", "sort"}


class KeyActions(ConsoleScreen):
    """Revoke, receipt, rotate, disable, rename, expiry, copy the public key.

    The screen says which key is meant.
    """

    def current_key(self) -> Key | None:
        """The key under the cursor."""
        raise NotImplementedError

    def current_findings(self, room: int) -> Sequence[Content]:  # noqa: ARG002
        """Returns the findings about its label or its life, in lines of `room` cells."""
        return []

    def subject(self) -> object | None:
        return self.current_key()

    def is_enabled(self, action: str) -> bool:
        key = self.current_key()
        if key is None and action in _ON_A_LIST:
            return False
        if action == "revoke" and key is not None and key.status == "revoked":
            return False  # it shows the receipt
        return super().is_enabled(action)

    def label_of(self, action: str) -> str | None:
        key = self.current_key()
        if action == "quarantine" and key is not None and key.status == "disabled":
            return "enable"
        if action == "rotate" and key is not None and key.rotating:
            return "rotation"
        return super().label_of(action)

    def action_open(self) -> None:
        if (key := self.current_key()) is not None:
            self.router.key(key)

    def action_revoke(self) -> None:
        if (key := self.current_key()) is None:
            return
        if key.status == "revoked":
            self.action_receipt()
        else:
            self.router.revoke(key, partial(self._revoked, key))

    def _revoked(self, key: Key, receipt: Receipt | None) -> None:
        """Back from the dialog; the screen shows the key as the service has it now."""
        if receipt is not None:
            self.say(
                ("✕ Revoked ", "red"),
                (f"{key.label} ({abbreviate(key.public_key)}). ", "ink"),
                (key_of("receipt"), "brass bold"),
                (" shows the receipt.", "dim"),
            )

    def action_receipt(self) -> None:
        if (key := self.current_key()) is not None:
            workers.start(self, partial(self.show_receipt, key), "receipt")

    def action_quarantine(self) -> None:
        if (key := self.current_key()) is not None:
            self.router.disable(key, self._quarantined)

    def _quarantined(self, key: Key | None) -> None:
        if key is not None:
            self.say(*advice.quarantined(key, self.console_app.clock()))
            self.reload()

    def action_rename(self) -> None:
        if (key := self.current_key()) is not None:
            self.router.rename(key, self.current_findings, self._renamed)

    def _renamed(self, key: Key | None) -> None:
        if key is not None:
            self.say(("✓ Renamed", "green"), (f" to {key.label}.", "dim"))
            self.reload()

    def action_rotate(self) -> None:
        if (key := self.current_key()) is None:
            return
        if key.rotating:
            workers.start(self, partial(self._show_rotation, key), "rotation")
        else:
            self.router.rotate(key)

    async def _show_rotation(self, key: Key) -> None:
        rotation = await self.ask(lambda: self.client.rotations.show(key.public_key))
        if rotation is not None:
            self.router.rotation(rotation)

    def action_expiry(self) -> None:
        if (key := self.current_key()) is not None:
            self.router.change_expiry(key, self._expires)

    def _expires(self, key: Key | None) -> None:
        if key is not None:
            when = "never expires" if key.expires_at is None else "expires"
            at = self.console_app.clock()
            left = "" if key.expires_at is None else f" {times.until(key.expires_at, at)}"
            self.say(("✓ ", "green"), (key.label, "ink"), (f" {when}{left}.", "dim"))
            self.reload()

    def action_addresses(self) -> None:
        if (key := self.current_key()) is not None:
            self.router.change_addresses(key, self._allowed)

    def _allowed(self, key: Key | None) -> None:
        if key is not None:
            where = ", ".join(key.allowed_ips) or "every address"
            self.say(("✓ ", "green"), (key.label, "ink"), (f" may be used from {where}.", "dim"))
            self.reload()

    def action_tags(self) -> None:
        if (key := self.current_key()) is not None:
            self.router.change_tags(key, self._tagged)

    def _tagged(self, key: Key | None) -> None:
        if key is not None:
            told = tags.written(key.metadata) or "no tags"
            self.say(("✓ ", "green"), (key.label, "ink"), (f" has {told}.", "dim"))
            self.reload()

    def keys_to_hand_over(self) -> Sequence[Key]:
        """Returns the keys whose owner the person means."""
        return [] if (key := self.current_key()) is None else [key]

    def action_owner(self) -> None:
        if keys := self.keys_to_hand_over():
            self.router.change_owner(keys, self._handed_over)

    def _handed_over(self, keys: Sequence[Key] | None) -> None:
        if keys:
            what = keys[0].label if len(keys) == 1 else bulk.keys(len(keys))
            self.say(("✓ ", "green"), (what, "ink"), (f": {keys[-1].owned_by} answers now.", "dim"))
            self.reload()

    def action_key_use(self) -> None:
        if (key := self.current_key()) is not None:
            self.router.key_use(key)

    def action_scopes(self) -> None:
        if (key := self.current_key()) is not None:
            self.router.change_scopes(key, self._scoped)

    def _scoped(self, key: Key | None) -> None:
        if key is not None:
            what = " ".join(key.effective_scopes) or "nothing"
            self.say(("✓ ", "green"), (key.label, "ink"), (f" may be used for {what}.", "dim"))
            self.reload()

    def action_limits(self) -> None:
        if (key := self.current_key()) is not None:
            self.router.change_limits(key, self._limited)

    def _limited(self, key: Key | None) -> None:
        if key is not None:
            often = limits_of(key) or "as often as anybody likes"
            self.say(("✓ ", "green"), (key.label, "ink"), (f" may be used {often}.", "dim"))
            self.reload()

    def action_copy_public(self) -> None:
        if (key := self.current_key()) is not None:
            workers.start(self, partial(self._copy, key.public_key), "copy")

    async def _copy(self, text: str) -> None:
        outcome = await self.console_app.copy_text(text)
        self.say((f"{outcome.glyph} Public key: ", outcome.role), (outcome.sentence, "dim"))
