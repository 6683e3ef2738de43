"""A text as the eye reads it: look-alike letters, widths and invisible characters undone."""

import unicodedata

# Letters that are drawn like those of the prefix `kcs_`, `kco_` (UTS #39, confusables, folded).
_DRAWN_ALIKE = {
    "k": "\u0138\u03ba\u043a\u049b\u049d\u049f\u04a1\u13e6\u16d5\u1d0b\u2c95\ua4d7\U00010518",
    "c": "\u03c2\u03f2\u0441\u0481\u04ab\u13df\u1d04\u2ca5\ua4da\uabaf\u0297\U00010302\U0001043d"
    "\U0001051c\U000118e9\U000118f2",
    "s": "\u01a8\u01bd\u0455\u057f\u13d5\u13da\ua4e2\ua731\ua645\U00010296\U00010448\U000118c1",
    "o": "\u0275\u03bf\u03c3\u043e\u0473\u0585\u05e1\u0647\u06f5\u0966\u09e6\u0b20\u0c02\u0e4f"
    "\u101d\u10ff\u1d0f\u1d11\u2c9f\u2d54\u3007\ua4f3\uab3d\u25cb\u25ef\U0001042c\U000104ea"
    "\U000118c8\U000118d7",
}
_LETTER = {drawn: letter for letter, alike in _DRAWN_ALIKE.items() for drawn in alike}
_LOW_LINES = frozenset("\u02cd\u0332\u203f\u2017\ufe33\ufe34\ufe4d\ufe4e\ufe4f\uff3f")
_DROPPED = frozenset({"Cf", "Cc", "Cn", "Co", "Cs", "Mn", "Me", "Mc"})
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def fold(text: str) -> tuple[str, list[int] | None]:
    """`text` in ASCII as far as it is drawn so, and the index each character came from.

    Case is kept. Any other letter or digit becomes `x`: a secret with one letter swapped for a
    foreign one is still a secret. Without indices (`None`) nothing moved.
    """
    if text.isascii() and (text.isprintable() or not any(map(_is_control, text))):
        return text, None
    folded: list[str] = []
    indices: list[int] = []
    for index, character in enumerate(text):
        written = character if " " <= character <= "~" else _drawn(character)
        folded.append(written)
        indices += [index] * len(written)
    return "".join(folded), indices


def _is_control(character: str) -> bool:
    return character < " " and character not in "\t\n\r"


def _drawn(character: str) -> str:
    if character in "\t\n\r":
        return character
    if character in _LOW_LINES:
        return "_"
    if unicodedata.category(character) in _DROPPED or character in _FILLERS:
        return ""
    return "".join(map(_ascii, unicodedata.normalize("NFKD", character)))


def _ascii(character: str) -> str:
    if character.isascii():
        return character
    if letter := _LETTER.get(character.casefold()):
        return letter
    if unicodedata.category(character) in _DROPPED:
        return ""
    return "x" if character.isalnum() else character
