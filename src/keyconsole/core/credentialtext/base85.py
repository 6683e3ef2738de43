"""Finds credentials in base85: Python's and Git's, Adobe's ASCII85 and ZeroMQ's Z85. Pure.

Any text of 35 characters could be base85, so nothing is decoded on a guess. Five characters stand
for four bytes, so the prefix of a credential and what may stand around it give a limited number of
groups (`_anchors`); decoding begins where one of them stands.
"""

import re
import struct
from collections.abc import Iterator
from functools import cache

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = "abcdefghijklmnopqrstuvwxyz"
_ALPHABETS = (
    f"{_DIGITS}{_LOWER}!#$%&()*+-;<=>?@^_`{{|}}~",  # RFC 1924
    "".join(map(chr, range(33, 118))),
    f"{_DIGITS[:10]}{_LOWER}{_DIGITS[10:]}.-:+=^!/*?&<>()[]{{}}@%$#",  # https://rfc.zeromq.org/spec/32
)
_VALUES = tuple({digit: value for value, digit in enumerate(each)} for each in _ALPHABETS)
_PID = "0123456789abcdefghjkmnpqrstvwxyz"
_BEFORE = [chr(code) for code in (9, 10, 13, *range(32, 127))]
_RUN = re.compile(r"[!-~]{35,}")
_SHAPE = re.compile(rf"kc[so]_[{_PID}]{{16}}_[0-9A-Za-z]{{8}}")
_GROUPS = 9  # of five characters: the shape at any alignment, and the group before the anchor


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and content of each place that decodes to the shape of a credential."""
    for run in _RUN.finditer(text):
        if _anchors().keys().isdisjoint(_groups(run[0])):
            continue
        start, end = run.span()
        index = start
        while index <= end - 5:
            found = None
            for alphabet in _anchors().get(text[index : index + 5], ()):
                first = max(index - 5, start + (index - start) % 5)
                last = min(end, first + 5 * _GROUPS)
                if match := _SHAPE.search(_decoded(text[first:last], _VALUES[alphabet])):
                    found = match[0]
                    yield first, last, found
                    break
            index += 1 if found is None else 5 * (_GROUPS - 2)


def _groups(text: str) -> Iterator[str]:
    """Every five characters in a row."""
    return map("".join, zip(text, text[1:], text[2:], text[3:], text[4:], strict=False))


def _decoded(text: str, values: dict[str, int]) -> str:
    """Decodes whole groups of five, up to the first character that is no digit."""
    numbers = []
    for start in range(0, len(text) - 4, 5):
        number = 0
        for character in text[start : start + 5]:
            value = values.get(character)
            if value is None:
                break
            number = number * 85 + value
        else:
            numbers.append(number & 0xFFFFFFFF)
            continue
        break
    return struct.pack(f">{len(numbers)}I", *numbers).decode("latin-1")


@cache
def _anchors() -> dict[str, tuple[int, ...]]:
    """Every group that the prefix of a credential can give, with the alphabets that write it so."""
    words = [f"kc{kind}_" for kind in "so"]
    words += [f"{before}kc{kind}" for kind in "so" for before in _BEFORE]
    words += [f"c{kind}_{first}" for kind in "so" for first in _PID]
    words += [f"{kind}_{first}{second}" for kind in "so" for first in _PID for second in _PID]
    found: dict[str, tuple[int, ...]] = {}
    for word in words:
        number = int.from_bytes(word.encode())
        digits = [number // 85**power % 85 for power in (4, 3, 2, 1, 0)]
        for position, alphabet in enumerate(_ALPHABETS):
            group = "".join(alphabet[digit] for digit in digits)
            found[group] = (*found.get(group, ()), position)
    return found
