"""Where a copy goes, and what is said of it."""

import base64
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.console.test_desktop_clipboard import XCLIP, text_on

from keyconsole.console.terminal import clipboard, tmux_clipboard
from keyconsole.console.terminal.clipboard import ClipboardRoute, choose, copy

TEXT = "kcs_7k2m4q9x0a1b2c3d_secret"
TMUX = """#!/bin/sh
echo "$@" >> "$LOG"
case "$1" in
  show-options) echo "$SETTING"; exit "${SHOW_EXIT:-0}" ;;
  display-message) echo "$FEATURES" ;;
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


@pytest.fixture
def xclip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desktop with an xclip; the file that is its clipboard."""
    binary = tmp_path / "bin" / "xclip"
    binary.parent.mkdir()
    binary.write_text(XCLIP.replace("sleep 600 &", "").replace("echo $!", "#"))
    binary.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{binary.parent}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("BOARD", str(tmp_path / "board"))
    return tmp_path / "board"


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
    monkeypatch.setenv("FEATURES", "bpaste,ccolour,clipboard,title")
    return Tmux(tmp_path / "log")


def route(environ: dict[str, str], setting: str = "auto") -> ClipboardRoute:
    return choose(environ, setting).route


@pytest.mark.parametrize("name", ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"])
def test_the_clipboard_of_a_remote_host_is_never_the_one(name: str, xclip: Path) -> None:
    here = {"PATH": os.environ["PATH"], "DISPLAY": ":0"}

    assert route(here) is ClipboardRoute.SYSTEM
    assert route({**here, name: "x"}) is ClipboardRoute.TERMINAL


def test_without_a_desktop_the_terminal_is_asked() -> None:
    assert route({"PATH": "/nowhere"}) is ClipboardRoute.TERMINAL


async def test_no_setting_uses_the_clipboard_of_a_remote_host(
    xclip: Path, app: Any, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_TTY", "/dev/pts/3")

    outcome = await copy("some text", app, "system")

    assert outcome.route is ClipboardRoute.TERMINAL
    assert not os.path.exists(xclip)  # noqa: ASYNC240, PTH110
    assert terminal.written


def test_inside_tmux_tmux_is_asked(tmux: Tmux) -> None:
    here = {"PATH": os.environ["PATH"], "TMUX": "x"}

    assert route(here) is ClipboardRoute.TMUX
    assert route({**here, "SSH_TTY": "y", "DISPLAY": ":0"}) is ClipboardRoute.TMUX
    assert route({"TMUX": "x", "PATH": "/nowhere"}) is ClipboardRoute.TERMINAL


def test_inside_screen_it_is_handed_on() -> None:
    assert route({"STY": "x", "PATH": "/nowhere"}) is ClipboardRoute.TERMINAL
    assert "screen" in choose({"STY": "x", "SSH_TTY": "y"}).why


async def test_screen_is_given_no_more_than_it_takes(
    app: Any, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("STY", "x")

    assert (await copy("x" * 500, app)).sent
    assert not (await copy("x" * 600, app)).sent
    [sent] = terminal.written
    assert sent.startswith("\x1bP\x1b]52;c;")
    assert sent.endswith("\a\x1b\\")


@pytest.mark.parametrize("setting", ["osc52", "tmux", "system"])
def test_a_setting_decides(setting: str) -> None:
    assert route({"PATH": "/nowhere"}, setting) == setting


@pytest.mark.parametrize("environ", [{}, {"TMUX": "x"}, {"STY": "x"}, {"SSH_TTY": "x"}])
def test_every_route_has_a_reason(environ: dict[str, str]) -> None:
    assert choose({"PATH": "/nowhere", **environ}).why


async def test_off_is_off(app: Any, terminal: Terminal) -> None:
    outcome = await copy(TEXT, app, "off")

    assert (outcome.sent, terminal.written) == (False, [])
    assert outcome.sentence == "nothing was copied: the clipboard is off in the settings."


async def test_copied_is_said_only_after_it_was_read_back(
    app: Any, terminal: Terminal, xclip: Path
) -> None:
    outcome = await copy(TEXT, app)

    assert text_on(xclip) == TEXT
    assert (outcome.route, outcome.known, outcome.glyph) == (ClipboardRoute.SYSTEM, True, "✓")
    assert outcome.sentence.startswith("copied")
    assert terminal.written == []


async def test_a_secret_is_cleared_again_and_that_is_said(
    app: Any, xclip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def clear_later(text: str) -> bool:
        asked.append(text)
        return True

    monkeypatch.setattr(clipboard._CLEANER, "clear_later", clear_later)

    assert "cleared" not in (await copy("kcp_7k2m4q9x0a1b2c3d", app)).sentence
    assert asked == []
    assert "cleared from the clipboard in 45 s" in (await copy(TEXT, app, is_secret=True)).sentence
    assert asked == [TEXT]


async def test_a_desktop_that_does_not_work_gives_way_to_the_terminal(
    app: Any, terminal: Terminal, xclip: Path
) -> None:
    xclip.with_name("bin").joinpath("xclip").write_text("#!/bin/sh\nexit 1\n")

    outcome = await copy(TEXT, app)

    assert (outcome.route, outcome.known) == (ClipboardRoute.TERMINAL, False)
    assert "copied" not in outcome.sentence
    assert len(terminal.written) == 1


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


@pytest.mark.parametrize("setting", ["on", "external", "off"])
async def test_tmux_is_asked_to_under_every_setting(
    app: Any, tmux: Tmux, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv("SETTING", setting)

    assert (await copy(TEXT, app)).route is ClipboardRoute.TMUX
    assert tmux.buffer == TEXT


async def test_a_tmux_whose_terminal_has_no_clipboard_says_so(
    app: Any, tmux: Tmux, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEATURES", "bpaste,title")

    outcome = await copy(TEXT, app)

    assert (outcome.route, outcome.sent) == (ClipboardRoute.NONE, False)
    assert "tmux knows no clipboard of your terminal" in outcome.sentence
    assert (tmux.buffer, terminal.written) == (None, [])


async def test_a_tmux_that_is_dead_is_told(
    app: Any, tmux: Tmux, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOW_EXIT", "1")

    outcome = await copy(TEXT, app)

    assert outcome.route is ClipboardRoute.TERMINAL
    assert "may drop it" in outcome.sentence
    assert tmux.buffer is None


async def test_a_tmux_that_hangs_is_given_up(
    app: Any, tmux: Tmux, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tmux_clipboard, "ANSWER_SECONDS", 0.2)
    Path(tmux.log).with_name("bin").joinpath("tmux").write_text("#!/bin/sh\nexec sleep 600\n")

    assert (await copy(TEXT, app)).route is ClipboardRoute.TERMINAL


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
