"""Text from outside made safe to show, and the rule for labels. Pure.

A terminal executes what it is sent: escape sequences write the clipboard, move the cursor and
answer on standard input; bidirectional overrides and invisible characters make one name look
like another. Every string that a service sends passes `show` before anything draws it: an
unsafe_character becomes visible as `<U+202E>` instead of acting.

Sources: the Unicode categories Cc, Cf, Cs, Co, Cn, Zl, Zp, as old as the `unicodedata` of the
running Python (14 or newer); UAX #9 (bidirectional controls); UTR #36 (security
considerations). What is assigned later is shown by its number until Python knows it.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MAX_LABEL = 100
MAX_QUERY = 500
LONGEST_EXAMINED = 4_096
"""Of a text that is longer than anything stored, so much is looked at for credentials."""

MAX_COMBINING = 2
MAX_MARKS = 6  # a Burmese syllable is a letter and up to so many

# Fillers and joiners that draw nothing yet are letters or marks to Unicode, so that no
# category names them; and both blocks of variation selectors.
_FILLERS = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f"
    "\U000e0100-\U000e01ef"
)
_FILLER = re.compile(f"[{_FILLERS}]")
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARK = re.compile(r"<U\+[0-9A-F]{4,6}>")
_LINE_ENDS = frozenset("\n\v\f\r\x85\u2028\u2029")


@dataclass(frozen=True, slots=True)
class LabelProblem:
    """The rule that a label breaks: a code for programs and a sentence for people."""

    code: str
    message: str


def _acts_or_hides(character: str) -> bool:
    return (
        unicodedata.category(character) in _FORBIDDEN_CATEGORIES
        or _FILLER.match(character) is not None
    )


def _overflows(marks: str) -> bool:
    """Returns true if the marks on one letter pile up into other lines.

    The vowel signs of syllabic scripts have combining class 0 and are many in ordinary words,
    so they count only together and when repeated; accents and enclosing marks count each.
    """
    if len(marks) <= MAX_COMBINING:
        return False
    accents = sum(
        unicodedata.combining(mark) != 0 or unicodedata.category(mark) == "Me" for mark in marks
    )
    repeated = max(map(marks.count, marks))
    return accents > MAX_COMBINING or repeated > MAX_COMBINING or len(marks) > MAX_MARKS


def _unsafe_indexes(text: str) -> Iterator[int]:
    """Yields the indexes of the characters of `text` that act, hide or overflow."""
    marks = ""
    for index, character in enumerate(text):
        if " " <= character <= "~":
            marks = ""
            continue
        is_mark = unicodedata.category(character).startswith("M")
        marks = (marks + character)[: MAX_MARKS + 1] if is_mark else ""
        if _acts_or_hides(character) or _overflows(marks):
            yield index


def name_of(character: str) -> str:
    """Returns a character as people can read it: `<U+202E>`."""
    return f"<U+{ord(character):04X}>"


def show(text: str) -> str:
    """Returns `text` with every character that could act or hide made visible as `<U+202E>`.

    Covers C0, DEL, C1, bidirectional controls, zero-width characters and fillers, line and
    paragraph separators, tags, variation selectors, surrogates, non-characters, private use,
    and combining marks from where they pile up on one letter. Safe text comes back unchanged
    (the same object), so it can be applied again at no cost.
    """
    if text.isascii() and text.isprintable():
        return text
    shown = list(text)
    for index in _unsafe_indexes(text):
        shown[index] = name_of(text[index])
    result = "".join(shown)
    return text if result == text else result


def is_marked(text: str) -> bool:
    """Returns true for a text with a mark of `show`, or one that was written to look so."""
    return _MARK.search(text) is not None


def show_all(value: Any) -> Any:
    """Returns a decoded JSON value with every string in it, keys too, made safe to show."""
    match value:
        case str():
            return show(value)
        case dict():
            return {show(key): show_all(item) for key, item in value.items()}
        case list():
            return [show_all(item) for item in value]
        case _:
            return value


def unsafe_character(text: str) -> str | None:
    """Returns the first character of `text` that must not be in a name, or None."""
    return next((text[index] for index in _unsafe_indexes(text)), None)


def normalize(text: str) -> str:
    """Returns a name as it is stored: trimmed and in Unicode normal form C."""
    return unicodedata.normalize("NFC", text.strip())


def name_problem(text: str, what: str = "A label") -> LabelProblem | None:
    """Returns the first rule that a name breaks, or None: 1–100 visible characters on one line.

    No credential is among them: names are stored for ever and shown to every viewer.

    Client and service ask this same function, so a person reads the same sentence either way.
    """
    name = normalize(text)
    if not name:
        return LabelProblem("required", f"{what} is needed: 1 to {MAX_LABEL} characters.")
    if found := credential_problem(name, what):
        return found
    if (index := next(_unsafe_indexes(name), None)) is not None:
        return _forbidden(name[index], index + 1, what)
    if len(name) > MAX_LABEL:
        return LabelProblem(
            "too-long", f"{what} has at most {MAX_LABEL} characters; this one has {len(name)}."
        )
    return None


def credential_problem(text: str, what: str) -> LabelProblem | None:
    """Returns the problem of a text that holds a credential in any form, or None."""
    from keyconsole.core import credentialtext  # 10 ms that the first frame need not wait for

    if not credentialtext.contains_credential(text[:LONGEST_EXAMINED]):
        return None
    return LabelProblem(
        "contains-credential",
        f"{what} cannot contain a key or a token: what is typed here is stored and shown.",
    )


def _forbidden(character: str, place: int, what: str) -> LabelProblem:
    if character in _LINE_ENDS:
        where = f"after {place - 1} characters" if place > 2 else "after its first character"
        return LabelProblem("one-line", f"{what} is one line, and a new line begins {where}.")
    if unicodedata.category(character).startswith("M") and not _acts_or_hides(character):
        why = "too many marks are piled on one letter"
    else:
        why = "it acts on a terminal or cannot be seen"
    shown = name_of(character)
    return LabelProblem(
        "forbidden-character", f"{what} cannot contain {shown}, character {place}: {why}."
    )


def skeleton(label: str) -> str:
    """Returns the key by which labels are compared: NFKC, case-folded, runs of spaces collapsed.

    Folding can undo the order of marks (`İ` becomes a letter and a dot), hence NFKC once more.
    """
    folded = unicodedata.normalize("NFKC", normalize(label)).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())
