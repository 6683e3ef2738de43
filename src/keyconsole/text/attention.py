"""The words for what needs attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.text import times
from keyconsole.text.usage import requests

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from keyconsole.text.runs import Line, Run
    from keyconsole.wire import Attention, AttentionItem

SIGNS: dict[str, Run] = {
    "new_source": ("✕ new source", "red"),
    "forged": ("✕ forged", "red"),
    "refused": ("◐ refused", "amber"),
    "limited": ("◐ limited", "amber"),
    "revokes_itself": ("◐ revokes itself", "amber"),
    "rotation_late": ("◌ rotation is late", "amber"),
    "expiring": ("◔ expires", "amber"),
    "enables_itself": ("◐ enables itself", "amber"),
    "rotation_ready": ("◌ rotation is ready", "amber"),
    "due": ("↻ due for rotation", "amber"),
    "owner_left": ("◌ owner left", "blue"),
    "unconfirmed": ("◌ unconfirmed", "blue"),
}
"""The glyph and the words of each kind."""

GROUPS: dict[str, Run] = {
    "now": ("Now", "red bold"),
    "soon": ("Soon", "amber bold"),
    "tidy": ("To tidy", "ink bold"),
}
"""The name of each urgency, and its style."""

_COUNTED: dict[str, Run] = {
    "now": ("need you now", "red bold"),
    "soon": ("soon", "amber"),
    "tidy": ("to tidy", "dim"),
}
_DETAILS = {
    "limited": "by its limits",
    "forged": "wrong secret",
    "rotation_late": "past its deadline",
    "rotation_ready": "waits for you",
    "due": "by policy",
    "owner_left": "nobody answers",
    "unconfirmed": "nobody took it",
}
_REMARKS = {
    "limited": "asked for more than its limits allow. Let it ask less, or raise a limit.",
    "owner_left": "who answers for it is no member any more. Name another owner.",
    "unconfirmed": "nobody confirmed to have the value, and nobody used it. "
    "Revoke what nobody has.",
}


def what(item: AttentionItem) -> Run:
    """Returns the glyph and the words of a kind, and how often requests were refused."""
    words, role = SIGNS[item.kind]
    if item.kind in ("forged", "refused", "limited"):
        words += f", {item.times:,} times"
    return words, role


def about(item: AttentionItem) -> str:
    """Returns the label of the key, or how many keys."""
    return item.label or counted(item.keys, capped=item.capped)


def mark(item: AttentionItem, at: datetime) -> Run:
    """Returns an item in two or three words, for the row of its integration."""
    words, role = SIGNS[item.kind]
    told = counted(item.keys, capped=item.capped).partition(" ")[0]
    match item.kind:
        case "revokes_itself" | "enables_itself":
            left = when(item, at)
            return f"◐ {left if len(left) < 9 else left.removeprefix('in ')}", role
        case "expiring":
            return f"◔ {told} expire{'s' if told == '1' else ''}", role
        case "due":
            return f"↻ {told} due", role
        case "owner_left" | "unconfirmed":
            return f"◌ {told} to tidy", role
        case _:
            return words.replace("rotation is ", "").replace("new ", ""), role


def counted(keys: int, *, capped: bool) -> str:
    """Returns `1 key`, `14 keys`, `1,000+ keys`."""
    more = "+" if capped else ""
    return f"{keys:,}{more} key{'' if keys == 1 and not capped else 's'}"


def detail(item: AttentionItem) -> str:
    """Returns what an item says besides: the new address, or a remark."""
    if item.kind != "new_source":
        return _DETAILS.get(item.kind, "")
    more = f" +{item.times - 1}" if item.times and item.times > 1 else ""
    return f"{item.address}{more}"


def when(item: AttentionItem, at: datetime) -> str:
    """Returns how long ago it was, or how far ahead it is."""
    if item.at is None:
        return ""
    return times.until(item.at, at) if item.at > at else times.ago(item.at, at)


def explain(item: AttentionItem, at: datetime) -> Line:
    """Returns in a sentence or two what an item means, and who dismissed it."""
    runs = _meaning(item, at)
    if item.dismissed is not None:
        until = times.until(item.dismissed.until, at)
        runs = [*runs, (f" Dismissed by {item.dismissed.by}; back {until}.", "dim")]
    return runs


def _meaning(item: AttentionItem, at: datetime) -> Line:
    name: Line = [(about(item), "ink bold"), (f" of {item.integration_name}", "ink")]
    moment = when(item, at)
    match item.kind:
        case "new_source":
            return [(item.address or "", "red bold"), (" used ", "ink"), *name,
                    (f" for the first time {moment}, with {item.agent or 'no agent'}."
                     f"{_others(item)} Until then it came from elsewhere.", "ink")]  # fmt: skip
        case "forged":
            return [(f"{requests(item.times or 0)} within a day had the public key of ", "ink"),
                    *name, (" and a wrong secret: mistyped or forged.", "ink")]  # fmt: skip
        case "refused":
            return [(f"{requests(item.times or 0)} within a day came with ", "ink"), *name,
                    (f" and were refused, the last {moment}.", "ink")]  # fmt: skip
        case "revokes_itself":
            return [*name, (f" is disabled, and revoked for ever {moment}.", "ink")]
        case "enables_itself":
            return [*name, (f" is disabled, and works again {moment}.", "ink")]
        case "rotation_late":
            return [("The deadline to replace ", "ink"), *name, (f" passed {moment}.", "ink")]
        case "rotation_ready":
            return [("The replacement of ", "ink"), *name,
                    (" is in use and the old key is quiet: end the rotation.", "ink")]  # fmt: skip
        case "expiring":
            told = f" expires {moment}." if item.label else f" expire, the first {moment}."
            return [*name, (told, "ink")]
        case "due":
            return [*name, (": policy wants a new value", "ink"),
                    (f" {moment}." if item.label else f", the first {moment}.", "ink")]  # fmt: skip
        case _:
            return [*name, (f": {_REMARKS[item.kind]}", "ink")]


def _others(item: AttentionItem) -> str:
    others = (item.times or 1) - 1
    return f" So did {others} more new address{'es' if others > 1 else ''}." if others else ""


def totals(attention: Attention) -> list[tuple[str, Line]]:
    """Returns when it matters, and how many keys do, as `2 need you now`; the worst first."""
    found: list[tuple[str, Line]] = []
    for urgency, (words, role) in _COUNTED.items():
        counts = [each for each in attention.counts if each.urgency == urgency]
        if counts:
            keys = sum(each.keys for each in counts)
            more = "+" if any(each.capped for each in counts) else ""
            needs = words.replace("need", "needs") if keys == 1 and not more else words
            found.append((urgency, [(f"{keys:,}{more} {needs}", role)]))
    return found


def worst(items: Sequence[AttentionItem]) -> list[Line]:
    """Returns what the most urgent items are about, each in a few words."""
    urgent = [each for each in items if each.urgency == items[0].urgency] if items else []
    return [[(f"{SIGNS[each.kind][0][2:]} ", "ink"), (about(each), "ink bold")] for each in urgent]
