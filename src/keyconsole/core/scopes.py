"""Scopes: what a key may be used for, as RFC 6749 (section 3.3) writes them. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SYNTAX = "A scope has printable ASCII characters, without blanks, quotes and backslashes."

_TOKEN = re.compile(r"[!#-\[\]-~]+")


def is_token(text: str) -> bool:
    """Returns true for a text that can be sent as a scope: `scope-token` of RFC 6749."""
    return _TOKEN.fullmatch(text) is not None


def effective(own: Sequence[str] | None, granted: Sequence[str] | None) -> list[str]:
    """Returns the scopes that count: those of a key that its integration has, in its order.

    A key whose `own` are None has all. What cannot be sent as a scope is none.
    """
    wanted = None if own is None else frozenset(own)
    return [each for each in granted or () if (wanted is None or each in wanted) and is_token(each)]


def widens(before: Sequence[str] | None, after: Sequence[str] | None) -> bool:
    """Returns true if `after` allows a scope that `before` did not; None allows every scope."""
    if before is None:
        return False
    return after is None or not set(after) <= set(before)
