"""The query language of keys: `status:active unused:90d by:ops env:prod gateway`. Pure.

The console, the command line and the service read a query with this one module, and `KeyQuery` is
what each of them means by "which keys".

```
query  = { term }                terms are joined by and
term   = name ":" value | word   a word, or "words in quotes", is part of a label or of a public key
value  = text without blanks, or "text in quotes"; within quotes "" is a quote
status = active | unconfirmed | disabled | expired | revoked, several with commas
unused, age = a duration: 12h | 90d | 3mo   at least so long; age:<7d is at most
created, expires, revoked = a date or a time: on that day; created:<2026-01-01, also <= > >=
expires = a duration: so soon, or never  revoked = a duration: within the last
label = the whole label                  integration, in = the name, or the id; * and ? in both
by, owner = an account, with or without its domain; owner = a team, too
tag = a name, or name=value             of what is noted on the key
env = an environment or its beginning    from = an address, or its beginning with a dot: 10.1.
scope = a scope                          one that counts: of the key and of its integration
due = rotation, owner                    old enough by the policy, or soon; its owner left
```
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from keyconsole.core import durations, labels, safetext, scopes
from keyconsole.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime, timedelta

STATUSES = ("active", "unconfirmed", "disabled", "expired", "revoked")
LONGEST = safetext.MAX_QUERY

_QUOTED = r'"(?:[^"]|"")*"?'
_QUOTES = re.compile(r'"((?:[^"]|"")*)"?')
TERM = re.compile(
    rf"(?P<name>[A-Za-z][A-Za-z_-]*):(?P<value>{_QUOTED}|\S*)|(?P<quoted>{_QUOTED})|(?P<word>\S+)"
)
"""A term of a query, a text in quotes, or a word."""
_OPERATOR = re.compile(r"([A-Za-z_]+)[=<>]")
"""The beginning of a term whose colon is something else."""
_PLAIN = re.compile(r'[^\s":=<>]+(?: [^\s":=<>]+)*')
_UNBROKEN = re.compile(r'[^\s"]+')
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]{1,45}\*?")
_COMPARED = re.compile(r"(<=|>=|<|>|=|)(.*)", re.DOTALL)


class QueryError(UsageError):
    """A term that cannot be understood; `start` and `end` are where it stands in the query."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start, self.end = start, end

    @property
    def marker(self) -> str:
        """Returns the marker to draw below the query, under the wrong term."""
        return " " * self.start + "^" * max(1, self.end - self.start)


@dataclass(frozen=True, slots=True)
class KeyQuery:
    """Which keys: all that is given must hold, and nothing given is every key.

    `text` is part of a label or of a public key; `label` and `integration` are patterns of the
    whole, with `*` and `?`. A `…_from` is within, a `…_before` is not. Its `str` is a query that
    means the same.
    """

    text: str | None = None
    statuses: tuple[str, ...] = ()
    unused_for: timedelta | None = None
    older_than: timedelta | None = None
    younger_than: timedelta | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    expires_within: timedelta | None = None
    expires_from: datetime | None = None
    expires_before: datetime | None = None
    never_expires: bool = False
    revoked_within: timedelta | None = None
    revoked_from: datetime | None = None
    revoked_before: datetime | None = None
    label: str | None = None
    integration: str | None = None
    created_by: str | None = None
    owner: str | None = None
    tag: tuple[str, str | None] | None = None
    environment: str | None = None
    source: str | None = None
    scope: str | None = None
    due: bool = False
    owner_left: bool = False

    @classmethod
    def parse(cls, query: str, *, typing: bool = False) -> KeyQuery:
        """Parses what a person typed. Raises `QueryError`.

        While somebody is `typing`, a last term without its value is not there yet.
        """
        if len(query) > LONGEST:
            raise QueryError(f"A query has at most {LONGEST} characters.", LONGEST, len(query))
        found, words = cls(), []
        for match in TERM.finditer(query):
            name, value = match["name"], unquoted(match["value"] or "")
            if name is None or value.startswith("//"):  # the address of something
                words.append(_word(match))
            elif not value and typing and match.end() == len(query):
                continue
            else:
                found = _with_term(found, match, name.lower(), value)
        return replace(found, text=" ".join(" ".join(words).split()) or None)

    def __bool__(self) -> bool:
        return self != EVERY_KEY

    def __str__(self) -> str:
        told = [("status", ",".join(self.statuses)), ("by", self.created_by),
                ("unused", _written(self.unused_for)), ("age", _written(self.older_than)),
                ("age", _written(self.younger_than, "<")), ("env", self.environment),
                *_limits("created", self.created_from, self.created_before),
                ("expires", _written(self.expires_within)),
                ("expires", "never" if self.never_expires else None),
                *_limits("expires", self.expires_from, self.expires_before),
                ("revoked", _written(self.revoked_within)),
                *_limits("revoked", self.revoked_from, self.revoked_before),
                ("integration", self.integration), ("from", self.source), ("scope", self.scope),
                ("owner", self.owner), ("tag", _tag_written(self.tag)),
                ("due", "owner" if self.owner_left else None),
                ("due", "rotation" if self.due else None), ("label", self.label)]  # fmt: skip
        text = [_words(self.text)] if self.text else []
        return " ".join([*text, *(f"{name}:{quoted(value)}" for name, value in told if value)])

    @property
    def doubt(self) -> str | None:
        """The suggestion of another query, for when nothing is found.

        An environment can be called anything, so none is refused.
        """
        if self.label is not None and not set("*?") & set(self.label):
            return "label: is the whole label; a part of it is label:*part*."
        known = [word for words in labels.ENVIRONMENTS.values() for word in words]
        asked = (self.environment or "").lower()
        if any(word.startswith(asked) for word in known):
            return None
        close = difflib.get_close_matches(asked, [word for word in known if len(word) > 3], 1, 0.7)
        return f"Did you mean env:{close[0]}?" if close else None

    @property
    def by_integration(self) -> str | None:
        """Returns the query of the keys of an integration that the text may name, if it is all."""
        is_text = self.text is not None and self == KeyQuery(self.text)
        return f"in:{quoted(f'{self.text}*')}" if is_text else None


