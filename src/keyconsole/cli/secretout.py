"""Writes a new secret to standard output or to one new private file, and nowhere else."""

import errno
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from keyconsole.cli.entrypoint import abandon_stdout
from keyconsole.cli.prompts import tell
from keyconsole.core.errors import KeyconsoleError, UsageError
from keyconsole.local import diskspace

Put = Callable[[str], None]

_RESERVED = 4096
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
    require_stdout(what)
    yield _print


@contextmanager
def printing(what: str, advice: str) -> Iterator[None]:
    """Prints a `what` that was made among other things, and all of it before it returns.

    Raises `KeyconsoleError` with the advice if standard output does not take it.
    """
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        abandon_stdout()
        message = f"A {what} was made, and it could not be written: {_why(error)}.\n{advice}"
    else:
        return
    raise KeyconsoleError(message)


def require_stdout(what: str) -> None:
    """Raises `UsageError` if standard output is closed, before a `what` is made."""
    if sys.stdout is None or sys.stdout.closed:
        raise UsageError(
            f"Standard output is closed: the {what} would reach nobody. None was made."
        )


def _why(error: OSError) -> str:
    return (error.strerror or "nobody reads it").lower()


@dataclass(frozen=True, slots=True)
class Handover:
    """Writes a secret once, and says where it is. `part` is what it is called.

    Standard output gets a line, so that values of a loop stay apart; a file the secret alone.
    """

    put: Put
    output: Path | None
    as_json: bool
    part: str

    def write(self, secret: str, document: dict[str, Any], *, made: str, advice: str) -> None:
        """Writes the secret, or the document that holds it.

        Raises `KeyconsoleError`, with the advice about what was `made`, if it cannot.
        """
        line = json.dumps(document, indent=2) if self.as_json else secret
        try:
            self.put(f"{line}\n" if self.output is None else secret)
        except OSError as error:
            why = _why(error)
            message = f"{made} was made, but its {self.part} could not be written: {why}.\n{advice}"
        else:
            return
        raise KeyconsoleError(message)

    def report(self, name: str, card: dict[str, Any], sentence: str) -> None:
        """Says which file a secret is in, and on standard output whose it is; then a sentence."""
        if self.output is not None:
            document = json.dumps(card | {"output": str(self.output)}, indent=2)
            click.echo(document if self.as_json else name)
            tell(f"The {self.part} is in {self.output}, for you alone.")
        tell(sentence)


@contextmanager
def handover(
    output: Path | None, *, as_json: bool, what: str = "key", part: str = "secret"
) -> Iterator[Handover]:
    """A `Handover` to a `destination`. Raises as that does."""
    with destination(output, what) as put:
        yield Handover(put, output, as_json, part)


def _print(text: str) -> None:
    try:
        sys.stdout.write(text)
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
    if (reason := diskspace.shortage(descriptor, _RESERVED)) is not None:
        raise KeyconsoleError(f"{path} cannot be written: {reason}. No {what} was made.")
