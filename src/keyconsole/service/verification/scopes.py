"""The scopes of a verification: what a gateway demands, and what a key has at this moment."""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from keyconsole.core import scopes

_MOST_IN_A_CHALLENGE = 1_000
"""Characters of a demand that are repeated to the caller."""


class Effective(NamedTuple):
    """The scopes that count, and the value of the header that tells them."""

    names: frozenset[str]
    header: bytes


@lru_cache(maxsize=1024)
def effective(own: str | None, granted: str | None) -> Effective:
    """Returns the effective scopes of a key by the JSON of its own and of its integration's.

    A text that is no list of texts grants nothing.
    """
    found = scopes.effective(None if own is None else listed(own) or [], listed(granted) or [])
    return Effective(frozenset(found), " ".join(found).encode())


@lru_cache(maxsize=1024)
def listed(stored: str | None) -> list[str] | None:
    """Returns the names in a stored list, none for an absent one, `None` for what is no list."""
    try:
        found = json.loads(stored or "[]")
    except (TypeError, ValueError, RecursionError):
        return None
    is_list = isinstance(found, list) and all(isinstance(each, str) for each in found)
    return found if is_list else None


def demanded(values: Iterable[bytes]) -> list[str]:
    """Returns the scopes in headers and parameters, which blanks separate; all must be there."""
    return list(dict.fromkeys(b" ".join(values).decode("latin-1").split()))


def challenge(wanted: Iterable[str]) -> bytes:
    """Returns the `scope` of a challenge: the demand, as far as it can be sent in one."""
    sendable = " ".join(filter(scopes.is_token, wanted))[:_MOST_IN_A_CHALLENGE]
    return sendable.encode("ascii")
