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
def whole_file(
    path: Path, *, replace: bool = False, called: str = "", remedy: str = ""
) -> Iterator[TextIO]:
    """A stream whose text is at `path` once all of it is written and on the disk, 0600.

    Until then it has another name beside it, and if anything fails it is gone. Without `replace`
    a file that is there stays as it is. Raises `KeyconsoleError`, in which the file is `called`
    what a person calls it, or by its path; `remedy` says what to do where one is there.
    """
    name = called or str(path)
    if not path.name:
        raise KeyconsoleError(f"{name} cannot be written: it is a directory.")
    if not replace and os.path.lexists(path):
        raise _taken(name, remedy)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except OSError as error:
        raise _cannot(name, error) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if replace:
            draft.replace(path)
        else:
            path.hardlink_to(draft)
    except FileExistsError:
        raise _taken(name, remedy) from None
    except OSError as error:
        raise _cannot(name, error) from None
    finally:
        draft.unlink(missing_ok=True)


def _taken(name: str, remedy: str) -> KeyconsoleError:
    return KeyconsoleError(f"{name} is there already; nothing was written. {remedy}".rstrip())


def _cannot(name: str, error: OSError) -> KeyconsoleError:
    reason = (error.strerror or "it is not possible").lower()
    return KeyconsoleError(f"{name} cannot be written: {reason}.")
