"""The query language of keys: `status:active unused:90d by:ops env:prod gateway`. Pure.

The console (`/` and ctrl+f), the command line and the service read a query with this one module,
so that they agree on what it means and on which term is wrong.

```
query  = { term }                terms are joined by and
term   = name ":" value | word   a word, or "words in quotes", is part of a label or of a public key
status = active | unconfirmed | disabled | expired | revoked, several with commas
unused, age = 90d | 12h | 4w     at least so long; age:<7d is at most
by = an account, with or without its domain
env = an environment or its beginning      from = an address, or its beginning with a dot: 10.1.
due = rotation                   old enough by the policy, or soon
```
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from keyconsole.core import labels
from keyconsole.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

STATUSES = ("active", "unconfirmed", "disabled", "expired", "revoked")
SPAN = re.compile(r"[1-9][0-9]{0,4}[hdw]")
LONGEST = 500

_TERM = re.compile(r'(?P<name>[a-z]+):(?P<value>"[^"]*"?|\S*)|"(?P<quoted>[^"]*)"?|(?P<word>\S+)')
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]{1,45}\*?")


class QueryError(UsageError):
    """A term that cannot be understood; `start` and `end` are where it stands in the query."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start, self.end = start, end

    @property
    def marker(self) -> str:
        """What to draw below the query, so that it stands under the bad term."""
        return " " * self.start + "^" * max(1, self.end - self.start)


@dataclass(frozen=True, slots=True)
class KeyFilter:
    """What a query asks for. Spans are as typed; `text` is what is left when terms are taken."""

    text: str | None = None
    statuses: tuple[str, ...] = ()
    unused_for: str | None = None
    older_than: str | None = None
    younger_than: str | None = None
    created_by: str | None = None
    environment: str | None = None
    source: str | None = None
    due: bool = False
    typed: str = field(default="", compare=False)

    @classmethod
    def parse(cls, query: str, *, typing: bool = False) -> KeyFilter:
        """What a person typed. Raises `QueryError`.

        While somebody is `typing`, a last term without its value is not there yet.
        """
        if len(query) > LONGEST:
            raise QueryError(f"A query has at most {LONGEST} characters.", LONGEST, len(query))
        found, words, kept = cls(), [], []
        for match in _TERM.finditer(query):
            name, value = match["name"], (match["value"] or "").strip('"')
            if name in _FILTERS:
                if value:
                    found = _taken(found, match, name, value)
                    kept.append(match[0])
                elif not (typing and match.end() == len(query)):
                    raise QueryError(f"{name}: {_HELP[name]}", match.start(), match.end())
                continue
            _refuse_typo(match)
            words.append(match["quoted"] if match["quoted"] is not None else match[0])
            kept.append(match[0])
        text = " ".join(" ".join(words).split())
        return replace(found, text=text or None, typed=" ".join(kept) if text or found else "")

    def __bool__(self) -> bool:
        return self != KeyFilter()

    @property
    def doubt(self) -> str | None:
        """What may have been meant, to be said where nothing is found.

        An environment can be called anything, so none is refused.
        """
        known = [word for words in labels.ENVIRONMENTS.values() for word in words]
        asked = (self.environment or "").lower()
        if any(word.startswith(asked) for word in known):
            return None
        close = difflib.get_close_matches(asked, [word for word in known if len(word) > 3], 1, 0.7)
        return f"Did you mean env:{close[0]}?" if close else None

    def as_query(self) -> dict[str, Any]:
        """The arguments of `KeyServiceClient.keys`."""
        return {"query": self.typed or None}


@dataclass(frozen=True, slots=True)
class Completion:
    """What may stand from `start` to where one types, and what it means."""

    start: int
    text: str
    note: str


def complete(query: str, people: Collection[str] = ()) -> Iterator[Completion]:
    """What the end of a query may go on with, the likely first; `people` are known accounts."""
    start = query.rfind(" ") + 1
    name, colon, value = query[start:].partition(":")
    if not colon:
        for each, note in _NOTES.items():
            if name and each.startswith(name):
                yield Completion(start, f"{each}:", note)
        return
    head, _, last = value.rpartition(",")
    for each in sorted(people) if name == "by" else _VALUES.get(name, ()):
        if each.startswith(last) and each != last:
            yield Completion(start, f"{name}:{head}{',' if head else ''}{each}", "")


def _taken(found: KeyFilter, match: re.Match[str], name: str, value: str) -> KeyFilter:
    changed = _FILTERS[name](found, value)
    if changed is None:
        raise QueryError(f"{name}: {_fault(name, value)}", match.start(), match.end())
    if changed is found:
        raise QueryError(f"{name}: is there twice.", match.start(), match.end())
    return changed


