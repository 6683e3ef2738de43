"""The end of every command: an exit code, and at most one sentence on standard error.

No traceback ever reaches a person unasked, since it can hold what a request held.
"""

import os
import sys
import threading
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from keyconsole.client.addresses import without_secrets
from keyconsole.core.errors import ExitCode, KeyconsoleError
from keyconsole.core.safetext import show


def run(arguments: Sequence[str]) -> int:
    """The exit code of a command line."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    try:
        code = _invoke(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the end of every command
        return _end(error)
    return code


def catch_the_rest() -> None:
    """Has warnings of libraries, and errors of threads and finalizers, told as those of a command.

    Python would write them to standard error as they are, with whatever they quote.
    """

    def warn(message: Warning | str, *_: object, **__: object) -> None:
        say(f"warning: {message}")

    warnings.showwarning = warn
    threading.excepthook = lambda given: _report(given.exc_value)
    sys.unraisablehook = lambda given: _report(given.exc_value)


def say(sentence: str) -> None:
    """Tell a person on standard error, after the name of the program; never a credential."""
    lines = f"keyconsole: {_redacted(sentence)}".split("\n")
    write_error("".join(f"{show(line)}\n" for line in lines))


def trace(error: BaseException) -> str:
    """Returns the traceback of an error, without local variables and credentials."""
    lines = traceback.TracebackException.from_exception(error, capture_locals=False).format()
    text = _redacted("".join(lines))
    return "".join(f"{show(line)}\n" for line in text.splitlines())


def _redacted(text: str) -> str:
    from keyconsole.core.credentialtext import redact

    return redact(without_secrets(text))


def _invoke(arguments: Sequence[str]) -> int:
    from keyconsole.cli.root import keyconsole

    result = keyconsole.main(list(arguments), prog_name="keyconsole", standalone_mode=False)
    return result if isinstance(result, int) else ExitCode.DONE


def _end(error: Exception | KeyboardInterrupt) -> int:
    """Say what an exception means, and the exit code for it."""
    match error:
        case KeyconsoleError():
            say(error.message)
            return error.exit_code
        case click.ClickException():
            return _explain(error)
        case KeyboardInterrupt() | click.Abort():
            return ExitCode.INTERRUPTED
        case BrokenPipeError():
            abandon_stdout()
        case OSError():
            abandon_stdout()
            say(_of_the_system(error))
            _show_trace_if_asked(error)
        case MemoryError():
            say("There is not enough memory.")
        case _:
            _report(error)
    return ExitCode.FAILED


def _report(error: BaseException | None) -> None:
    if error is not None:
        say(_unexpected(error))
        _show_trace_if_asked(error)


def _explain(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        write_error(f"{error.format_message()}\n")
        return ExitCode.USAGE
    say(" ".join(error.format_message().split()))  # click puts choices under one another
    if isinstance(error, click.UsageError) and error.ctx is not None:
        write_error(f"Try: {error.ctx.command_path} --help\n")
    return ExitCode.USAGE if isinstance(error, click.UsageError) else ExitCode.FAILED


def _of_the_system(error: OSError) -> str:
    what = error.strerror or "The system refused"
    return f"{what}: {error.filename}." if error.filename else f"{what}."


def _unexpected(error: BaseException) -> str:
    """The kind and the place of an error, not its message: that may quote anything."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return (
        f"Something unexpected happened ({type(error).__name__}{place}). "
        "KEYCONSOLE_DEBUG=1 shows where."
    )


def _show_trace_if_asked(error: BaseException) -> None:
    if os.environ.get("KEYCONSOLE_DEBUG"):
        write_error(trace(error))


def write_error(text: str) -> None:
    """Writes to standard error, unless nobody reads it: that changes no result."""
    with suppress(OSError, ValueError):
        click.echo(text, err=True, nl=False)


def abandon_stdout() -> None:
    """Point standard output at nothing, or Python complains when it flushes at exit."""
    with suppress(AttributeError, OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
