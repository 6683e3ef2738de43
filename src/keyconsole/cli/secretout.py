"""Where a new secret goes: standard output or one new private file, and nowhere else."""

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from keyconsole.cli.entrypoint import abandon_stdout
from keyconsole.cli.prompts import tell
from keyconsole.core.errors import KeyconsoleError, UsageError

Put = Callable[[str], None]

_RESERVED = 4096
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def destination(output: Path | None, what: str = "key") -> Iterator[Put]:
    """A place that is known to be writable before there is a secret, that of a key or another.

    What it yields writes the text and returns when it is written, or raises `OSError`. A file
    that got nothing is removed again. Raises `UsageError` or `KeyconsoleError`.
    """
    if output is not None:
        with _file(output, what) as put:
            yield put
        return
    if sys.stdout is None or sys.stdout.closed:
        raise UsageError(
            f"Standard output is closed: the {what} would reach nobody. None was made."
        )
    yield _print


def write(put: Put, text: str, *, made: str, what: str, advice: str) -> None:
    """Write the text of what was made. Raises `KeyconsoleError`, with the advice, if it cannot."""
    try:
        put(text)
    except OSError as error:
        why = (error.strerror or "nobody reads it").lower()
        message = f"{made} was made, but its {what} could not be written: {why}.\n{advice}"
    else:
        return
    raise KeyconsoleError(message)


def report(
    output: Path | None, name: str, card: dict[str, Any], *, what: str, as_json: bool
) -> None:
    """Say which file a secret is in, and on standard output whose it is."""
    if output is not None:
        click.echo(json.dumps(card | {"output": str(output)}, indent=2) if as_json else name)
        tell(f"The {what} is in {output}, for you alone.")


def line_end() -> str:
    """What has to go before a message, so that it does not run on from a secret.

    The secret has no line end in a pipe, and what reads there may show it on the terminal that
    shows the message too.
    """
    shown = sys.stderr is not None and sys.stderr.isatty()
    return "\n" if shown and not sys.stdout.isatty() else ""


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
        if sys.stdout.isatty():
            sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        abandon_stdout()
        raise


@contextmanager
def _file(path: Path, what: str) -> Iterator[Put]:
    try:
        descriptor = os.open(path, _FLAGS, 0o600)
    except FileExistsError:
        raise KeyconsoleError(f"{path} is there already: no {what} was made.") from None
    except OSError as error:
        raise KeyconsoleError(
            f"{path} cannot be written: {(error.strerror or '').lower()}. No {what} was made."
        ) from None
    written = False

    def put(text: str) -> None:
        nonlocal written
        content = text.encode()
        if os.pwrite(descriptor, content, 0) < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.ftruncate(descriptor, len(content))
        os.fsync(descriptor)
        written = True

    try:
        _reserve(descriptor, path, what)
        yield put
    finally:
        os.close(descriptor)
        if not written:
            path.unlink(missing_ok=True)


def _reserve(descriptor: int, path: Path, what: str) -> None:
    """Take the room that the secret needs, before there is one."""
    if not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(descriptor, 0, _RESERVED)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise KeyconsoleError(
                f"{path} cannot be written: {(error.strerror or '').lower()}. No {what} was made."
            ) from None
