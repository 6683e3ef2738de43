"""The clipboard by way of pyperclip, in a process of its own: `python -m` this module.

pyperclip chooses the program; what it promises is not relied on (1.11): `is_available` is true
where nothing works, the exit code of `xclip` is ignored, and errors come as exceptions of every
kind. So the same text has to be read back, and to be there still before it is cleared.
"""

import hashlib
import hmac
import os
import sys
import time
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

KEY_BYTES = 32


def copy(given: IO[bytes]) -> bool:
    """Copies the text on `given`; returns whether the same text could be read back."""
    import pyperclip

    text = given.read().decode()
    pyperclip.copy(text)
    return _holds(lambda found: hmac.compare_digest(found, text.encode()))


def clear(seconds: float, given: IO[bytes]) -> bool:
    """Waits, then empties the clipboard if it still holds the text whose `mark` is on `given`."""
    import pyperclip

    read = given.read()
    key, expected = read[:KEY_BYTES], read[KEY_BYTES:]
    time.sleep(seconds)
    if _holds(lambda found: hmac.compare_digest(_digest(key, found), expected)):
        pyperclip.copy("")
    return True


def mark(text: str) -> bytes:
    """Returns what tells a text, and does not reveal it: a new key, and the hash under it."""
    key = os.urandom(KEY_BYTES)
    return key + _digest(key, text.encode())


def _holds(is_it: "Callable[[bytes], bool]") -> bool:
    import pyperclip

    return _is_text(pyperclip.paste(), is_it)


def _is_text(found: object, is_it: "Callable[[bytes], bool]") -> bool:
    # The bridge to macOS returns None for a clipboard that holds an image.
    return isinstance(found, str) and is_it(found.encode())


def _digest(key: bytes, text: bytes) -> bytes:
    return hashlib.blake2b(text, key=key).digest()


def main(arguments: list[str]) -> int:
    """`copy`, or `clear SECONDS`; what it is about comes on standard input."""
    done = (
        copy(sys.stdin.buffer)
        if arguments == ["copy"]
        else clear(float(arguments[1]), sys.stdin.buffer)
    )
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
