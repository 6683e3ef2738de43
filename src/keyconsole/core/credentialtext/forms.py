"""The readings of a text: what it says once escapes, hexadecimal or base64 in it are undone.

Base32, base85, uuencode, decimal numbers (a dumped buffer) and the compression of gzip and zlib
are undone, too. Readings are nested up to `LEVELS`, since encoded text is often encoded again;
base64 of base64 however deep, base85 only as it stands. Not undone is encryption.
"""

import binascii
import html
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from keyconsole.core.credentialtext import base85

LEVELS = 3
_BYTES = 28  # of the shortest text that is refused: a prefix, a pid, eight digits
_H = "[0-9A-Fa-f]"
_ESCAPE = re.compile(
    rf"(?P<bytes>(?:%{_H}{{2}})+|(?:={_H}{{2}})+|(?:\\x{_H}{{2}})+)"
    rf"|(?:\\u|%u)(?P<four>{_H}{{4}})|\\[ux]\{{(?P<braces>{_H}{{1,6}})\}}"
    rf"|\\U(?P<eight>{_H}{{8}})|<?U\+(?P<named>{_H}{{4,6}})>?"
    r"|\\(?P<octal>[0-3][0-7]{2})"
    rf"|(?P<entity>&(?:#\d{{1,7}}|#[xX]{_H}{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,20}});?)"
    r"|\\(?P<one>[^\W_]|[\\\"'/_-])|(?P<soft>=\r?\n)"
)
_ESCAPES = re.compile(r"[%&\\=]|U\+")
_APART = r"[\s:,;._/|#'\"<>-]"
_HEX = re.compile(rf"(?<![0-9A-Fa-f])(?:(?:0x|\\x)?+{_H}{_APART}{{0,4}}+){{{2 * _BYTES},}}+")
_HEX_DIGIT = re.compile(rf"0x(?={_H})|({_H})")
_BASE64 = re.compile(
    rf"(?<![A-Za-z0-9+/_-])(?:[A-Za-z0-9+/_-](?:\\n|\s){{0,24}}+){{{_BYTES * 4 // 3},}}+"
)
_AGAIN_BASE64 = re.compile(rf"[A-Za-z0-9+/_=\s-]{{{_BYTES * 4 // 3},}}\0*")
_BASE64_DIGIT = re.compile(r"\\n|([A-Za-z0-9+/_-])")
_URL_SAFE = str.maketrans("-_", "+/")
_BASE32 = re.compile(
    rf"(?<![A-Za-z2-7])(?:(?:[A-Z2-7]\s{{0,3}}+){{{_BYTES * 8 // 5},}}+"
    rf"|(?:[a-z2-7]\s{{0,3}}+){{{_BYTES * 8 // 5},}}+)"
)
_BASE32_VALUES = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV"
)
_BASE32_DIGIT = re.compile(r"([A-Za-z2-7])")
_UU_START = re.compile(r"(?<![^\s(\"':=])[=-M][ -`]{37}")
_UU_LINE = re.compile(r"[ -`]+")
_UU_BREAK = re.compile(r"[ \t]*\r?\n[ \t>]*")
_NUMBERS = re.compile(rf"(?<!\d)(?:[01]?\d{{2}}{_APART}{{1,4}}){{{_BYTES - 1},}}[01]?\d{{2}}(?!\d)")
_NUMBER = re.compile(rf"(\d+){_APART}*")
_COMPRESSED = re.compile(r"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_EITHER_HEADER = zlib.MAX_WBITS | 32
_LONGEST = 4096  # characters that are read of something compressed
# Whatever can be decoded further is longer than this; noise has so many in a row once in a while.
_LEGIBLE = re.compile(r"[\0\t\n\r -~\x80-\ufffc\U00010000-\U0010ffff]{16}")
_LEGIBLE_OCTETS = bytes.maketrans(b"\xad", b"-")  # the soft hyphen: it is not seen, and left out
_UTF8 = re.compile(r"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Form:
    """A reading of a text. `origin` says for every character from where in the text it was read.

    It is left out where nobody asks, since that takes ten times as long. `is_guess` says that the
    text was decoded from digits that may be no encoding at all.
    """

    text: str
    origin: Sequence[Span] | None = None
    is_guess: bool = False


def readings(text: str, *, with_origin: bool = False) -> Iterator[Form]:
    """Yields the text as it stands, then every other reading, each once."""
    places = [(index, index + 1) for index in range(len(text))] if with_origin else None
    level = [
        Form(text, places),
        Form(text[::-1], None if places is None else places[::-1]),
    ]
    yield from level
    level += [inner for form in level for inner in (*_from_base85(form), *_peeled(form))]
    yield from level[2:]
    seen = {form.text for form in level}
    for _ in range(LEVELS):
        decoded = [decode(form) for form in level for decode in _decoders(form)]
        level = []
        for form in decoded:
            if form is not None and form.text not in seen:
                seen.add(form.text)
                level.append(form)
                yield form


def _decoders(form: Form) -> Sequence[Callable[[Form], Form | None]]:
    """Returns the decoders that can find anything: in the noise of a wrong guess few can."""
    if not form.is_guess:
        return _DECODERS
    octets = form.text.encode("latin-1", "replace").translate(_LEGIBLE_OCTETS)
    if _LEGIBLE.search(octets.decode("utf-8", "replace")) is None:
        return (_from_compressed,)
    return _DECODERS


def is_plain(text: str) -> bool:
    """Returns true if a text has no other reading than itself."""
    return (
        text.isascii()
        and not any(
            each.search(text) for each in (_ESCAPES, _HEX, _BASE64, _BASE32, _NUMBERS, _UU_START)
        )
        and not any(base85.find(text))
        and not any(base85.find(text[::-1]))
    )


def _unescaped(form: Form) -> Form | None:
    return _substituted(form, _ESCAPE, _escaped) if _ESCAPES.search(form.text) else None


def _escaped(match: re.Match[str]) -> str:
    kind = match.lastgroup or "soft"
    said = match[kind]
    match kind:
        case "bytes":
            digits = said.replace(said[0], "").replace("x", "")
            return bytes.fromhex(digits).decode("utf-8", "replace")
        case "octal":
            return chr(int(said, 8))
        case "entity":
            return html.unescape(f"{said.removesuffix(';')};")
        case "one":
            return {"n": "\n", "t": "\t", "r": "\n"}.get(said, said)
        case "soft":
            return ""
        case _:
            number = int(said, 16)
            return chr(number) if number < sys.maxunicode else " "


def _from_utf8(form: Form) -> Form | None:
    """UTF-8 that was read byte by byte."""
    if form.text.isascii():
        return None
    return _substituted(
        form, _UTF8, lambda match: match[0].encode("latin-1").decode("utf-8", "replace")
    )


def _substituted(
    form: Form, pattern: re.Pattern[str], read: Callable[[re.Match[str]], str]
) -> Form | None:
    if pattern.search(form.text) is None:
        return None
    text = pattern.sub(read, form.text)
    if form.origin is None:
        return Form(text, None, form.is_guess)
    origin: list[Span] = []
    position = 0
    for match in pattern.finditer(form.text):
        start, end = match.span()
        origin += form.origin[position:start]
        origin += [(form.origin[start][0], form.origin[end - 1][1])] * len(read(match))
        position = end
    return Form(text, [*origin, *form.origin[position:]], form.is_guess)


def _from_hex(form: Form) -> Form | None:
    return _decoded(form, _HEX, _HEX_DIGIT, (2, 1), lambda digits: bytes.fromhex(digits))


def _from_base64(form: Form) -> Form | None:
    return _decoded(form, _BASE64, _BASE64_DIGIT, (4, 3), _read_base64)


def _peeled(form: Form) -> Iterator[Form]:
    """The readings of base64 of base64, however deep: each is shorter than the one before.

    Those between are left out, since each reading is decoded `LEVELS` times more.
    """
    inner, depth = form, 0
    while found := _decoded(inner, _BASE64, _BASE64_DIGIT, (4, 3), _read_base64, _AGAIN_BASE64):
        inner, depth = found, depth + 1
        if depth % LEVELS == 0:
            yield inner


def _read_base64(digits: str) -> bytes:
    return binascii.a2b_base64(digits.translate(_URL_SAFE))


def _from_base85(form: Form) -> Iterator[Form]:
    for start, end, text in base85.find(form.text):
        if form.origin is None:
            yield Form(text)
        else:
            used = form.origin[start:end]
            whole = min(first for first, _ in used), max(last for _, last in used)
            yield Form(text, [whole] * len(text))


def _from_uuencode(form: Form) -> Form | None:
    """The lines of uuencode, each of which begins with the number of its bytes."""
    text: list[str] = []
    origin: list[Span] = []
    position = 0
    while match := _UU_START.search(form.text, position):
        start, position = match.start(), match.start() + 1
        while line := _uu_line(form.text, start):
            read, end = line
            text.append(read)
            if form.origin is not None:
                whole = form.origin[start][0], form.origin[end - 1][1]
                origin += [whole] * len(read)
            position = end
            if (further := _UU_BREAK.match(form.text, end)) is None:
                break
            start = further.end()
        text.append("\n")
        if form.origin is not None:
            origin.append(form.origin[position - 1])
    if not any(map(str.strip, text)):
        return None
    return Form("".join(text), None if form.origin is None else origin, is_guess=True)


def _uu_line(text: str, start: int) -> tuple[str, int] | None:
    """Decodes the line that begins here, and returns its end; trailing spaces may be missing."""
    size = ord(text[start]) - 32 if start < len(text) else 0
    if not 0 < size <= 45:
        return None
    length = 1 + -(-size // 3) * 4
    line = text[start : start + length].partition("\n")[0].rstrip("\r")
    if _UU_LINE.fullmatch(line) is None:
        return None
    if len(line) < length and text[start + len(line) : start + len(line) + 1] not in (
        "\r",
        "\n",
        "",
    ):
        return None
    try:
        return binascii.a2b_uu(line.ljust(length)).decode("latin-1"), start + len(line)
    except binascii.Error:
        return None


def _from_base32(form: Form) -> Form | None:
    return _decoded(form, _BASE32, _BASE32_DIGIT, (8, 5), _read_base32)


def _read_base32(digits: str) -> bytes:
    # As a number: `base64.b32decode` takes ten times as long.
    number = int(digits.upper().translate(_BASE32_VALUES), 32)
    return number.to_bytes(len(digits) * 5 // 8, "big")


def _from_numbers(form: Form) -> Form | None:
    return _substituted(
        form,
        _NUMBERS,
        lambda match: "".join(chr(int(each[1])) for each in _NUMBER.finditer(match[0])),
    )


def _from_compressed(form: Form) -> Form | None:
    """Returns the text in the gzip or zlib data that decoded bytes hold.

    Its origin is everything from the header to the end, since no part can be told from another.
    """
    if not form.is_guess or (match := _COMPRESSED.search(form.text)) is None:
        return None
    content = form.text[match.start() :].encode("latin-1", "replace")
    try:
        text = zlib.decompressobj(_EITHER_HEADER).decompress(content, _LONGEST).decode("latin-1")
    except zlib.error:
        return None
    if form.origin is None:
        return Form(text, None, is_guess=True)
    whole = form.origin[match.start()][0], max(last for _, last in form.origin[match.start() :])
    return Form(text, [whole] * len(text), is_guess=True)


def _decoded(
    form: Form,
    run: re.Pattern[str],
    digit: re.Pattern[str],
    ratio: tuple[int, int],
    decode: Callable[[str], bytes],
    kept: re.Pattern[str] | None = None,
) -> Form | None:
    """Every run of digits decoded at each of its alignments, one after the other.

    `ratio` is how many digits make how many bytes. With `kept` what does not match it is left out.
    """
    text: list[str] = []
    origin: list[Span] = []
    digits, size = ratio
    for match in run.finditer(form.text):
        written = "".join(digit.findall(match[0]))
        places: list[int] = []
        if form.origin is not None:
            places = [each.start(1) for each in digit.finditer(form.text, *match.span()) if each[1]]
        for shift in range(digits):
            padding = "A" * ((shift - len(written)) % digits)  # a digit of both encodings
            read = decode(written[shift:] + padding).decode("latin-1")
            if kept is not None and kept.fullmatch(read) is None:
                continue
            text += (read, "\n")
            if form.origin is not None:
                used = [form.origin[place] for place in places[shift:]]
                origin += [_covered(used, index, digits, size) for index in range(len(read) + 1)]
    if not text:
        return None
    return Form("".join(text), None if form.origin is None else origin, is_guess=True)


def _covered(used: Sequence[Span], index: int, digits: int, size: int) -> Span:
    """The places of the digits that a byte was decoded from."""
    first, last = index * digits // size, ((index + 1) * digits - 1) // size
    return used[min(first, len(used) - 1)][0], used[min(last, len(used) - 1)][1]


_DECODERS = (
    _unescaped,
    _from_hex,
    _from_base64,
    _from_base32,
    _from_uuencode,
    _from_numbers,
    _from_compressed,
    _from_utf8,
)
