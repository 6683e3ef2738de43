"""A key in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyconsole.wire import Key


def status_word(key: Key) -> str:
    """Returns the status in a word; an active key that nobody confirmed is `unconfirmed`."""
    return "unconfirmed" if key.status == "active" and not key.confirmed else str(key.status)
