"""Where a copy goes, and what is said of it."""

import base64
import stat
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyperclip
import pytest

from keyconsole.console import clipboard
from keyconsole.console.clipboard import ClipboardRoute, choose, copy

TEXT = "kcs_7k2m4q9x0a1b2c3d_secret"
TMUX = """#!/bin/sh
echo "$@" >> "$LOG"
case "$1" in
  show-options) echo "$SETTING"; exit "${SHOW_EXIT:-0}" ;;
  load-buffer) cat > "$LOG.buffer"; exit "${LOAD_EXIT:-0}" ;;
esac
"""


@dataclass
class Tmux:
    """What a tmux was asked for, and what it was given to keep."""

    log: Path

    @property
    def asked(self) -> str:
        return self.log.read_text()

    @property
    def buffer(self) -> str | None:
        kept = Path(f"{self.log}.buffer")
        return kept.read_text() if kept.exists() else None


class Terminal:
    """A driver that keeps what is written to the terminal."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, text: str) -> None:
        self.written.append(text)


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def app(terminal: Terminal) -> Any:
    return SimpleNamespace(_driver=terminal, _clipboard="")


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tmux:
    """A tmux that writes down what it is asked for."""
    binary = tmp_path / "bin" / "tmux"
    binary.parent.mkdir()
    binary.write_text(TMUX)
    binary.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{binary.parent}:/usr/bin:/bin")
    monkeypatch.setenv("TMUX", "/tmp/tmux-1000/default,1,0")
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    monkeypatch.setenv("SETTING", "external")
    return Tmux(tmp_path / "log")


def test_a_desktop_has_a_clipboard_of_its_own() -> None:
    assert choose({"DISPLAY": ":0"}) is ClipboardRoute.SYSTEM
    assert choose({"WAYLAND_DISPLAY": "wayland-0"}) is ClipboardRoute.SYSTEM


@pytest.mark.parametrize("name", ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"])
def test_the_clipboard_of_a_remote_host_is_never_the_one(name: str) -> None:
    assert choose({"DISPLAY": ":0", name: "x"}) is ClipboardRoute.TERMINAL


def test_without_a_desktop_the_terminal_is_asked() -> None:
    assert choose({}) is ClipboardRoute.TERMINAL


def test_inside_tmux_tmux_is_asked(tmux: Tmux) -> None:
    assert choose({"TMUX": "x"}) is ClipboardRoute.TMUX
    assert choose({"TMUX": "x", "SSH_TTY": "y"}) is ClipboardRoute.TMUX


def test_a_tmux_that_is_not_there_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert choose({"TMUX": "x"}) is ClipboardRoute.TERMINAL


async def test_copied_is_said_only_after_it_was_read_back(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    board: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(pyperclip, "copy", board.append)
    monkeypatch.setattr(pyperclip, "paste", lambda: board[-1])

    outcome = await copy(TEXT, app)

    assert board == [TEXT]
    assert (outcome.route, outcome.known, outcome.glyph) == (ClipboardRoute.SYSTEM, True, "✓")
    assert "copied" in outcome.sentence


@pytest.mark.parametrize("read_back", ["", "something else"])
async def test_a_clipboard_that_lost_it_is_not_believed(
    app: Any, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, read_back: str
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(pyperclip, "copy", lambda text: None)
    monkeypatch.setattr(pyperclip, "paste", lambda: read_back)

    outcome = await copy(TEXT, app)

    assert (outcome.route, outcome.known) == (ClipboardRoute.TERMINAL, False)
    assert "copied" not in outcome.sentence
    assert len(terminal.written) == 1


async def test_a_clipboard_that_raises_gives_way_to_the_terminal(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str) -> None:
        raise pyperclip.PyperclipException("no xclip")

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(pyperclip, "copy", broken)

    assert (await copy(TEXT, app)).route is ClipboardRoute.TERMINAL


async def test_tmux_gets_the_text_on_its_input_and_forgets_the_buffer(
    app: Any, tmux: Tmux, terminal: Terminal
) -> None:
    outcome = await copy(TEXT, app)

    assert outcome.route is ClipboardRoute.TMUX
    assert "copied" not in outcome.sentence
    assert tmux.buffer == TEXT
    assert "load-buffer -w" in tmux.asked
    assert tmux.asked.splitlines()[-1].startswith("delete-buffer")
    assert TEXT not in tmux.asked
    assert terminal.written == []


@pytest.mark.parametrize(("name", "value"), [("SETTING", "off"), ("SHOW_EXIT", "1")])
async def test_a_tmux_that_keeps_it_to_itself_is_told(
    app: Any,
    tmux: Tmux,
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)

    outcome = await copy(TEXT, app)

    assert outcome.route is ClipboardRoute.TERMINAL
    assert "may refuse" in outcome.sentence
    assert tmux.buffer is None


async def test_a_tmux_that_fails_to_load_leaves_no_buffer(
    app: Any, tmux: Tmux, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOAD_EXIT", "1")

    outcome = await copy(TEXT, app)

    assert outcome.route is ClipboardRoute.TERMINAL
    assert "delete-buffer" in tmux.asked


async def test_the_terminal_is_sent_osc_52_and_nothing_is_kept(
    app: Any, terminal: Terminal
) -> None:
    outcome = await copy(TEXT, app)

    encoded = base64.b64encode(TEXT.encode()).decode()
    assert terminal.written == [f"\x1b]52;c;{encoded}\a"]
    assert app._clipboard == ""
    assert (outcome.known, outcome.sent, outcome.glyph) == (False, True, "›")
    assert "copied" not in outcome.sentence
    assert TEXT not in repr(outcome)


async def test_a_text_that_terminals_cut_is_not_sent(app: Any, terminal: Terminal) -> None:
    outcome = await copy("x" * clipboard.OSC52_LIMIT, app)

    assert terminal.written == []
    assert (outcome.route, outcome.sent, outcome.glyph) == (ClipboardRoute.NONE, False, "✕")


async def test_without_a_terminal_nothing_is_copied_and_that_is_said(app: Any) -> None:
    app._driver = None

    outcome = await copy(TEXT, app)

    assert not outcome.sent
    assert "nothing was copied" in outcome.sentence
