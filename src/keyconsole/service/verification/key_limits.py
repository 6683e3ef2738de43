"""The limits of a key at its verification."""

import json
from functools import lru_cache

from keyconsole.core import limits
from keyconsole.core.limits import Limits


@lru_cache(maxsize=1024)
def limits_of(stored: str) -> Limits | None:
    """Returns the limits in a column as it is stored; None for what are none."""
    try:
        found = json.loads(stored)
    except (TypeError, ValueError, RecursionError):
        return None
    return limits.of_stored(found) if isinstance(found, dict) else None
