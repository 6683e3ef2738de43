"""Audit events in words."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from keyconsole.core import disablement, limits
from keyconsole.text import times
from keyconsole.text.reasons import reason_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyconsole.text.runs import Line, Run
    from keyconsole.wire import AuditEvent

RED = frozenset({"key.revoked"})
_NAMES = {
    "label": ("", "none"),
    "expires_at": ("expires ", "never"),
    "allowed_ips": ("", "any address"),
    "key_scopes": ("scopes ", "all of the integration"),
    "metadata": ("tags ", "none"),
    "limits": ("limits ", "none"),
    "max_key_age_days": ("rotation age in days ", "no limit"),
    "default_expiry_days": ("new keys expire after days ", "never"),
}
"""The words for a field whose name does not say enough, and for its lack of a value."""
_MOMENTS = frozenset({"expires_at", "until", "deadline"})


def is_bulk(event: AuditEvent) -> bool:
    """Returns true for an event that stands for all of a bulk revoke."""
    return (event.together or 0) > 1


def fold(events: Sequence[AuditEvent]) -> list[AuditEvent]:
    """Returns events, the newest first, with those of a bulk revoke as the newest of them."""
    places: dict[str, int] = {}
    folded: list[AuditEvent] = []
    for event in events:
        place = places.get(event.revocation or "")
        if place is None:
            if event.revocation is not None:
                places[event.revocation] = len(folded)
            folded.append(event)
        else:
            together = (folded[place].together or 1) + (event.together or 1)
            folded[place] = folded[place].model_copy(update={"together": together})
    return folded


def change_of(event: AuditEvent) -> list[Run]:
    """Returns what an event changed, from what to what, and why."""
    detail = event.detail
    runs: list[Run] = []
    for name, value in sorted(detail.items()):
        if isinstance(value, dict) and {"from", "to"} <= set(value):
            of_key = "key_scopes" if event.action == "key.scopes_changed" else name
            runs += [*_between(runs), *_changed(of_key, value)]
    if (gaining := detail.get("keys_gaining")) is not None:
        runs += [*_between(runs), (f"{gaining:,} keys may be used for more", "dim")]
    if reason := detail.get("reason"):
        runs += [*_between(runs), *reason_runs(str(reason))[:1]]
    for name in ("incident", "note", "finding", "item", "until", "role", "via"):
        if value := detail.get(name):
            runs += [*_between(runs), (_told(name, value, detail.get("then")), "dim")]
    return runs


def _told(name: str, value: Any, then: str | None) -> str:
    if name == "until" and then is not None:
        with contextlib.suppress(ValueError):
            return disablement.scheduled(datetime.fromisoformat(str(value)), then)
    if name in ("finding", "item"):
        return _text(name, value).replace("_", " ")
    return f"until {_text(name, value)}" if name == "until" else _text(name, value)


def _changed(name: str, value: dict[str, Any]) -> Line:
    title, nothing = _NAMES.get(name, (f"{name.replace('_', ' ')} ", "none"))
    before, after = (_text(name, value[side]) or nothing for side in ("from", "to"))
    return [(title, "dim"), (before, "dim strike"), (" → ", "faint"), (after, "ink")]


def _between(runs: list[Run]) -> list[Run]:
    return [(" · ", "faint")] if runs else []


def _text(name: str, value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    if name in _MOMENTS:
        with contextlib.suppress(ValueError):
            return times.exact(datetime.fromisoformat(str(value)))
    if name == "limits" and (kept := limits.of_stored(value)) is not None:
        return str(kept)
    match value:
        case list():
            return ", ".join(map(str, value))
        case dict():
            return ", ".join(f"{each}={told}" for each, told in value.items())
        case _:
            return str(value)
