"""Files that people take away: whole or not at all, and no cell that a spreadsheet would run."""

import csv
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from keyconsole.errors import KeyconsoleError

_PRIVATE = 0o600
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """A text that a spreadsheet shows and does not compute: an apostrophe before what would be.

    After OWASP, "CSV Injection"; spaces before it do not help, since some programs trim them.
    """
    starts = text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if starts else text


def write_row(stream: TextIO, cells: Sequence[str]) -> None:
    """One line of CSV (RFC 4180), every cell quoted and safe."""
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(map(safe_cell, cells))


@contextmanager
def whole_file(path: Path, *, replace: bool = False) -> Iterator[TextIO]:
    """A stream whose text is at `path` once all of it is written and on the disk, 0600.

    Until then it has another name beside it, and if anything fails it is gone. Without `replace`
    a file that is there stays as it is. Raises `KeyconsoleError`.
    """
    if not replace and os.path.lexists(path):
        raise _taken(path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except OSError as error:
        raise _cannot(path, error) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        settle(draft, path, replace=replace)
    except OSError as error:
        raise _cannot(path, error) from None
    finally:
        draft.unlink(missing_ok=True)


def settle(draft: Path, path: Path, *, replace: bool = False) -> None:
    """Give a finished file its name. Raises `KeyconsoleError` if it is taken, or `OSError`."""
    try:
        if replace:
            draft.replace(path)
        else:
            path.hardlink_to(draft)
    except FileExistsError:
        raise _taken(path) from None


def _taken(path: Path) -> KeyconsoleError:
    return KeyconsoleError(f"{path} is there already; nothing was written.")


def _cannot(path: Path, error: OSError) -> KeyconsoleError:
    reason = (error.strerror or "it is not possible").lower()
    return KeyconsoleError(f"{path} cannot be written: {reason}.")
