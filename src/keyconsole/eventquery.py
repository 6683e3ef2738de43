"""The query language of the audit log: `by:ops what:revoked on:kcp_… since:7d`. Pure.

The console (`/` on `A`) and the command line read a query with this one module.

```
by = an account, with or without its domain
what = an action, or its last word           on = a public key, or an id; alone it needs no on:
since, until = 12h | 7d | 4w ago, or a date: since is within, until is not
```
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from keyconsole.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

_SPAN = re.compile(r"([1-9][0-9]{0,4})([hdw])")
_DAYS = {"h": 1 / 24, "d": 1, "w": 7}
_TARGET = re.compile(r"(?:kcp|int|acc|ws|tok)_[0-9A-Za-z_-]{1,64}")


ACTIONS = {
    "integration.created": "added the integration",
    "integration.changed": "changed the integration",
    "integration.disabled": "disabled the integration",
    "integration.enabled": "enabled the integration",
    "key.created": "generated a key",
    "key.acknowledged": "confirmed the key",
    "key.changed": "changed the key",
    "key.renamed": "renamed the key",
    "key.disabled": "disabled the key",
    "key.enabled": "enabled the key",
    "key.reviewed": "reviewed a finding",
    "key.revoked": "revoked the key",
    "rotation.started": "began to rotate the key",
    "rotation.changed": "changed the rotation",
    "rotation.paused": "paused the rotation",
    "rotation.resumed": "went on with the rotation",
    "rotation.completed": "ended the rotation",
    "rotation.cancelled": "cancelled the rotation",
    "rotation.old_revoked": "ended the rotation",
    "rotation.new_revoked": "ended the rotation",
    "workspace.changed": "changed the settings",
    "workspace.created": "created the workspace",
    "member.added": "added a member",
    "member.changed": "changed a role",
    "member.removed": "removed a member",
    "token.created": "created a token",
    "token.revoked": "revoked a token",
}
"""What is in the log, and how a person says it."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events, in the words of the service's query."""

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    integration: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def parse(cls, text: str, now: datetime, *, typing: bool = False) -> EventFilter:
        """What a person typed; raises `UsageError` with a sentence for what cannot be understood.

        While somebody is `typing`, a last term without its value is not there yet.
        """
        found = cls()
        words = text.split()
        for word in words:
            name, colon, value = word.partition(":")
            if typing and colon and not value and word is words[-1]:
                continue
            if not colon and _TARGET.fullmatch(word):
                name, value = "on", word
            take = _TERMS.get(name)
            if take is None:
                raise UsageError(_no_term(name))
            if not value:
                raise UsageError(f"{name}: has nothing after it.")
            found = take(found, value, now)
        return found

    def as_query(self) -> dict[str, Any]:
        """The arguments of `KeyServiceClient.audit`."""
        return {
            "actor": self.actor,
            "action": self.action,
            "target": self.target,
            "integration": self.integration,
            "since": self.since,
            "until": self.until,
        }


def _no_term(name: str) -> str:
    close = difflib.get_close_matches(name, _TERMS, 1, 0.6)
    hint = f" Did you mean {close[0]}:?" if close else ""
    return f"{name} is no filter.{hint} There are by: what: on: since: until:"


def _by(found: EventFilter, value: str, _now: datetime) -> EventFilter:
    return replace(found, actor=value)


def _what(found: EventFilter, value: str, _now: datetime) -> EventFilter:
    matching = [each for each in ACTIONS if value in (each, each.partition(".")[2])]
    keys = [each for each in matching if each.startswith("key.")]
    if not matching:
        verbs = ", ".join(dict.fromkeys(each.partition(".")[2] for each in ACTIONS))
        raise UsageError(f"what: is one of {verbs}.")
    return replace(found, action=(keys or matching)[0])


def _on(found: EventFilter, value: str, _now: datetime) -> EventFilter:
    if _TARGET.fullmatch(value) is None:
        raise UsageError("on: takes a public key or an id, as in on:kcp_…")
    if value.startswith("int_"):
        return replace(found, integration=value)
    return replace(found, target=value)


def _since(found: EventFilter, value: str, now: datetime) -> EventFilter:
    return replace(found, since=_moment("since", value, now))


def _until(found: EventFilter, value: str, now: datetime) -> EventFilter:
    return replace(found, until=_moment("until", value, now))


def _moment(name: str, text: str, now: datetime) -> datetime:
    if match := _SPAN.fullmatch(text):
        return now - timedelta(days=int(match[1]) * _DAYS[match[2]])
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{name}: takes a span or a date: {name}:7d, {name}:2026-11-01.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_TERMS: dict[str, Callable[[EventFilter, str, datetime], EventFilter]] = {
    "by": _by,
    "what": _what,
    "on": _on,
    "since": _since,
    "until": _until,
}
