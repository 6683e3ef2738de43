"""A key in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyconsole.wire import Key


def status_word(key: Key) -> str:
    """Returns the status in a word; `unconfirmed` if it is active and nobody confirmed it."""
    if key.damaged:
        return "damaged"
    return "unconfirmed" if key.status == "active" and not key.confirmed else str(key.status)


def short_name(account: str) -> str:
    """Returns an account without the domain of its address."""
    return account.partition("@")[0]
