"""What of a hostile name reached the terminal: everything written that is not the console's own."""

import re
import unicodedata

from tests.hostile.names import MARK

_OWN = re.compile(
    # At the end, what a slow terminal did not take is cut off, and the cut piece cancelled.
    r"(?:\x1b\[?[0-9;?]*|[\udc80-\udcff]{1,3})?\x18(?:\x1b\[[0-9;?<>]*[a-zA-Z])*\Z"
    r"|\x1b\[[0-9;:?<>=]*[mHJKhlu]"  # colours, places, modes
    r"|\x1b\[\?20(?:26|48)\$p"  # what it asks the terminal
    r"|\x1b\]22;[a-z]*\x07"  # the shape of the mouse pointer
    r"|\x1b\]52;c;a2NwX[A-Za-z0-9+/=]*(?:\x07|\x1b\\)"  # a public key, copied by y
    r"|[\r\n]"
)
_HOSTILE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def of_names(written: bytes) -> list[str]:
    """The pieces that no part of the console writes by itself, with what stands around them."""
    text = written.decode("utf-8", "surrogateescape")
    marked = [match.group() for match in _OWN.finditer(text) if MARK in match.group()]
    rest = _OWN.sub("", text)
    found = []
    stack = 0
    for place, character in enumerate(rest):
        stack = stack + 1 if unicodedata.combining(character) else 0
        if unicodedata.category(character) in _HOSTILE or stack > 2:
            found.append(ascii(rest[max(0, place - 20) : place + 20]))
    return [*map(ascii, marked), *found]
