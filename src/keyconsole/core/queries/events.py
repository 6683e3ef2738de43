"""The query language of the audit log: `by:ops what:revoked since:7d gateway`. Pure.

The console (`/` on `A`) and the command line read a query with this one module.

```
by = an account, with or without its domain
what = an action, or its last word           on = a public key, or an id; alone it needs no on:
bulk = the id of a bulk revoke, for each of its events; alone it needs no bulk:
since, until = a moment that was, as `durations.ago` takes it: since is within, until is not
```

Any other word is looked for in the text of an event: see `finds`.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from keyconsole.core import durations
from keyconsole.core.errors import UsageError
from keyconsole.core.queries.keys import TERM, QueryError, unquoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

_TARGETS = ("kcp_", "int_", "acc_", "ws_", "tok_")
_TARGET = re.compile(r"(?:kcp|int|acc|ws|tok)_[0-9A-Za-z_-]{1,64}")
_BULK = re.compile(r"rev_[0-9A-Za-z_-]{1,64}")
LONGEST_TEXT = 200


ACTIONS = {
    "attention.dismissed": "dismissed an item of attention",
    "integration.created": "added the integration",
    "integration.changed": "changed the integration",
    "integration.disabled": "disabled the integration",
    "integration.enabled": "enabled the integration",
    "key.created": "generated a key",
    "key.acknowledged": "confirmed the key",
    "key.changed": "changed the key",
    "key.renamed": "renamed the key",
    "key.addresses_changed": "changed who may use the key",
    "key.owner_changed": "changed the owner of the key",
    "key.scopes_changed": "changed what the key may be used for",
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
"""The actions in the log, and the words for each."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """The filter of a list of events, in the parameters of the service."""

    actor: str | None = None
    action: str | None = None
    target: str | None = None
    integration: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    bulk: str | None = None
    text: str | None = None

    @classmethod
    def parse(cls, text: str, now: datetime, *, typing: bool = False) -> EventFilter:
        """Parses a query; raises `QueryError` with a sentence for a word that is no term.

        While somebody is `typing`, a last term that may still become one is not there yet.
        """
        found, words = cls(), list[str]()
        for match in TERM.finditer(text):
            name, value = match["name"], unquoted(match["value"] or "")
            if _TARGET.fullmatch(match[0]):
                found = _taken(found, match, "on", match[0], now)
            elif _BULK.fullmatch(match[0]):
                found = _taken(found, match, "bulk", match[0], now)
            elif name is None or value.startswith("//"):  # the address of something
                words.append(unquoted(match[0]))
            elif not (typing and match.end() == len(text) and _may_become(name, value)):
                found = _taken(found, match, name, value, now)
        looked_for = " ".join(words)
        if len(looked_for) > LONGEST_TEXT:
            sentence = f"A text has at most {LONGEST_TEXT} characters."
            raise QueryError(sentence, len(text) - len(looked_for) + LONGEST_TEXT, len(text))
        return replace(found, text=looked_for or None)

    def as_query(self) -> dict[str, Any]:
        """Returns the arguments of `KeyServiceClient.audit`."""
        return {
            "actor": self.actor,
            "action": self.action,
            "target": self.target,
            "integration": self.integration,
            "since": self.since,
            "until": self.until,
            "revocation": self.bulk,
            "q": self.text,
        }


class _Event(Protocol):
    """The text of an event, in the form in which the service stores it or answers with it."""

    @property
    def actor(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def target_name(self) -> str: ...
    @property
    def request_id(self) -> str: ...
    @property
    def address(self) -> str | None: ...


def finds(text: str, event: _Event, integration_name: str | None, detail: object) -> bool:
    """Returns true if each word of a text is a part of what an event says, its detail included.

    Upper and lower case are the same, in every alphabet.
    """
    said = [event.actor, event.action, ACTIONS.get(event.action), event.target, event.target_name,
            event.request_id, event.address, integration_name, *_values(detail)]  # fmt: skip
    whole = "\n".join(filter(None, said)).casefold()
    return all(word in whole for word in text.casefold().split())


def _values(detail: object) -> Iterator[str]:
    """Yields the values of a document, as texts; the names of its fields are none."""
    if isinstance(detail, dict | list):
        for each in detail.values() if isinstance(detail, dict) else detail:
            yield from _values(each)
    elif detail is not None:
        yield str(detail)


def _taken(
    found: EventFilter,
    match: re.Match[str],
    name: str,
    value: str,
    now: datetime,
) -> EventFilter:
    take = _TERMS.get(name)
    if take is None:
        raise QueryError(_no_term(name), match.start(), match.end())
    if not value:
        raise QueryError(f"{name}: has nothing after it.", match.start(), match.end())
    try:
        return take(found, value, now)
    except UsageError as error:
        raise QueryError(error.message, match.start(), match.end()) from None


def _may_become(name: str, value: str) -> bool:
    """Returns true for the beginning of a term that is no term yet."""
    match name:
        case "what":
            words = {part for each in ACTIONS for part in (each, each.partition(".")[2])}
            return value not in words and any(each.startswith(value) for each in words)
        case "on":
            return any(each.startswith(value) for each in _TARGETS)
        case "bulk":
            return "rev_".startswith(value)
        case "since" | "until":
            return not value or durations.is_begun(value)
        case _:
            return not value and name in _TERMS


def _no_term(name: str) -> str:
    close = difflib.get_close_matches(name, _TERMS, 1, 0.6)
    meant = f"Did you mean {close[0]}:?" if close else "To look for it as text, put it in quotes."
    return f"{name} is no filter. {meant}"


def _by(found: EventFilter, value: str, _now: datetime) -> EventFilter:
    return replace(found, actor=value)


def _what(found: EventFilter, value: str, _now: datetime) -> EventFilter:
    matching = [each for each in ACTIONS if value in (each, each.partition(".")[2])]
    keys = [each for each in matching if each.startswith("key.")]
    if not matching:
        verbs = list(dict.fromkeys(each.partition(".")[2] for each in ACTIONS))
        begun = [each for each in verbs if each.startswith(value)]
        if close := begun or difflib.get_close_matches(value, verbs, 1, 0.6):
            raise UsageError(f"what: has no {value}. Did you mean {close[0]}?")
        raise UsageError(f"what: is one of {', '.join(verbs)}.")
    return replace(found, action=(keys or matching)[0])


def _on(found: EventFilter, value: str, _now: datetime) -> EventFilter:
    if _TARGET.fullmatch(value) is None:
        raise UsageError("on: takes a public key or an id, as in on:kcp_…")
    if value.startswith("int_"):
        return replace(found, integration=value)
    return replace(found, target=value)


def _bulk(found: EventFilter, value: str, _now: datetime) -> EventFilter:
    if _BULK.fullmatch(value) is None:
        raise UsageError("bulk: takes the id of a bulk revoke, as in bulk:rev_…")
    return replace(found, bulk=value)


def _since(found: EventFilter, value: str, now: datetime) -> EventFilter:
    return replace(found, since=durations.ago(value, now, "since:"))


def _until(found: EventFilter, value: str, now: datetime) -> EventFilter:
    return replace(found, until=durations.ago(value, now, "until:"))


_TERMS: dict[str, Callable[[EventFilter, str, datetime], EventFilter]] = {
    "by": _by,
    "what": _what,
    "on": _on,
    "bulk": _bulk,
    "since": _since,
    "until": _until,
}
