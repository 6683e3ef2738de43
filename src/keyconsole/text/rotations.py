"""A rotation in the words of a person: where it stands, what it waits for, how it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from keyconsole.core.shortcuts import key_of
from keyconsole.core.usestate import WORDS, UseState, use_state
from keyconsole.text import times
from keyconsole.text.usage import requests

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from keyconsole.text.runs import Line, Run
    from keyconsole.wire import Key, Rotation, RotationSide, UsageSource

NAMED = 2

_SIGNS: dict[str, Run] = {
    "waiting": ("◌ waiting", "amber"),
    "ready": ("● ready", "green"),
    "paused": ("◐ paused", "amber"),
    "completed": ("✓ done", "green"),
    "cancelled": ("– cancelled", "dim"),
    "old_revoked": ("✓ done", "green"),
    "new_revoked": ("✕ over", "red"),
}
ENDS = frozenset({"completed", "cancelled", "old_revoked", "new_revoked"})


def sign(rotation: Rotation) -> Run:
    """Glyph and word."""
    return ("◌ overdue", "amber") if is_overdue(rotation) else _SIGNS[rotation.state]


def is_over(rotation: Rotation) -> bool:
    """Returns whether nothing is waited for any more."""
    return rotation.state in ENDS


def span_of(minutes: int) -> str:
    """A quiet time as a person says it: `30 min`, `2 h`, `1 day`."""
    return times.span(timedelta(minutes=minutes))


def waiting_lines(rotation: Rotation) -> list[Line]:
    """Returns a sentence for each thing that is waited for, or what happens next, or the end."""
    if is_over(rotation):
        return [_end(rotation)]
    return [_sentence(rotation, wait) for wait in rotation.waiting_for] or [_by_itself(rotation)]


def what_to_press(rotation: Rotation) -> Line:
    """Returns the keys that a person can press to go on, if a person has to."""
    if "confirmation" not in rotation.waiting_for:
        return []
    finish: list[Run] = [(key_of("revoke"), "brass bold"), (" revokes the old one", "dim")]
    if is_overdue(rotation):
        finish += [(", ", "dim"), (key_of("ends"), "brass bold"), (" gives it more time", "dim")]
    return finish


def is_overdue(rotation: Rotation) -> bool:
    """Returns whether a person has to decide: the old key is used past the deadline."""
    return "confirmation" in rotation.waiting_for and rotation.quiet_at > rotation.at


def _sentence(rotation: Rotation, wait: str) -> Line:
    match wait:
        case "new_unused":
            return [
                ("new: ", "dim"),
                ("nobody has used it yet. ", "ink"),
                ("Put it where the old one is used.", "dim"),
            ]
        case "old_in_use":
            return [("old: ", "dim"), *_old_in_use(rotation)]
        case "new_not_in_force":
            return [
                ("new: ", "dim"),
                (
                    f"it is {rotation.new.key.status}, so the old one stays.",
                    "red",
                ),
            ]
        case "resume":
            ago = times.lately(rotation.paused_at, rotation.at)
            return [(f"Paused {ago}. The old key stays, whatever the deadline.", "ink")]
        case _:
            return _to_confirm(rotation)


def _old_in_use(rotation: Rotation) -> Line:
    old, at = rotation.old, rotation.at
    now_using = recent(old, at)
    left = times.until(rotation.quiet_at, at)
    if old.last_minute and now_using:
        return [
            (f"{requests(old.last_minute)} in the last minute from {_named(now_using)}", "amber")
        ]
    if old.sources:
        last = old.sources[0]
        seen = times.lately(last.last_seen_at, at)
        return [(f"last used {seen} from {last.address}; ", "ink"), (f"quiet enough {left}", "dim")]
    return [("not used since this began; ", "ink"), (f"quiet enough {left}", "dim")]


def _to_confirm(rotation: Rotation) -> Line:
    if is_overdue(rotation):
        return [("The deadline has passed and the old key is still used.", "amber")]
    quiet = span_of(rotation.quiet_minutes)
    return [*_new_key(rotation), (f" The old one was quiet for {quiet}.", "ink")]


def _new_key(rotation: Rotation) -> Line:
    """Returns how lately the new key was used."""
    last, at = rotation.new.key.last_used_at, rotation.at
    state = use_state(last, at)
    if state is UseState.NOW:
        return [(f"The new key is {WORDS[state]}.", "ink")]
    return [(f"The new key was last used {times.lately(last, at)}.", "ink")]


def succession(successor: Key, at: datetime) -> str:
    """Returns how lately the key was used that replaces another one, in a sentence."""
    last, its = successor.last_used_at, f"Its successor {successor.public_key}"
    if last is None:
        return f"{its} was not used by anybody yet."
    state = use_state(last, at)
    if state is UseState.NOW:
        return f"{its} is {WORDS[state]}."
    return f"{its} was last used {times.lately(last, at)}."


def _by_itself(rotation: Rotation) -> Line:
    del rotation
    return [("The service is about to revoke the old key.", "ink")]


def _end(rotation: Rotation) -> Line:
    when = times.lately(rotation.ended_at, rotation.at)
    by = f" by {rotation.ended_by}" if rotation.ended_by else ""
    match rotation.state:
        case "completed":
            return [(f"The old key was revoked {when}{by}. ", "ink"),
                    ("The new one is in its place.", "dim")]  # fmt: skip
        case "old_revoked":
            return [(f"The old key was revoked {when}{by}, not by this rotation. ", "ink"),
                    ("The new one is in its place.", "dim")]  # fmt: skip
        case "new_revoked":
            return [(f"The new key was revoked {when}{by}. ", "ink"),
                    ("The old one stays; rotate it again with ", "dim"),
                    (key_of("rotate"), "brass bold"),
                    (".", "dim")]  # fmt: skip
        case _:
            return [(f"Cancelled {when}{by}. ", "ink"), ("Both keys stay as they are.", "dim")]


def ending(rotation: Rotation) -> Line:
    """Returns the condition on which the old key is revoked."""
    quiet = span_of(rotation.quiet_minutes)
    return [(f"once the new key is used and the old one quiet for {quiet}", "ink")]


def deadline(rotation: Rotation) -> Line:
    """The latest end, in words and exactly."""
    left = times.until(rotation.deadline, rotation.at)
    role = "amber" if rotation.deadline - rotation.at < timedelta(days=1) else "ink"
    left = "passed" if left == "now" else left
    return [(left, role), (f"   {times.exact(rotation.deadline)}", "dim")]


def recent(side: RotationSide, at: datetime) -> list[UsageSource]:
    """Returns the sources that use a key now."""
    return [source for source in side.sources if use_state(source.last_seen_at, at) is UseState.NOW]


def _named(sources: Sequence[UsageSource]) -> str:
    addresses = list(dict.fromkeys(source.address for source in sources))
    more = len(addresses) - NAMED
    named = " and ".join(addresses[:NAMED]) if more <= 0 else ", ".join(addresses[:NAMED])
    return named if more <= 0 else f"{named} and {more} more"
