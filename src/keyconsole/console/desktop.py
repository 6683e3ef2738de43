"""The clipboard of the machine that the person sits at: the tools that own it, asked with care.

A tool's exit code counts, one that hangs is killed, and "copied" means that the same text was read
back. What must not stay is cleared after a while by a process of its own, which knows the text by
a keyed hash only, compares first, and outlives the console, however that ends.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TOOL_SECONDS = 2.0
CLEAR_SECONDS = 45
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Tool:
    """A program pair that writes and reads a clipboard, and the variable that it needs."""

    write: tuple[str, ...]
    read: tuple[str, ...]
    needs: str = ""

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.write[0]

    def is_there(self, environ: Mapping[str, str]) -> bool:
        """Whether both programs are installed and have a desktop to talk to."""
        path = environ.get("PATH", os.defpath)
        return (not self.needs or bool(environ.get(self.needs))) and all(
            shutil.which(program, path=path) for program in (self.write[0], self.read[0])
        )


TOOLS = (
    Tool(("pbcopy",), ("pbpaste",)),
    Tool(("wl-copy",), ("wl-paste", "--no-newline"), "WAYLAND_DISPLAY"),
    Tool(("xclip", "-selection", "c"), ("xclip", "-selection", "c", "-o"), "DISPLAY"),
    Tool(("xsel", "-b", "-i"), ("xsel", "-b", "-o"), "DISPLAY"),
)


def find_tool(environ: Mapping[str, str]) -> Tool | None:
    """The first tool that is there."""
    return next((tool for tool in TOOLS if tool.is_there(environ)), None)


async def copy(tool: Tool, text: str) -> bool:
    """Whether the same text could be read back after it was copied."""
    if await _ask(tool.write, text.encode()) is None:
        return False
    read = await _ask(tool.read)
    return read is not None and hmac.compare_digest(read, text.encode())


async def _ask(command: Sequence[str], given: bytes | None = None) -> bytes | None:
    """What a tool printed; nothing where it failed, or did not end in time.

    The tools that write leave a child behind which serves the text: it must not inherit a pipe.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE if given is None else subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(TOOL_SECONDS):
            output, _ = await process.communicate(given)
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    return (output or b"") if process.returncode == 0 else None


class Cleaner:
    """Clears the clipboard after a while, if it still holds what was put there last."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def clear_later(self, tool: Tool, text: str, seconds: float = CLEAR_SECONDS) -> bool:
        """Start a process that does; whether it could be started. The one before it is ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        key = os.urandom(_KEY_BYTES)
        module = "from keyconsole.console.desktop import wait_and_clear as w; import sys; "
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this Python, and our own words
                [sys.executable, "-Pc", f"{module}w({tool.name!r}, {seconds!r}, sys.stdin.buffer)"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            with cast("IO[bytes]", self._process.stdin) as given:
                given.write(key + _mark(key, text.encode()))
        except OSError:
            return False
        return True


def wait_and_clear(name: str, seconds: float, given: IO[bytes]) -> None:
    """The life of that process: wait, compare, clear."""
    read = given.read()
    key, mark = read[:_KEY_BYTES], read[_KEY_BYTES:]
    tool = next(tool for tool in TOOLS if tool.name == name)
    time.sleep(seconds)
    found = subprocess.run(  # noqa: S603 - one of TOOLS
        tool.read, capture_output=True, check=False, timeout=TOOL_SECONDS, stdin=subprocess.DEVNULL
    )
    if found.returncode == 0 and hmac.compare_digest(_mark(key, found.stdout), mark):
        subprocess.run(  # noqa: S603
            tool.write,
            input=b"",
            check=False,
            timeout=TOOL_SECONDS,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _mark(key: bytes, text: bytes) -> bytes:
    return hashlib.blake2b(text, key=key).digest()
