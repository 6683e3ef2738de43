"""Opaque ids: a prefix that says what it is, and 80 random bits."""

from keyconsole.core.credential import new_pid


def new_id(prefix: str) -> str:
    """A new id such as `int_7k2m4q9x0a1b2c3d`."""
    return f"{prefix}_{new_pid()}"
