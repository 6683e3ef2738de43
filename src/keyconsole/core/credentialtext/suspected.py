"""Text that tells a secret or most of one, whole or not: refused in names, cut out of free text.

*Refused* is the shape alone, `kcs_<pid>_` or `kco_<pid>_` and eight more digits, whatever the
checksum: of a value that was cut or mistyped the rest can be guessed. It is found in every
reading of `forms`, in any case, with spaces, dashes or invisible characters inside, with letters
of other scripts, and without its prefix. *Redacted* is in addition a bare run of as many digits
as a secret has, which cannot be told from other random text and so is never refused.
"""

import re
from collections.abc import Callable, Iterator

from keyconsole.core.credential import (
    CRC_LENGTH,
    CREDENTIAL_LENGTH,
    SEC_LENGTH,
    SHORTEST_SUSPECTED,
    public_key,
)
from keyconsole.core.credentialtext import forms
from keyconsole.core.credentialtext.folding import fold

HIDDEN = "(redacted)"

_PID = "0-9a-hjkmnp-tv-z"
# A value may contain marks, line breaks with their indentation, and what `safetext.show` makes of
# characters that act or hide. `…`, `•` and `*` mask a value instead.
_MARK = r"(?:<U\+[0-9A-F]{4,6}>|[^0-9A-Za-z\s\u2026\u2022*]){0,4}+"
_GAP = rf"{_MARK}(?:\s{{1,40}}+{_MARK}){{0,3}}+"
_SEPARATOR = rf"(?=[^0-9A-Za-z]){_GAP}"

# No word boundary before it: keys follow escape codes, `%20`, `\n` and `_`.
_SHAPED = re.compile(r"(kc[so0])_{1,3}([0-9a-z]{14,18})_{1,3}[0-9A-Za-z]{8}[0-9A-Za-z_]*", re.I)
_SPACED = re.compile(
    rf"(?<![0-9a-z])k{_GAP}c{_GAP}[so0]{_SEPARATOR}"
    rf"(?P<pid>(?:[0-9a-z]{_GAP}){{15}}[0-9a-z])(?P<gap>{_SEPARATOR})"
    rf"(?P<secret>[0-9a-z](?:{_GAP}[0-9a-z]){{7,48}})",
    re.IGNORECASE,
)
_JOINED = re.compile(
    rf"(?<![0-9A-Za-z])(?:kc[so][{_PID}]{{16}}|KC[SO][{_PID.upper()}]{{16}})[0-9A-Za-z]{{8,}}"
)
# At the beginning of a word: within random text of URL-safe base64 it is met by chance. The id may
# lack its first characters, since whoever sees the key reads them there.
_NAMED = rf"[{_PID}]{{10,16}}_"
# With another separator, as in HTTP Basic, the id is whole and has a digit, as most have.
_PAIRED = rf"(?=[a-z]*[0-9])[{_PID}]{{16}}[^0-9A-Za-z_\u2026\u2022*]{{1,3}}"
_WITHOUT_PREFIX = re.compile(
    rf"(?<![0-9A-Za-z])(?:{_NAMED}|{_PAIRED})(?P<secret>[0-9A-Za-z]{{37,}})"
)
_BARE = re.compile(
    rf"(?<![0-9A-Za-z+])(?<!SHA256:)(?<!sha256-)[0-9A-Za-z]{{{SEC_LENGTH}}}"
    rf"(?:[0-9A-Za-z]{{{CRC_LENGTH}}})?(?![0-9A-Za-z+=])"
)
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+(?:\.[\w-]*){0,3}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_TOKEN = re.compile(r"[0-9A-Za-z]+")
_WORD = re.compile(r"[A-Za-z]?[a-z]+|[A-Z]+|\d+")
_EXACT = re.compile(rf"(kc[so])_([{_PID}]{{16}})_[0-9A-Za-z]{{8}}[0-9A-Za-z_]*")
_FURTHER = re.compile(rf"{_SEPARATOR}([0-9A-Za-z]+)")
_LOW_LINES = re.compile(
    rf"_\0*(?:[^_]\0*){{16,24}}_\0*(?:[0-9A-Za-z]\0*){{8}}|(?:{_NAMED}|{_PAIRED})[0-9A-Za-z]{{37}}"
)
# The user name and password of a URL: up to the last @, as people forget to encode theirs, unless a
# port begins there. One slash is what is left where the URL was taken for a path.
_SIGNED_IN = re.compile(
    r"(:/{1,3})(?!user:password@)(?:[^\s/?#@:]*:(?!\d{1,5}[/?#])\S{0,256}|[^\s/?#@]{1,256})@"
)
_PASSWORD = re.compile(r"(pass(?:word|wd|phrase)=)[^\s&'\",;]+", re.IGNORECASE)
_CLUE = re.compile(
    r"k[^0-9a-z]*c[^0-9a-z]*[so0]|[so0][^0-9a-z]*c[^0-9a-z]*k|[0-9a-z]{37}", re.IGNORECASE
)

Span = tuple[int, int]

_LONGEST_NAME, _MOST_NAMES = 128, 20_000
_clean_names: set[str] = set()


def contains_credential(text: str) -> bool:
    """Returns true if a text holds the shape of a credential in any form, and so is no name."""
    return may_contain_credential(text) and any(
        next(_shapes(form), None) is not None for form in forms.readings(text)
    )


def may_contain_credential(text: str) -> bool:
    """Returns true if a text needs a closer look, by a few searches; most do not."""
    return _CLUE.search(text) is not None or not forms.is_plain(text)