EVERY_KEY = KeyQuery()


def quoted(value: str) -> str:
    """Returns the value of a term, in quotes if it needs them."""
    return value if _UNBROKEN.fullmatch(value) else _in_quotes(value)


@dataclass(frozen=True, slots=True)
class Completion:
    """A text to put from `start` to the cursor, and its meaning."""

    start: int
    text: str
    note: str


def complete(query: str, people: Collection[str] = ()) -> Iterator[Completion]:
    """Returns completions of the end of a query, likely ones first; `people` are known accounts."""
    start = query.rfind(" ") + 1
    name, colon, value = query[start:].partition(":")
    if not colon:
        for each, note in _NOTES.items():
            if name and each.startswith(name):
                yield Completion(start, f"{each}:", note)
        return
    head, _, last = value.rpartition(",")
    for each in sorted(people) if name in ("by", "owner") else _VALUES.get(name, ()):
        is_possible = name != "by" or "@" in each  # a team makes no key
        if is_possible and each.startswith(last) and each != last:
            yield Completion(start, f"{name}:{head}{',' if head else ''}{each}", "")


def _with_term(found: KeyQuery, match: re.Match[str], name: str, value: str) -> KeyQuery:
    start, end = match.span()
    if name not in _TERMS:
        raise QueryError(f"{name}: is no filter. {_meant(name)}", start, start + len(name) + 1)
    try:
        changes = _TERMS[name](value) if value else None
    except UsageError as error:
        raise QueryError(error.message, start, end) from None
    if not changes:
        raise QueryError(f"{name}: {_HELP[name]}", start, end)
    if any(getattr(found, field) for field in changes):
        raise QueryError(f"{name}: is there twice.", start, end)
    return replace(found, **changes)


def _word(match: re.Match[str]) -> str:
    """Returns a word of the text. Raises `QueryError` for a term whose colon is something else."""
    if match["quoted"] is not None:
        return unquoted(match[0])
    operator = _OPERATOR.match(match[0])
    if operator and (name := operator[1].lower()) in _TERMS:
        start = match.start()
        message = f"{operator[0]} is no filter. Did you mean {name}:?"
        raise QueryError(message, start, start + operator.end())
    return match[0]


def _meant(name: str) -> str:
    close = _OTHER_NAMES.get(name) or next(
        iter(difflib.get_close_matches(name, _TERMS, 1, 0.7)), ""
    )
    return f"Did you mean {close}:?" if close else "To look for it as text, put it in quotes."


def unquoted(text: str) -> str:
    """Returns a text without the quotes around it."""
    match = _QUOTES.fullmatch(text)
    return text if match is None else match[1].replace('""', '"')


