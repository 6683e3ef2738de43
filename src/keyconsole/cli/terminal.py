"""The requirements of the console on its terminal, checked before it starts.

Textual draws on standard error, starts without a terminal and ignores `TERM=dumb`.
"""

import ctypes
import os
import resource
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import TextIO

from keyconsole.core.errors import UsageError


def require_terminal(environ: Mapping[str, str] = os.environ) -> None:
    """Raise `UsageError` unless a person can see the console and type into it."""
    streams: dict[str, TextIO | None] = {
        "standard input": sys.stdin,
        "standard output": sys.stdout,
        "standard error": sys.stderr,
    }
    for name, stream in streams.items():
        if stream is None or stream.closed or not stream.isatty():
            raise UsageError(
                f"The console needs a terminal, and {name} is none. "
                "Commands that do not: keyconsole --help."
            )
    if (term := environ.get("TERM", "")) in {"", "dumb"}:
        what = "TERM is not set" if not term else f"TERM={term} cannot"
        raise UsageError(
            f"The console needs a terminal that can move its cursor, and {what}. "
            "Commands that do not: keyconsole --help."
        )


def drop_textual_variables(environ: MutableMapping[str, str] = os.environ) -> None:
    """Forget every TEXTUAL_*: some write keys and screens, secrets included, to files.

    Textual reads them when it is imported.
    """
    for name in [name for name in environ if name.startswith("TEXTUAL")]:
        del environ[name]


_PR_SET_DUMPABLE = 4


def keep_memory_private() -> None:
    """No core file of a process that holds secrets, and no debugger of the same user in it.

    A kernel that pipes cores to a program ignores the limit; what is not dumpable it leaves alone
    (core(5), prctl(2)). Programs that the console starts are dumpable again.
    """
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