def _fault(name: str, value: str) -> str:
    """What is wrong with a value; it is not repeated."""
    if name in _CHOICES:
        wrong = next((w for w in value.lower().split(",") if w not in _CHOICES[name]), "")
        close = difflib.get_close_matches(wrong, _CHOICES[name], 1, 0.6)
        return f"did you mean {close[0]}?" if close else _HELP[name]
    if name in _SHORTEST:
        span = value.lstrip("<>=")
        if _NO_TIME.fullmatch(span):
            return f"takes at least 1h, as in {_SHORTEST[name]}."
        if name == "unused" and SPAN.fullmatch(span):
            return "takes no < and no >: unused:90d is for 90 days or longer."
    return _HELP[name]


def _refuse_typo(match: re.Match[str]) -> None:
    name = match["name"]
    if name is None:
        return
    if name in _NO_FILTERS:
        raise QueryError(f"{name}: {_NO_FILTERS[name]}", match.start(), match.end())
    if close := difflib.get_close_matches(name, _FILTERS, 1, 0.7):
        start = match.start()
        sentence = f"{name}: is no filter. Did you mean {close[0]}:?"
        raise QueryError(sentence, start, start + len(name) + 1)


def _once(found: KeyFilter, name: str, value: str) -> KeyFilter:
    changed: dict[str, Any] = {name: value}
    return found if getattr(found, name) else replace(found, **changed)


def _status(found: KeyFilter, value: str) -> KeyFilter | None:
    wanted = tuple(dict.fromkeys(value.lower().split(",")))
    if not set(wanted) <= set(STATUSES):
        return None
    return found if found.statuses else replace(found, statuses=wanted)


def _unused(found: KeyFilter, value: str) -> KeyFilter | None:
    return _once(found, "unused_for", value) if SPAN.fullmatch(value) else None


def _age(found: KeyFilter, value: str) -> KeyFilter | None:
    span = value.lstrip("<>")
    if len(value) - len(span) > 1 or SPAN.fullmatch(span) is None:
        return None
    return _once(found, "younger_than" if value.startswith("<") else "older_than", span)


def _environment(found: KeyFilter, value: str) -> KeyFilter:
    return _once(found, "environment", value)


def _by(found: KeyFilter, value: str) -> KeyFilter:
    return _once(found, "created_by", value)


def _from(found: KeyFilter, value: str) -> KeyFilter | None:
    return _once(found, "source", value) if _ADDRESS.fullmatch(value) else None


def _due(found: KeyFilter, value: str) -> KeyFilter | None:
    if value.lower() != "rotation":
        return None
    return found if found.due else replace(found, due=True)


_FILTERS: dict[str, Callable[[KeyFilter, str], KeyFilter | None]] = {
    "status": _status,
    "unused": _unused,
    "age": _age,
    "by": _by,
    "env": _environment,
    "from": _from,
    "due": _due,
}
_CHOICES = {"status": STATUSES, "due": ("rotation",)}
_SHORTEST = {"unused": "unused:90d", "age": "age:90d"}
_NO_TIME = re.compile(r"0+[hdw]")
_ALONE = "is no filter: write a part of the label alone."
_NO_FILTERS = {"label": _ALONE, "name": _ALONE}
"""What reads like a filter and would only be looked for as text."""
_HELP = {
    "status": "is one of active, unconfirmed, disabled, expired, revoked.",
    "unused": "takes hours, days or weeks, as in unused:90d.",
    "age": "takes hours, days or weeks: age:90d is older, age:<7d is younger.",
    "by": "takes an account, as in by:ops.",
    "env": "takes an environment or its beginning, as in env:prod.",
    "from": "takes an address, as in from:10.1.4.7, or its beginning: from:10.1.",
    "due": "takes rotation, as in due:rotation.",
}
_NOTES = {
    "status": "active, unconfirmed, disabled, expired or revoked",
    "unused": "not used for so long: unused:90d",
    "age": "older, or age:<7d younger",
    "by": "who made it",
    "env": "the environment of its integration",
    "from": "an address that used it",
    "due": "due:rotation, old enough by the policy or soon",
}
_VALUES = {
    "status": STATUSES,
    "unused": ("30d", "90d", "180d", "365d"),
    "age": ("90d", "365d", "<7d", "<30d"),
    "env": ("production", "staging", "sandbox", "development"),
    "due": ("rotation",),
}
