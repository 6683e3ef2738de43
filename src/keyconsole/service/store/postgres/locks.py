"""Whose turn it is to write, told by advisory locks that end with their transaction.

Row locks alone would let two writers look a label up, find it free, and both take it; and read
the same end of an audit log. Writers of one workspace take turns, those of others go on.
"""

from collections.abc import Sequence
from zlib import crc32

_EVERYTHING = 0x6B636F6E
_WORKSPACE = _EVERYTHING + 1
_HALF = 1 << 31


def whole() -> str:
    """Returns the statement that waits until nobody else writes anything."""
    return f"SELECT pg_advisory_xact_lock({_EVERYTHING}, 0)"


def of_workspaces(workspaces: Sequence[str]) -> str:
    """Returns the statement that waits until nobody else writes in these workspaces.

    In one order, so that two who want the same ones never wait for each other. Two workspaces
    of one number take turns too, which nobody notices.
    """
    numbers = sorted({crc32(each.encode()) - _HALF for each in workspaces})
    locks = [f"pg_advisory_xact_lock_shared({_EVERYTHING}, 0)"]
    locks += [f"pg_advisory_xact_lock({_WORKSPACE}, {number})" for number in numbers]
    return f"SELECT {', '.join(locks)}"
