"""The one-time page of a replacement: from here on both keys are watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from keyconsole.console import workers
from keyconsole.console.screens.key_created import KeyCreatedScreen

if TYPE_CHECKING:
    from keyconsole.wire import CreatedKey, Key


class ReplacementCreatedScreen(KeyCreatedScreen):
    """The page of a new key whose Done leads to both keys side by side."""

    TITLE_WORDS: ClassVar[str] = "Replacement Created"
    DONE_NOTE: ClassVar[str] = "↵ watch both keys"

    def __init__(self, created: CreatedKey, old: Key) -> None:
        super().__init__(created)
        self.old = old

    def whose(self) -> str:
        return f"  replaces {self.old.label}"

    def disabled_reason(self, action: str) -> str | None:
        # It is being rotated to already.
        return "" if action == "rotate" else super().disabled_reason(action)

    def go_on(self) -> None:
        workers.start(self.app, self._show_rotation, "go")

    async def _show_rotation(self) -> None:
        from keyconsole.core.errors import KeyconsoleError

        try:
            rotation = await self.client.rotations.show(self.key.public_key)
        except KeyconsoleError:
            # The rotation is there, and its key in the list; it is only not seen just now.
            self.router.key_in_list(self.key)
        else:
            self.router.rotation(rotation, in_place=True)
