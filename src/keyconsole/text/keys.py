"""A key in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyconsole.wire import Key


def status_word(key: Key) -> str:
    """Returns the status in a word: `damaged` if its row is, `unconfirmed` until it is confirmed."""
    if key.damaged:
        return "damaged"
    return "unconfirmed" if key.status == "active" and not key.confirmed else str(key.status)
