"""The route that a copy takes, and what is known of its arrival.

A desktop's clipboard can be read back, so "copied" is said only after the same text was read
there. A terminal (OSC 52, xterm control sequences) never answers: it may put the text into the
clipboard of the machine that the person sits at, or drop it. The text itself is kept nowhere;
in particular not in `App._clipboard`, from where ctrl+v would paste it into any field.
"""

from __future__ import annotations

import base64
import os
import shutil
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from keyconsole.console.terminal import desktop_clipboard, tmux_clipboard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import App

    from keyconsole.console.terminal.tmux_clipboard import Multiplexer

OSC52_LIMIT = 74_994
"""Bytes of base64 at most: what xterm takes, the smallest limit of those that take OSC 52."""

SCREEN_LIMIT = 700
"""The same inside GNU screen, which cuts a string off after 768 bytes (`MAXSTR` of 4.9)."""

_SSH = ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")
_CLEANER = desktop_clipboard.Cleaner()


class ClipboardRoute(StrEnum):
    """The ways that a text can take from here."""

    SYSTEM = "system"
    TMUX = "tmux"
    TERMINAL = "osc52"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """The route that a copy would take from here, and why that one, for a person."""

    route: ClipboardRoute
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a copy, in a sentence; `known` if it is certain to have arrived."""

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


def size_of(text: str) -> str:
    """Returns the size of a text in words: `42 characters`, `3 lines, 120 characters`."""
    characters = f"{len(text):,} character{'' if len(text) == 1 else 's'}"
    lines = len(text.splitlines())
    return f"{lines:,} lines, {characters}" if lines > 1 else characters


def choose(environ: Mapping[str, str], setting: str = "auto") -> Choice:
    """The route from where the console runs. A remote host's own clipboard is never the one.

    `setting` is `auto`, the one way to take, or `off`.
    """
    if setting == "off":
        return Choice(ClipboardRoute.NONE, "the clipboard is off in the settings")
    if setting != "auto":
        return Choice(ClipboardRoute(setting), "the settings say so")
    if environ.get("TMUX"):
        if shutil.which("tmux", path=environ.get("PATH", os.defpath)):
            return Choice(ClipboardRoute.TMUX, "inside tmux, which knows its terminal")
        return Choice(ClipboardRoute.TERMINAL, "inside a tmux that is not installed here")
    if environ.get("STY"):
        return Choice(ClipboardRoute.TERMINAL, "through screen, which only hands it on")
    if is_remote(environ):
        return Choice(ClipboardRoute.TERMINAL, "over SSH: the clipboard is at the other end")
    if desktop_clipboard.is_there(environ):
        why = "this desktop's clipboard; the terminal's where that cannot be read back"
        return Choice(ClipboardRoute.SYSTEM, why)
    return Choice(ClipboardRoute.TERMINAL, "no desktop here, only a terminal")


def is_remote(environ: Mapping[str, str]) -> bool:
    """Returns whether the person sits at another machine than this."""
    return any(environ.get(name) for name in _SSH)


async def copy(
    text: str, app: App[Any], setting: str = "auto", *, is_secret: bool = False
) -> Outcome:
    """Send `text` on its way; never raises for a clipboard that does not work.

    A secret is cleared from a desktop's clipboard again, where it can be seen to be still there.
    """
    choice = choose(os.environ, setting)
    match choice.route:
        case ClipboardRoute.NONE:
            return _nothing(choice.why)
        case ClipboardRoute.SYSTEM:
            return await _copy_to_desktop(text, app, is_secret=is_secret)
        case ClipboardRoute.TMUX:
            return await _copy_through_tmux(text, app)
        case ClipboardRoute.TERMINAL:
            return _copy_to_terminal(text, app)


def _nothing(why: str) -> Outcome:
    return Outcome(ClipboardRoute.NONE, f"nothing was copied: {why}.", sent=False)


async def _copy_to_desktop(text: str, app: App[Any], *, is_secret: bool) -> Outcome:
    # The settings may ask for it, but a remote host's own clipboard is nobody's.
    if (
        is_remote(os.environ)
        or not desktop_clipboard.is_there(os.environ)
        or not await desktop_clipboard.copy(text)
    ):
        return _copy_to_terminal(text, app)
    sentence = "copied to the clipboard of this machine."
    if is_secret and _CLEANER.clear_later(text):
        sentence = f"copied; cleared from the clipboard in {desktop_clipboard.CLEAR_SECONDS} s."
    return Outcome(ClipboardRoute.SYSTEM, sentence, known=True)


def through(around: Multiplexer) -> Choice:
    """The route inside a tmux, once it was asked."""
    if not around.answers:
        return Choice(ClipboardRoute.TERMINAL, "tmux does not answer")
    if not around.terminal_takes_it:
        return Choice(ClipboardRoute.NONE, "tmux knows no clipboard of your terminal")
    setting = f"set-clipboard is {around.set_clipboard}"
    return Choice(ClipboardRoute.TMUX, f"load-buffer -w, then delete-buffer; {setting}")


async def _copy_through_tmux(text: str, app: App[Any]) -> Outcome:
    choice = through(await tmux_clipboard.ask())
    if choice.route is ClipboardRoute.NONE:
        return _nothing(f"{choice.why}; select it on the screen")
    may_drop = "sent, but this tmux may drop it: paste to check."
    if choice.route is ClipboardRoute.TERMINAL or not await tmux_clipboard.send_on(text):
        return _copy_to_terminal(text, app, may_drop)
    return Outcome(
        ClipboardRoute.TMUX, "sent through tmux to your terminal's clipboard: paste to check."
    )


def _copy_to_terminal(
    text: str,
    app: App[Any],
    sentence: str = "sent to your terminal's clipboard: paste to check, some terminals refuse it.",
) -> Outcome:
    encoded = base64.b64encode(text.encode()).decode("ascii")
    from keyconsole.console.terminal.textual_compat import driver_of  # a command loads no Textual

    driver = driver_of(app)  # App.copy_to_clipboard would keep the text
    if driver is None:
        return _nothing("there is no terminal")
    is_in_screen = bool(os.environ.get("STY")) and not os.environ.get("TMUX")
    if len(encoded) > (SCREEN_LIMIT if is_in_screen else OSC52_LIMIT):
        return _nothing("it is longer than terminals take")
    sequence = f"\x1b]52;c;{encoded}\a"
    # What is in a device control string, screen hands on as it is (screen(1), "Control Sequences").
    driver.write(f"\x1bP{sequence}\x1b\\" if is_in_screen else sequence)
    return Outcome(ClipboardRoute.TERMINAL, sentence)
