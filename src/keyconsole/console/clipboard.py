"""Where a copy really goes, and what is known of it.

A desktop's clipboard can be read back, so "copied" is said only after the same text was read
there. A terminal (OSC 52, xterm control sequences) never answers: it may put the text into the
clipboard of the machine that the person sits at, or drop it. The text itself is kept nowhere;
in particular not in `App._clipboard`, from where ctrl+v would paste it into any field.
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import App

SYSTEM_SECONDS = 2.0
OSC52_LIMIT = 74_994
"""Bytes of base64 at most: what xterm takes, the smallest limit of those that take OSC 52."""


class ClipboardRoute(StrEnum):
    """The ways that a text can take from here."""

    SYSTEM = "system"
    TMUX = "tmux"
    TERMINAL = "osc52"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, in a sentence, and whether it is known to have arrived."""

    route: ClipboardRoute
    sentence: str
    sent: bool = True
    known: bool = False

    @property
    def glyph(self) -> str:
        """`✓` only for what is known."""
        return "✓" if self.known else "›" if self.sent else "✕"

    @property
    def role(self) -> str:
        """The colour of the glyph."""
        return "green" if self.known else "brass" if self.sent else "amber"


def choose(environment: Mapping[str, str]) -> ClipboardRoute:
    """The route from where the console runs. A remote host's own clipboard is never the one."""
    remote = any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))
    if environment.get("TMUX") and shutil.which("tmux"):
        return ClipboardRoute.TMUX
    if remote:
        return ClipboardRoute.TERMINAL
    if sys.platform in ("darwin", "win32") or any(
        environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    ):
        return ClipboardRoute.SYSTEM
    return ClipboardRoute.TERMINAL


async def copy(text: str, app: App[Any], setting: str = "auto") -> Outcome:
    """Send `text` on its way; never raises for a clipboard that does not work.

    `setting` is `auto`, the one way to take, or `off`.
    """
    if setting == "off":
        return Outcome(ClipboardRoute.NONE, "nothing was copied: the clipboard is off.", sent=False)
    route = choose(os.environ) if setting == "auto" else ClipboardRoute(setting)
    if route is ClipboardRoute.SYSTEM and await _copy_to_system(text):
        return Outcome(route, "copied to the clipboard of this machine.", known=True)
    if route is ClipboardRoute.TMUX and await _copy_to_tmux(text):
        return Outcome(route, "sent through tmux to your terminal's clipboard: paste to check.")
    return _copy_to_terminal(text, app)


async def _copy_to_system(text: str) -> bool:
    """Whether the same text could be read back after it was copied."""

    def copy_and_compare() -> bool:
        import pyperclip

        try:
            pyperclip.copy(text)
            return bool(pyperclip.paste() == text)
        except (pyperclip.PyperclipException, OSError, subprocess.SubprocessError):
            return False

    try:
        return await asyncio.wait_for(asyncio.to_thread(copy_and_compare), SYSTEM_SECONDS)
    except TimeoutError:
        return False


async def _copy_to_tmux(text: str) -> bool:
    """Load a buffer with `-w`, which sends it on to the terminal, and delete the buffer.

    tmux drops OSC 52 of programs unless `set-clipboard` is `on`; its own `load-buffer -w` is
    sent also where it is `external`, the default (measured: tmux 3.3a).
    """
    name = f"keyconsole-{os.getpid()}"
    try:
        setting = await _tmux("show-options", "-sv", "set-clipboard")
        if setting is None or setting.strip() == b"off":
            return False
        loaded = await _tmux("load-buffer", "-w", "-b", name, "-", given=text.encode())
        await _tmux("delete-buffer", "-b", name)
    except (OSError, TimeoutError):
        return False
    return loaded is not None


async def _tmux(*arguments: str, given: bytes = b"") -> bytes | None:
    process = await asyncio.create_subprocess_exec(
        "tmux", *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(SYSTEM_SECONDS):
            output, _ = await process.communicate(given)
    except TimeoutError:
        process.kill()
        raise
    return output if process.returncode == 0 else None


def _copy_to_terminal(text: str, app: App[Any]) -> Outcome:
    encoded = base64.b64encode(text.encode()).decode("ascii")
    driver = app._driver  # noqa: SLF001 - App.copy_to_clipboard would keep the text
    if driver is None or len(encoded) > OSC52_LIMIT:
        return Outcome(ClipboardRoute.NONE, "nothing was copied: there is no way to.", sent=False)
    driver.write(f"\x1b]52;c;{encoded}\a")
    if os.environ.get("TMUX"):
        sentence = "sent, but this tmux may refuse it (set-clipboard is off)."
        return Outcome(ClipboardRoute.TERMINAL, sentence, sent=True)
    return Outcome(
        ClipboardRoute.TERMINAL,
        "sent to your terminal's clipboard: paste to check, some terminals refuse it.",
    )
