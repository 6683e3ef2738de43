"""Questions to a person. Only on a terminal, on standard error, and ctrl+c is an answer."""

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

import click

from keyconsole.cli.entrypoint import write_error
from keyconsole.core.errors import KeyconsoleError, UsageError
from keyconsole.core.safetext import show


def can_ask() -> bool:
    """Returns whether a person can read a question and type an answer."""
    return all(
        stream is not None and not stream.closed and stream.isatty()
        for stream in (sys.stdin, sys.stderr)
    )


def standard_input() -> TextIO:
    """Returns standard input. Raises `UsageError` if it is closed."""
    if sys.stdin is None or sys.stdin.closed:
        raise UsageError("Standard input is closed.")
    return sys.stdin


def require_yes(*, yes: bool, what: str) -> None:
    """Without a terminal what destroys something needs `--yes`. Raises `UsageError`."""
    if not yes and not can_ask():
        raise UsageError(f"{what} asks first, and there is no terminal to ask on: --yes")


def ask_hidden(question: str) -> str:
    """A secret, typed or pasted unseen."""
    with _interruptible():
        return str(click.prompt(question, hide_input=True, err=True, prompt_suffix=": "))


def ask_yes(question: str) -> bool:
    """Yes or no, and no unless yes is typed."""
    with _interruptible():
        return click.confirm(question, default=False, err=True)


def require(question: str, otherwise: str = "Nothing was changed.") -> None:
    """Asks yes or no, and raises `KeyconsoleError` for no."""
    if not ask_yes(question):
        raise KeyconsoleError(otherwise)


def ask_words(question: str, accepted: Sequence[str], otherwise: str) -> None:
    """One of the accepted answers, letter by letter; raises `KeyconsoleError` for another."""
    with _interruptible():
        answer = click.prompt(question, err=True, default="", show_default=False)
    if str(answer).strip() not in accepted:
        raise KeyconsoleError(otherwise)


def ask_name(question: str, accepted: Sequence[str]) -> None:
    """Asks for the label of a key or the last four of its public key, which revokes it."""
    otherwise = "That is neither its label nor its last four: nothing was revoked."
    ask_words(question, accepted, otherwise)


def ask_once_more(sentence: str) -> None:
    """Asks again about a revoke that locks somebody out. Raises `KeyconsoleError` for no.

    Only `yes` is yes: the key that answered the question before is not enough.
    """
    tell(sentence)
    ask_words("Type yes to revoke all the same", ("yes",), "Nothing was revoked.")


def ask_choice(question: str, kind: "click.ParamType[str]", default: str) -> str:
    """Something of a kind; what is none is asked again."""
    with _interruptible():
        return str(click.prompt(question, type=kind, default=default, err=True))


def tell(sentence: str) -> None:
    """Write something beside the data to standard error, safe to show and without credentials."""
    from keyconsole.core.credentialtext import redact

    lines = map(show, redact(sentence).split("\n"))
    write_error("".join(f"{line}\n" for line in lines))


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let ctrl+c end a question: asyncio takes it for a task, which nobody can type into."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
