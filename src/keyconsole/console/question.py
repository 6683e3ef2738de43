"""The texts of the question before a revoke, as long as there is room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.styled_text import Run, draw, shorten, width
from keyconsole.core.credential import abbreviate
from keyconsole.core.usestate import WORDS, UseState, use_state
from keyconsole.text import lockout, times
from keyconsole.text.keys import short_name

if TYPE_CHECKING:
    from datetime import datetime

    from textual.content import Content

    from keyconsole.wire import Key, SelectedKey, Usage

WIDE = 60
_FIELD = 42


def title(room: int) -> Content:
    """Returns the question and its consequence."""
    ends = "It stops working at once" if room >= WIDE else "Stops at once"
    return draw(("Revoke this key?", "red bold"), f"  {ends} and for ever.")


def card(
    key: Key, usage: Usage | None, at: datetime, room: int, *, lacks_successor: bool = False
) -> Content:
    """Which key it is; where there is little room, what a mistake would cost goes first."""
    is_last = lockout.is_last_active(key, usage)
    if room < WIDE:
        last = " · its last active key" if is_last else ""
        if lacks_successor:
            last = " · the new key is unused"
        return draw(
            (shorten(key.label, room - 14), "ink bold"),
            (f"   {abbreviate(key.public_key)}\n", "dim"),
            (shorten(key.integration_name, room - len(last)), "dim"),
            (last, "amber"),
        )
    created = f"created {times.day(key.created_at, at)} by {short_name(key.created_by)}"
    if key.owned_by != key.created_by:
        created = f"owner {short_name(key.owned_by)} · {created}"
    expiry = "never expires"
    if key.expires_at is not None:
        is_over = key.expires_at <= at
        expiry = f"expires {times.until(key.expires_at, at)}"
        if is_over:
            expiry = f"expired {times.lately(key.expires_at, at)}"
    last = " · the last active key of this integration" if is_last else ""
    if lacks_successor:
        last = " · nobody has used the key yet that replaces it"
    elif not last and key.replaced_by is not None:
        last = f" · being replaced by {abbreviate(key.replaced_by)}"
    elif not last and key.replaces is not None:
        expiry = f"{expiry} · replaces {abbreviate(key.replaces)}"
    where = f"   {key.public_key}   "
    name_room = room - len(where) - min(width([(key.label, "")]), room // 2)
    return draw(
        (shorten(key.label, room // 2), "ink bold"),
        (where + shorten(key.integration_name, max(8, name_room)) + "\n", "dim"),
        (f"{created} · {expiry}", "dim"),
        (last, "amber"),
    )


def succession(successor: Key | None, usage: Usage | None, at: datetime, room: int) -> Content:
    """Returns the last use of the key and of its successor; nothing if either is unknown."""
    if successor is None or successor.last_used_at is None or usage is None:
        return draw()
    state = use_state(successor.last_used_at, at)
    seen = times.lately(successor.last_used_at, at)
    its = f"\nIts successor {abbreviate(successor.public_key)} "
    words = f"is {WORDS[state]}" if state is UseState.NOW else f"was last used {seen}"
    this = "this key was never used."
    if usage.last_used_at is not None:
        this = f"this key was last used {times.lately(usage.last_used_at, at)}."
    if room < WIDE:
        return draw((its, "dim"), (f"{words}.", "green" if state.is_used else "ink"))
    return draw((its, "dim"), (words, "green" if state.is_used else "ink"), (f"; {this}", "dim"))


def how_to_confirm(key: Key | SelectedKey, room: int) -> Content:
    """Returns what to type: the label if it fits beside the field, and the last four characters."""
    last = key.public_key[-4:]
    whole: list[Run] = [
        ("type ", "dim"),
        (key.label, "ink bold"),
        (" or ", "dim"),
        (last, "ink bold"),
    ]
    if width(whole) <= room - _FIELD:
        return draw(*whole)
    if room >= WIDE:
        return draw(("type its name or ", "dim"), (last, "ink bold"))
    return draw(("type ", "dim"), (last, "ink bold"))
