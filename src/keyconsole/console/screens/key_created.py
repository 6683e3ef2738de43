"""API Key Created: the only page that ever holds the value of a key, and the only time."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical

from keyconsole.console import workers
from keyconsole.console.actions import Scope
from keyconsole.console.routes import above_key
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.screens.one_time import OneTimeScreen
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.static import Static
from keyconsole.core.shortcuts import key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.console.routes import Route
    from keyconsole.wire import CreatedKey, Receipt


class KeyCreatedScreen(OneTimeScreen):
    """The value of a new key, and its public key. Done leads to the list it is in."""

    SCOPES = (Scope.CREATED,)
    TITLE_WORDS: ClassVar[str] = "API Key Created"
    VALUE_WORDS: ClassVar[str] = "API Key Value"
    DONE_NOTE: ClassVar[str] = "↵ back to API Keys"
    REVOKE_WORDS: ClassVar[str] = "Revoke this key"
    IF_GONE: ClassVar[str] = "The value is gone from here. Revoke the key and generate another."
    KEEPS: ClassVar = (" The service keeps a hash, not the key.", " The service keeps a hash.", "")
    IF_LOST: ClassVar = (
        "If you lose it, revoke it and generate another.",
        "If you lose it, revoke it.",
    )
    ADVICE: ClassVar = (
        "Keep it in a secrets manager or an environment variable, never in source control. "
        "One key per environment.",
        "Keep it in a secrets manager, never in source control.",
    )
    TRY_WORDS: ClassVar[str] = "Try it"

    def __init__(self, created: CreatedKey) -> None:
        self.key = created.key
        super().__init__(created.secret, label=self.key.label, made=self.key.public_key)

    def path(self) -> Sequence[str]:
        return ["OAuth", self.key.integration_name, self.TITLE_WORDS]

    def parents(self) -> Sequence[Route]:
        return above_key(self.key.integration_id)[:2]

    def whose(self) -> str:
        return f"  for {self.key.integration_name}"

    def beside_value(self) -> Sequence[Widget]:
        return [
            Vertical(
                Static(draw(("Public Key", "dim")), classes="field-title"),
                Horizontal(
                    Static(draw(self.key.public_key), id="public-value"),
                    Chip(key_of("copy_public"), "copy", "copy_public"),
                    Static(draw(("safe to share", "dim")), id="public-note"),
                    classes="chips",
                ),
                id="block-public",
            )
        ]

    def trial(self, base: str) -> str:
        address = shlex.quote(f"{base}/v1/forward-auth")
        return f'curl -H "Authorization: Bearer $API_KEY" {address}'

    def action_copy_public(self) -> None:
        workers.start(self, self._copy_public, "copy")

    async def _copy_public(self) -> None:
        outcome = await self.console_app.copy_text(self.key.public_key)
        self.fill(
            "#public-note", draw((f"{outcome.glyph} ", outcome.role), (outcome.sentence, "dim"))
        )

    def action_revoke(self) -> None:
        self.router.revoke(self.key, self._revoked)

    def _revoked(self, receipt: Receipt | None) -> None:
        if receipt is not None:
            self._leave()

    def received(self) -> None:
        self.console_app.run_change(self._acknowledge)

    def go_on(self) -> None:
        """Back to the tab, where the key is now."""
        self.router.key_in_list(self.key)

    def action_rotate(self) -> None:
        """Replace it at once, as after a value that was seen by too many."""
        if self.exit_blocker() is not None:
            self.say(("Copy, show or save the value first, or revoke the key: ", "amber"),
                     (key_of("revoke"), "brass bold"))  # fmt: skip
            return
        self._let_go()
        self.router.rotate(self.key, in_place=True)

    async def _acknowledge(self) -> None:
        """Close the replay window. A failure costs nothing: it closes by itself."""
        from keyconsole.core.errors import KeyconsoleError

        try:
            await self.client.acknowledge(self.key.public_key)
        except KeyconsoleError:
            return
        screen = self.app.screen
        if isinstance(screen, ConsoleScreen):
            screen.reload()
