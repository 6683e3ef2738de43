"""The way through tmux to the clipboard of the terminal that it is shown on.

tmux drops what a program sends (OSC 52) unless `set-clipboard` is `on`. Its own `load-buffer -w`
is sent under every setting, provided that tmux knows its terminal to take it (measured: 3.3a); it
says so itself, in `client_termfeatures`.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from dataclasses import dataclass

ANSWER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Multiplexer:
    """The settings of the tmux around the console; `answers` is false if it does not answer."""

    answers: bool = False
    set_clipboard: str = ""
    terminal_takes_it: bool = False


async def ask() -> Multiplexer:
    """Ask the tmux that the console runs in. Never raises: one that is dead does not answer."""
    setting = await _tmux("show-options", "-sv", "set-clipboard")
    if setting is None:
        return Multiplexer()
    features = await _tmux("display-message", "-p", "#{client_termfeatures}")
    names = (features or b"").decode("ascii", "replace").strip().split(",")
    return Multiplexer(
        answers=True,
        set_clipboard=setting.decode("ascii", "replace").strip(),
        terminal_takes_it="clipboard" in names,
    )


async def send_on(text: str) -> bool:
    """Send a text to the terminal's clipboard by way of a buffer, and delete the buffer."""
    name = f"keyconsole-{os.getpid()}-{os.urandom(4).hex()}"
    try:
        return await _tmux("load-buffer", "-w", "-b", name, "-", given=text.encode()) is not None
    finally:
        await _tmux("delete-buffer", "-b", name)


async def _tmux(*arguments: str, given: bytes = b"") -> bytes | None:
    """Returns the output of tmux; None if it failed or did not answer in time."""
    try:
        process = await asyncio.create_subprocess_exec(
            "tmux",
            *arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            output, _ = await process.communicate(given)
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    return output if process.returncode == 0 else None
