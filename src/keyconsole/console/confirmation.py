"""How the end of a key is confirmed: what has to be typed, and what is asked once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyconsole.core.usestate import use_state
from keyconsole.text import lockout

if TYPE_CHECKING:
    from datetime import datetime

    from keyconsole.wire import Key, Usage


@dataclass
class Confirmation:
    """Where a mistake would hurt, or may, the label is typed; elsewhere a second key is enough.

    `usage` is what is known of the use, `failed` why it is not; `is_late` says that it was waited
    for long enough. `is_asked_again` says that the first answer was given and a lockout told.
    `successor` is the key that is to replace it.
    """

    key: Key
    danger: bool = False
    usage: Usage | None = None
    successor: Key | None = None
    failed: str = ""
    typed: str = ""
    is_late: bool = False
    is_asked_again: bool = False

    @property
    def is_decided(self) -> bool:
        """Whether it is settled how to confirm: until then no key is an answer.

        Use that does not become known in time, or at all, does not hold a revoke up.
        """
        return self.danger or self.usage is not None or bool(self.failed) or self.is_late

    def needs_typing(self, at: datetime) -> bool:
        """Whether the label has to be typed: in use, in a danger profile, of a use not known.

        And where what is to replace it is not used. Once it is being typed it has to be: its next
        letters must not become keys.
        """
        if self.is_asked_again:
            return False
        in_use = self.usage is not None and use_state(self.usage.last_used_at, at).is_used
        is_needed = self.usage is None or in_use or self.lacks_successor
        return self.danger or is_needed or bool(self.typed)

    @property
    def lacks_successor(self) -> bool:
        """Whether it was used, and what is to replace it was not."""
        was_used = self.key.last_used_at is not None
        return was_used and self.successor is not None and self.successor.last_used_at is None

    @property
    def is_typed(self) -> bool:
        """Whether what is typed is the label, or the last four of the public key."""
        return self.typed.strip() in (self.key.label, self.key.public_key[-4:])

    @property
    def what_to_type(self) -> str:
        """What is missing, in a sentence."""
        return f"Type its name, or {self.key.public_key[-4:]}, to revoke it."

    @property
    def lockout(self) -> str:
        """What is still to be asked once more, or nothing."""
        return "" if self.is_asked_again else lockout.of_key(self.key, self.usage)