def _words(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _in_quotes(text)


def _in_quotes(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _written(length: timedelta | None, sign: str = "") -> str | None:
    return None if length is None else sign + durations.written(length)


def _limits(
    name: str, start: datetime | None, end: datetime | None
) -> Iterator[tuple[str, str | None]]:
    yield name, None if start is None else f">={start.isoformat()}"
    yield name, None if end is None else f"<{end.isoformat()}"


def _one_of(name: str, value: str, choices: Collection[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(value.lower().split(",")))
    if wrong := [each for each in wanted if each not in choices]:
        close = difflib.get_close_matches(wrong[0], choices, 1, 0.6)
        raise UsageError(f"{name}: " + (f"did you mean {close[0]}?" if close else _HELP[name]))
    return wanted


def _status(value: str) -> dict[str, Any]:
    return {"statuses": _one_of("status", value, STATUSES)}


def _unused(value: str) -> dict[str, Any]:
    length = durations.duration(value.lstrip("<>="), "unused:")
    if value[0] in "<>=":
        raise UsageError("unused: takes no < and no >: unused:90d is for 90 days or longer.")
    return {"unused_for": length}


def _age(value: str) -> dict[str, Any]:
    sign, rest = value[0], value[1:]
    if sign not in "<>":
        sign, rest = ">", value
    try:
        length = durations.duration(rest, "age:")
    except durations.UnreadableTimeError as error:
        raise UsageError(f"{error.message[:-1]}; age:<7d is younger.") from None
    return {"younger_than" if sign == "<" else "older_than": length}


def _compared(name: str, value: str) -> dict[str, Any]:
    sign, rest = _COMPARED.fullmatch(value).groups()  # type: ignore[union-attr]
    try:
        start, end = durations.period(rest)
    except durations.UnreadableTimeError:
        raise UsageError(f"{name}: {_HELP[name]}") from None
    match sign:
        case "<" | "<=":
            return {f"{name}_before": start if sign == "<" else end}
        case ">" | ">=":
            return {f"{name}_from": end if sign == ">" else start}
        case _:
            return {f"{name}_from": start, f"{name}_before": end}


def _within(name: str, value: str) -> dict[str, Any]:
    try:
        return {f"{name}_within": durations.duration(value, f"{name}:")}
    except durations.UnreadableTimeError:
        return _compared(name, value)


def _expires(value: str) -> dict[str, Any]:
    return {"never_expires": True} if value.lower() == "never" else _within("expires", value)


def _from(value: str) -> dict[str, Any]:
    return {"source": value} if _ADDRESS.fullmatch(value) else {}


def _scope(value: str) -> dict[str, Any]:
    return {"scope": value} if scopes.is_token(value) else {}


def _tag(value: str) -> dict[str, Any]:
    name, equals, text = value.partition("=")
    return {"tag": (name, text if equals else None)} if name else {}


def _tag_written(tag: tuple[str, str | None] | None) -> str | None:
    if tag is None:
        return None
    name, value = tag
    return name if value is None else f"{name}={value}"


_DUE = {"rotation": "due", "owner": "owner_left"}


def _due(value: str) -> dict[str, Any]:
    return {_DUE[each]: True for each in _one_of("due", value, tuple(_DUE))}


_TERMS: dict[str, Callable[[str], dict[str, Any]]] = {
    "status": _status,
    "unused": _unused,
    "age": _age,
    "created": lambda value: _compared("created", value),
    "expires": _expires,
    "revoked": lambda value: _within("revoked", value),
    "by": lambda value: {"created_by": value},
    "owner": lambda value: {"owner": value},
    "tag": _tag,
    "env": lambda value: {"environment": value},
    "integration": lambda value: {"integration": value},
    "in": lambda value: {"integration": value},
    "from": _from,
    "scope": _scope,
    "due": _due,
    "label": lambda value: {"label": value},
}
"""The changes that each value makes to a query; none, where it cannot be understood."""
_OTHER_NAMES = {
    "name": "label",
    "creator": "by",
    "created_by": "by",
    "unused_for": "unused",
    "older": "age",
    "environment": "env",
    "source": "from",
    "tags": "tag",
    "metadata": "tag",
    "team": "owner",
}
_HELP = {
    "status": "is one of active, unconfirmed, disabled, expired, revoked.",
    "unused": "takes a duration, as in unused:90d.",
    "age": "takes a duration: age:90d is older, age:<7d is younger.",
    "created": "takes a date: created:2026-01-31, created:<2026-01-31, created:>=2026-01-31.",
    "expires": "takes a duration, a date or never, as in expires:30d.",
    "revoked": "takes a duration or a date, as in revoked:7d.",
    "by": "takes an account, as in by:ops.",
    "owner": "takes an account or a team, as in owner:payments.",
    "tag": "takes a name, or name=value, as in tag:team=pay.",
    "env": "takes an environment or its beginning, as in env:prod.",
    "integration": 'takes a name or an id, as in integration:"Salesforce *".',
    "in": 'takes a name or an id, as in in:"Salesforce *".',
    "from": "takes an address, as in from:10.1.4.7, or its beginning: from:10.1.",
    "scope": "takes one scope, as in scope:orders.read.",
    "due": "takes rotation or owner, as in due:rotation.",
    "label": "takes the whole label, with * and ?, as in label:ci-*.",
}
_NOTES = {
    "status": "active, unconfirmed, disabled, expired or revoked",
    "unused": "not used for so long: unused:90d",
    "age": "older, or age:<7d younger",
    "created": "on a day, or created:<2026-01-31 before it",
    "expires": "within so long: expires:30d, or expires:never",
    "revoked": "within the last: revoked:7d, or on a day",
    "by": "who made it",
    "owner": "who answers for it: an account or a team",
    "tag": "what is noted on it: tag:team=pay, or tag:team",
    "env": "the environment of its integration",
    "in": "the name of its integration, with * and ?",
    "integration": "the name of its integration, with * and ?",
    "from": "an address that used it",
    "scope": "what it may be used for: scope:orders.read",
    "due": "due:rotation, old enough or soon; due:owner, its owner left",
    "label": "the whole label, with * and ?",
}
_VALUES = {
    "status": STATUSES,
    "unused": ("30d", "90d", "180d", "365d"),
    "age": ("90d", "365d", "<7d", "<30d"),
    "expires": ("7d", "30d", "90d", "never"),
    "revoked": ("1d", "7d", "30d"),
    "env": ("production", "staging", "sandbox", "development"),
    "due": tuple(_DUE),
}
