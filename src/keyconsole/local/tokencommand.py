"""The command of a profile that prints its operator token: an agent, a vault, a ticket.

It has no shell, no terminal and half a minute. It does not outlive this process, which need not
wait for it.
"""

import atexit
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from keyconsole.core.errors import ConfigurationError

SECONDS = 30.0

_LONGEST = 64 * 1024
_LOOK_SECONDS = 0.05


def run(command: Sequence[str], what: str) -> str:
    """Returns the output of a command. Raises `ConfigurationError`, which calls it `what`."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the person's own command, argument by argument
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        reason = (error.strerror or "the system refused").lower()
        raise ConfigurationError(f"{what} cannot be run: {reason}.") from None
    kill = partial(_kill, process)
    atexit.register(kill)
    try:
        printed = _printed(process)
    except BaseException as error:
        kill()
        if isinstance(error, subprocess.TimeoutExpired):
            raise ConfigurationError(f"{what} did not end within {SECONDS:.0f} s.") from None
        raise
    finally:
        atexit.unregister(kill)
    if process.returncode != 0:
        raise ConfigurationError(
            f"{what} ended with {process.returncode}; run it by itself to see why."
        )
    return printed.decode("utf-8", "replace")


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _printed(process: "subprocess.Popen[bytes]") -> bytes:
    """Returns the output until the command ends: an agent that it starts may keep the pipe open.

    Raises `subprocess.TimeoutExpired`.
    """
    until = time.monotonic() + SECONDS
    printed = b""
    if process.stdout is None:
        raise TypeError("a pipe is expected")
    with process.stdout as pipe, selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while time.monotonic() < until:
            has_ended = process.poll() is not None
            if selector.select(0 if has_ended else _LOOK_SECONDS):
                piece = os.read(pipe.fileno(), _LONGEST)
                printed += piece[: _LONGEST - len(printed)]
                if not piece:
                    break
            elif has_ended:
                break
        else:
            # Before the pipe is closed, which would end it as well, and with another story.
            raise subprocess.TimeoutExpired(process.args, SECONDS)
    process.wait(max(0.0, until - time.monotonic()))
    return printed
