"""Whole credentials in text or in the bytes of a file, each proven by its checksum.

Found are values as they stand; with escaped underscores, or every character escaped; broken by line
ends or put together from several strings (`"…" + "…"`); in UTF-16 and UTF-32, with or without a
byte order mark; in hexadecimal, with separators or line breaks between the bytes; and in base64,
standard or URL-safe, at any alignment and across line breaks, of plain text or of UTF-16. The
checksum rules noise out.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from keyconsole.core.credential import (
    CREDENTIAL_LENGTH,
    Credential,
    Kind,
    MalformedCredentialError,
    parse,
)

LONGEST_FORM = 512
"""Characters that a value takes at most, in any of these forms."""

_PID, _DIGIT = "[0-9a-hjkmnp-tv-z]", "[0-9A-Za-z]"
_LOW_LINE = (
    r"(?:_|%(?:25)?5[fF]|=5[fF]|&(?:#95|#[xX]5[fF]|lowbar);|\\{1,2}(?:u005|x5|u00005|U0000005)[fF])"
)
_TEXT = re.compile(rf"kc[so]{_LOW_LINE}{_PID}{{16}}{_LOW_LINE}{_DIGIT}{{49}}")
_WIDE = re.compile(rf"k(\0(?:\0\0)?)c\1[so]\1_\1(?:{_PID}\1){{16}}_\1(?:{_DIGIT}\1){{48}}{_DIGIT}")
_BREAK = r"(?:(?:\\[rn]|\s){1,24})?"
_BETWEEN = r"(?:[:,-]|(?:\\[rn]|\s){1,24}+)?+"
_DIGIT_CODE = "(?:3[0-9]|[46][1-9A-Fa-f]|[57][0-9aA])"
_HEX = re.compile(
    rf"6[bB]{_BETWEEN}63{_BETWEEN}(?:73|6[fF]){_BETWEEN}5[fF](?:{_BETWEEN}{_DIGIT_CODE}){{16}}"
    rf"{_BETWEEN}5[fF](?:{_BETWEEN}{_DIGIT_CODE}){{49}}"
)
_NO_HEX = re.compile(r"[^0-9A-Fa-f]")
_QUOTE = r"\\?[\"'`]"
_JOINT = (  # where a value is broken, with what stands around the break
    r"(?:[=\\]?\r?\n[ \t>#*|/+-]{0,32}|\\[rn](?:\\[rn])?[ \t]{0,32}"
    rf"|{_QUOTE}(?:\s{{0,32}}[+.,&|\\]{{1,2}}\s{{0,32}}|\s{{1,32}}){_QUOTE})"
)
_BROKEN = re.compile(
    rf"kc[so](?:{_JOINT})?_(?:(?:{_JOINT})?{_PID}){{16}}(?:{_JOINT})?_(?:(?:{_JOINT})?{_DIGIT}){{49}}"
)
_JOINTS = re.compile(_JOINT)


def _sign(codes: str, numbers: str) -> str:
    """A pattern of characters that are escaped, by their codes in hexadecimal and in decimal."""
    return rf"(?:%25{codes}|[%=]{codes}|\\{{1,2}}(?:u00|x){codes}|&#(?:{numbers}|[xX]{codes});)"


_LINE_SIGN = rf"(?:_|{_sign('5[fF]', '95')})"
_DIGIT_SIGN = _sign(
    _DIGIT_CODE,
    r"(?:4[89]|5[0-7]|6[5-9]|[78]\d|9[0789]|1[01]\d|12[0-2])",
)
_SPELLED = re.compile(
    rf"(?<!\\){_sign('6[bB]', '107')}(?:c|{_sign('63', '99')})"
    rf"(?:[so]|{_sign('(?:73|6[fF])', '11[15]')}){_LINE_SIGN}"
    rf"(?>{_DIGIT_SIGN}|{_DIGIT}){{16}}+{_LINE_SIGN}(?>{_DIGIT_SIGN}|{_DIGIT}){{49}}+"
)
_SIGNS = re.compile(_sign("[2-7][0-9A-Fa-f]", r"\d{2,3}"))
_CODES = re.compile(r"&#(\d{2,3});|([2-7][0-9A-Fa-f]);?$")
_BASE64_DIGITS = r"[A-Za-z0-9+/_-]"
_URL_SAFE = str.maketrans("-_", "+/")
_SPACE = re.compile(r"\\[rn]|\s")


class Located(NamedTuple):
    """A credential, and where in the text it begins and ends."""

    start: int
    end: int
    credential: Credential


class _Anchor(NamedTuple):
    """The form of a prefix in base64 at one alignment.

    `known` is the part of the value that lies before the first whole group of digits.
    """

    pattern: re.Pattern[str]
    known: str
    is_wide: bool


def find(text: str) -> Iterator[Credential]:
    """Returns every credential in `text` whose checksum holds, in order, repeats included."""
    return (located.credential for located in locate(text))


def locate(text: str) -> Iterator[Located]:
    """Yields the same, with their places.

    Another may begin within the last letters of one, real or not (`…kcs` and then `_…`), so the
    search goes on one character after each.
    """
    found = [
        *_plain(text),
        *_broken(text),
        *_spelled(text),
        *_wide(text),
        *_hexadecimal(text),
        *_base64(text),
    ]
    yield from sorted(found, key=lambda each: each.start)


def _plain(text: str) -> Iterator[Located]:
    for match in _overlapping(_TEXT, text):
        value = match[0]
        if len(value) != CREDENTIAL_LENGTH:
            value = f"{value[:3]}_{re.sub(_LOW_LINE, '', value[3:-49])}_{value[-49:]}"
        yield from _proven(value, *match.span())


def _broken(text: str) -> Iterator[Located]:
    for match in _overlapping(_BROKEN, text):
        if len(match[0]) != CREDENTIAL_LENGTH:
            yield from _proven(_JOINTS.sub("", match[0]), *match.span())


def _spelled(text: str) -> Iterator[Located]:
    for match in _overlapping(_SPELLED, text):
        yield from _proven(_SIGNS.sub(_read, match[0]), *match.span())


def _read(sign: re.Match[str]) -> str:
    code = _CODES.search(sign[0])
    if code is None:
        return sign[0]
    return chr(int(code[1])) if code[1] else chr(int(code[2], 16))


def _wide(text: str) -> Iterator[Located]:
    if "\0" in text:
        for match in _overlapping(_WIDE, text):
            yield from _proven(match[0].replace("\0", ""), *match.span())


def _hexadecimal(text: str) -> Iterator[Located]:
    for match in _overlapping(_HEX, text):
        digits = _NO_HEX.sub("", match[0])
        yield from _proven(bytes.fromhex(digits).decode("latin-1"), *match.span())


def _base64(text: str) -> Iterator[Located]:
    for anchor in _anchors():
        for match in anchor.pattern.finditer(text):
            digits = _SPACE.sub("", match["digits"]).translate(_URL_SAFE)
            read = binascii.a2b_base64(digits + "A" * (-len(digits) % 4)).decode("latin-1")
            value = (
                (anchor.known + read).replace("\0", "") if anchor.is_wide else (anchor.known + read)
            )
            yield from _proven(value[:CREDENTIAL_LENGTH], *match.span())


def _overlapping(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    position = 0
    while match := pattern.search(text, position):
        position = match.start() + 1
        yield match


def _proven(value: str, start: int, end: int) -> Iterator[Located]:
    try:
        yield Located(start, end, parse(value))
    except MalformedCredentialError:
        return


@cache
def _anchors() -> tuple[_Anchor, ...]:
    """Made when they are first needed: that takes 10 ms, and the console starts without."""
    return tuple(_every_anchor())


def _every_anchor() -> Iterator[_Anchor]:
    for wide in (False, True):
        for kind in Kind:
            prefix = f"{kind}_"
            written = "\0".join(prefix) if wide else prefix
            length = 2 * CREDENTIAL_LENGTH - 1 if wide else CREDENTIAL_LENGTH
            for shift in range(3):
                yield _anchor(written, length, shift, is_wide=wide)


def _anchor(written: str, length: int, shift: int, *, is_wide: bool) -> _Anchor:
    """The digits of `written` after `shift` unknown bytes, and those that follow them."""
    encoded = base64.b64encode(bytes(shift) + written.encode() + bytes(3)).decode()
    first = -(-shift * 8 // 6)
    sure = encoded[first : (shift + len(written)) * 8 // 6]
    before = (4 - first) % 4  # digits of the first group, which is not whole
    known = written[: (3 - shift) % 3]
    needed = -(-(length - len(known)) * 4 // 3)
    spelled = [_either(digit) for digit in sure]
    left = needed - (len(spelled) - before)
    head, tail = _BREAK.join(spelled[:before]), _BREAK.join(spelled[before:])
    pattern = (
        rf"{head}{_BREAK if head else ''}(?P<digits>{tail}(?:{_BREAK}{_BASE64_DIGITS}){{{left}}})"
    )
    return _Anchor(re.compile(pattern), known, is_wide)


def _either(digit: str) -> str:
    """A digit in both alphabets (RFC 4648, sections 4 and 5)."""
    return {"+": "[+-]", "/": "[/_]"}.get(digit, digit)