def redact(text: str) -> str:
    """Returns `text` with whatever tells of a secret cut out, for what is kept or shown.

    A value with a readable prefix is reduced to `kcs_<pid>_…`, so that a person can tell which
    it was; everything else becomes `HIDDEN`. So does whatever signs in in a URL, and the value of
    `password=`. Redacted text comes back unchanged.
    """
    if ":/" in text:
        text = _SIGNED_IN.sub(rf"\1{HIDDEN}@", text)
    if "=" in text:
        text = _PASSWORD.sub(rf"\1{HIDDEN}", text)
    return _replaced(text, lambda kind, pid: f"{kind}_{pid}_…", bare=True)


def redact_names(text: str) -> str:
    """Returns a name, or a list of them, as `redact` does, but leaves bare runs of digits.

    The same names are shown again and again, and examining one takes up to 4 ms where it could be
    an encoding: those that came back unchanged are remembered.
    """
    if text in _clean_names:
        return text
    shown = _replaced(text, lambda kind, pid: f"{kind}_{pid}_…", bare=False)
    if shown == text and SHORTEST_SUSPECTED <= len(text) <= _LONGEST_NAME:
        if len(_clean_names) >= _MOST_NAMES:
            _clean_names.clear()
        _clean_names.add(text)
    return shown


def publish(text: str) -> str:
    """Returns `text` with every value as its public key, for what asks about the same key.

    A value in another form becomes `HIDDEN`. Bare runs of digits stay: cursors look like them.
    """
    return _replaced(text, lambda _, pid: public_key(pid), bare=False)


def _replaced(text: str, named: Callable[[str, str], str], *, bare: bool) -> str:
    if len(text) < SHORTEST_SUSPECTED or not may_contain_credential(text):
        return text
    parts: list[str] = []
    position = 0
    while match := _EXACT.search(text, position):
        parts += (text[position : match.start()], named(match[1], match[2]))
        position = _end(text, match)
    text = "".join((*parts, text[position:]))
    spans = list(_suspects(text)) if contains_credential(text) else []
    if bare:
        spans += _bare(text)
    return _hidden(text, spans)


def _end(text: str, match: re.Match[str]) -> int:
    """Returns the end of a value that is broken up: after its last digit, or before a word."""
    end, left = match.end(), CREDENTIAL_LENGTH - len(match[0])
    while left > 0 and (further := _FURTHER.match(text, end)):
        if _WORD.fullmatch(further[1]):
            break
        end, left = further.end(), left - len(further[1])
    return end


def _hidden(text: str, spans: list[Span]) -> str:
    parts: list[str] = []
    position = 0
    for start, end in sorted(spans):
        if end <= position:
            continue
        if start >= position:
            parts += (text[position:start], HIDDEN)
        position = end
    return "".join((*parts, text[position:]))


def _suspects(text: str) -> Iterator[Span]:
    """Yields the spans of the text that are credentials in any of its readings."""
    for number, form in enumerate(forms.readings(text, with_origin=True)):
        for start, end in _shapes(form):
            origin = (form.origin or ())[start:end]
            first, last = min(span[0] for span in origin), max(span[1] for span in origin)
            yield (first, last) if not number else _whole_tokens(text, first, last)


def _whole_tokens(text: str, first: int, last: int) -> Span:
    """Widens a span to the next spaces: the edges of an encoded value hold a part of it."""
    while first > 0 and not text[first - 1].isspace():
        first -= 1
    while last < len(text) and not text[last].isspace():
        last += 1
    return first, last


def _shapes(form: forms.Form) -> Iterator[Span]:
    if form.is_guess and _LOW_LINES.search(form.text) is None:
        return  # noise, mostly; to fold it takes long
    folded, indices = fold(form.text)
    for start, end in _folded_shapes(folded, spaced=not form.is_guess):
        yield (start, end) if indices is None else (indices[start], indices[end - 1] + 1)


def _folded_shapes(text: str, *, spaced: bool) -> Iterator[Span]:
    yield from (match.span() for match in _SHAPED.finditer(text))
    yield from (match.span() for match in _JOINED.finditer(text))
    for match in _WITHOUT_PREFIX.finditer(text):
        if _is_mixed(match["secret"]):
            yield match.span()
    if not spaced:  # noise reads like it
        return
    for match in _SPACED.finditer(text):
        if not _reads_as_words(match) and _UUID.match(text, match.start("pid")) is None:
            yield match.span()


def _reads_as_words(match: re.Match[str]) -> bool:
    """Returns true if the match is a sentence or a row of numbers, and no spaced value."""
    if match["pid"].isdigit() or not any(map(str.isdigit, match["pid"])):
        return True
    tokens = _TOKEN.findall(match["secret"][:32])
    if set(match["gap"]) == {"_"} and len(tokens[0]) >= 8:
        return False
    mixed = sum(_WORD.fullmatch(token) is None or len(token) == 1 for token in tokens)
    return mixed < max(1, len(tokens) / 3)


def _bare(text: str) -> Iterator[Span]:
    jwts = [match.span() for match in _JWT.finditer(text)]
    for match in _BARE.finditer(text):
        inside = any(start <= match.start() < end for start, end in jwts)
        if not inside and _is_mixed(match[0]):
            yield match.span()


def _is_mixed(digits: str) -> bool:
    """Returns true for upper case, lower case and digits: one in 5,000 random texts lacks one."""
    return (
        any(map(str.isupper, digits))
        and any(map(str.islower, digits))
        and any(map(str.isdigit, digits))
    )
