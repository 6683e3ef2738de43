"""The owner of one key, or of several: who answers for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from keyconsole.console.screens.change_dialog import FieldDialog
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.field import Field
from keyconsole.console.widgets.static import Static
from keyconsole.core import safetext
from keyconsole.text import bulk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.core.errors import KeyconsoleError
    from keyconsole.wire import Key, OwnerRequest

ADVICE = "a member's address or a team's name; empty means whoever made it"


class OwnerDialog(FieldDialog):
    """Names another owner of one key, or of several, one after the other.

    Dismisses with the keys as they are now.
    """

    CRUMB = "Owner"
    FIELD = "owner.name"
    SAYS = "owner-says"
    VERBS: ClassVar = {"cancel": "leave it"}

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__(keys[0])
        self.keys = {key.public_key: key for key in keys}
        self.done: dict[str, Key] = {}

    def box(self) -> Sequence[Widget]:
        is_one = len(self.keys) == 1
        what = self.key.label if is_one else bulk.keys(len(self.keys))
        known = {key.owned_by for key in self.keys.values()}
        return [
            Static(draw(("Who answers for it?   " if is_one else "Who answers for them?   ",
                         "brass bold"), (what, "ink bold"))),
            Static(draw(("now ", "dim"), (", ".join(sorted(known)), "ink"))),
            Static(),
            Field("owner", "Owner", advice=ADVICE, is_only=True),
            Static("", id="owner-says"),
            self.end("save"),
        ]  # fmt: skip

    def on_input_changed(self) -> None:
        name = safetext.normalize(self.field.value)
        problem = safetext.name_problem(name, "The name of an owner") if name else None
        if problem is not None:
            self.field.wrong(problem.message)
        elif name and "@" not in name:
            self.field.says(("a team: a member has an address with an @", "dim"))
        else:
            self.field.says()

    def action_save(self) -> None:
        name = safetext.normalize(self.field.value)
        if name and safetext.name_problem(name) is not None:
            return
        self.change(lambda: self._hand_over(name))

    async def _hand_over(self, name: str) -> list[Key]:
        """Sends a request a key; those that are done are not sent again."""
        from keyconsole.wire import OwnerRequest

        owner = OwnerRequest(name=name) if name else None
        for public_key, key in self.keys.items():
            if public_key not in self.done:
                self.done[public_key] = await self._change_owner(key, owner)
                if len(self.keys) > 1:
                    self._says((f"{len(self.done):,} of {len(self.keys):,}…", "dim"))
        return list(self.done.values())

    async def _change_owner(self, key: Key, owner: OwnerRequest | None) -> Key:
        version = self.version
        if len(self.keys) > 1:  # whatever else was changed meanwhile must not stop this
            key = await self.client.key(key.public_key)
            if key.status == "revoked":
                return key
            version = key.version
        return await self.client.change_owner(key.public_key, owner, version=version)

    async def refused(self, error: KeyconsoleError) -> None:
        await super().refused(error)
        if self.done:
            self._says((f"{bulk.keys(len(self.done))} done; ^s goes on with the others.", "amber"))

    def changed_meanwhile(self, now: Key) -> str:
        return f"{now.owned_by} answers for it"
