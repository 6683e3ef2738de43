"""The words of a label, and the labels that look like it. Pure.

The console hints with it while a name is typed; the label audit of the service finds with it.
"""

from __future__ import annotations

import difflib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from keyconsole.core import safetext

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ENVIRONMENTS = {
    "production": ("prod", "production", "prd", "live"),
    "staging": ("staging", "stage", "stg", "preprod"),
    "development": ("dev", "devel", "development", "local"),
    "test": ("test", "testing", "qa", "uat"),
    "sandbox": ("sandbox", "sbx"),
    "demo": ("demo",),
}
"""The words for each environment in labels."""

_ENVIRONMENT_OF = {word: name for name, words in ENVIRONMENTS.items() for word in words}
_FILLING = """
    a aaa abc access again and api apikey app ask asdf auth backup bar baz copy credential
    credentials default delete do dummy example final first foo for friday generated hello
    important it key keys laptop last later main me misc mine monday my name new none not
    nothing of old on one other please qwerty random remove sample secret some something stuff
    temp temporary the thing this tmp to todo token two unknown unnamed untitled use used user
    value version with yes
"""
_GENERIC = frozenset(_FILLING.split())
_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"(?:v|r|no)?\d+")
_TAIL = re.compile(r"\d+$")

# Letters of other scripts that are drawn as Latin ones, and digits that are (UTS #39, in part).
_DRAWN_ALIKE = {
    "a": "\u0430\u03b1", "b": "\u0432", "c": "\u0441", "d": "\u0501", "e": "\u0435\u0451\u03b5",
    "g": "\u0261", "h": "\u043d\u04bb", "j": "\u0458",
    "k": "\u043a\u03ba", "l": "1i|\u04cf\u0456\u0457\u03b9\u0131", "m": "\u043c",
    "o": "0\u043e\u03bf", "p": "\u0440\u03c1", "q": "\u051b", "s": "\u0455", "t": "\u0442\u03c4",
    "u": "\u03c5", "v": "\u03bd", "w": "\u051d", "x": "\u0445\u03c7", "y": "\u0443",
}  # fmt: skip
_TWINS = str.maketrans({twin: letter for letter, twins in _DRAWN_ALIKE.items() for twin in twins})
_LATIN = {twin: letter for twin, letter in _TWINS.items() if twin > 127}
_SEPARATORS = re.compile(r"[\W_]+")


@lru_cache(maxsize=1024)  # each is asked several things at once
def words(label: str) -> tuple[str, ...]:
    """Returns the words of a label, folded: `ApiGateway-prod2` is api, gateway, prod2."""
    split = _CASE.sub(" ", safetext.normalize(label))
    return tuple(_WORD.findall(safetext.skeleton(split)))


def environment_of(text: str) -> str | None:
    """Returns the one environment of a text, in the words of `ENVIRONMENTS`; None for several."""
    named = {_environment(word) for word in words(text)} - {None}
    return named.pop() if len(named) == 1 else None


def mismatch(label: str, environment: str | None) -> tuple[str, str] | None:
    """Returns the environment that a label names and the one it is in, if they differ.

    A label without a system says too little to be in the wrong place.
    """
    named, actual = environment_of(label), environment_of(environment or "")
    if not named or not actual or named == actual or is_generic(label):
        return None
    return named, actual


def names_environment(label: str) -> bool:
    """Returns true if a word of the label is an environment."""
    return any(_environment(word) for word in words(label))


def names_one_of(label: str, environments: Iterable[str]) -> bool:
    """Returns true if a word of the label is one of a workspace's own words for environments."""
    named = {word.casefold() for word in _WORD.findall(label)}
    return not named.isdisjoint(each.casefold() for each in environments)


def environment_word(environment: str | None, known: Sequence[str]) -> str:
    """Returns the word for an environment out of those that a workspace knows, or itself.

    Of an environment that is not known, the first word, or `prod`.
    """
    if not environment:
        return known[0] if known else "prod"
    same = (word for word in known if word.casefold() == environment.casefold())
    actual = environment_of(environment)
    alike = (word for word in known if actual is not None and environment_of(word) == actual)
    return next(same, None) or next(alike, None) or environment


def examples(known: Sequence[str]) -> list[str]:
    """Returns the words of a workspace for environments, the first one for each environment."""
    found: dict[str, str] = {}
    for word in known:
        found.setdefault(environment_of(word) or word, word)
    return list(found.values())


def suggestion(label: str, environment: str) -> str:
    """Returns a better label: the words of this one that name a system, and an environment."""
    kept = [word for word in words(label.translate(_LATIN)) if _environment(word) is None]
    system = kept if any(map(_says_something, kept)) else ["api", "gateway"]
    return "-".join([*(word for word in system if word != environment.casefold()), environment])


def names_system(label: str) -> bool:
    """Returns true if a word of the label could be the name of a system."""
    return any(_says_something(word) for word in words(label))


def is_generic(label: str) -> bool:
    """Returns true if the label would fit any key: `test`, `key1`, `my new token (2)`."""
    return not names_system(label)


@lru_cache(maxsize=1024)
def look(label: str) -> str:
    """Returns the form that labels share which a tired eye confuses.

    Case, spaces, dashes and dots count as nothing, letters of other scripts as the Latin ones
    that they are drawn like, 0 as o, 1 and i as l, rn as m.
    """
    drawn = safetext.skeleton(label).translate(_TWINS)
    return _SEPARATORS.sub("", drawn).replace("rn", "m") or drawn


def differences(label: str, other: str) -> list[tuple[str, str, bool]]:
    """Returns the parts of a label, each with the part of the other one and if they differ."""
    compared = difflib.SequenceMatcher(None, label, other, autojunk=False)
    return [
        (label[start:end], other[begin:stop], tag != "equal")
        for tag, start, end, begin, stop in compared.get_opcodes()
    ]


def _environment(word: str) -> str | None:
    return _ENVIRONMENT_OF.get(word) or _ENVIRONMENT_OF.get(_TAIL.sub("", word))


def _says_something(word: str) -> bool:
    root = _TAIL.sub("", word)
    if len(root) < 2 or _NUMBER.fullmatch(word) or len(set(root)) == 1:
        return False
    return root not in _GENERIC and _environment(word) is None
