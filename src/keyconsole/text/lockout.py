"""A sentence about a revoke after which nothing gets in any more; empty for any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyconsole.wire import Key, Selection, Usage

NAMED = 3


def is_last_active(key: Key, usage: Usage | None) -> bool:
    """Returns whether the integration has no other key that works."""
    return key.status == "active" and usage is not None and usage.active_siblings == 0


def of_key(key: Key, usage: Usage | None) -> str:
    """Returns the sentence for the last active key of an integration."""
    if not is_last_active(key, usage):
        return ""
    return f"It is the last active key of {key.integration_name}: nothing gets in there any more."


def of_selection(selection: Selection | None) -> str:
    """Returns the sentence for all keys of an integration, or of several."""
    if selection is None or not selection.emptied:
        return ""
    return f"{_named(selection)} would have no active key left: nothing would get in any more."


def _named(selection: Selection) -> str:
    names, more = selection.emptied[:NAMED], len(selection.emptied) - NAMED
    if more > 0:
        return f"{', '.join(names)} and {more:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
