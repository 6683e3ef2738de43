"""The tools of a desktop's clipboard: read back, killed when they hang, cleared by comparison."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from keyconsole.console import desktop
from keyconsole.console.desktop import Cleaner, Tool, find_tool

TEXT = "kcs_7k2m4q9x0a1b2c3d_secret"
XCLIP = """#!/bin/sh
for word in "$@"; do case "$word" in -o) exec cat "$BOARD" ;; esac; done
cat > "$BOARD"
sleep 600 &  # serves the selection, as the real one does
echo $! >> "$BOARD.served"
"""


@pytest.fixture
def board(tmp_path: Path) -> Path:
    return tmp_path / "board"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, board: Path) -> Callable[..., Tool]:
    """Put a script where a tool is looked for."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("BOARD", str(board))

    def put(script: str = XCLIP, name: str = "xclip") -> Tool:
        (directory / name).write_text(script)
        (directory / name).chmod(stat.S_IRWXU)
        tool = find_tool(os.environ)
        assert tool is not None
        return tool

    return put


def text_on(board: Path) -> str:
    return board.read_text()


def is_alive(pid: int) -> bool:
    return Path("/proc", str(pid)).exists()


@pytest.fixture(autouse=True)
def servants(board: Path) -> Iterator[None]:
    """End what a tool has left behind."""
    yield
    served = Path(f"{board}.served")
    for pid in served.read_text().split() if served.exists() else []:
        os.kill(int(pid), 9)


def test_a_tool_needs_its_desktop(install: Callable[..., Tool]) -> None:
    assert install().name == "xclip"
    assert find_tool({"PATH": os.environ["PATH"]}) is None
    assert find_tool({"PATH": "/nowhere", "DISPLAY": ":0"}) is None


def test_wayland_comes_before_x(install: Callable[..., Tool]) -> None:
    install()
    install(name="wl-copy")
    install(name="wl-paste")

    found = find_tool({**os.environ, "WAYLAND_DISPLAY": "wayland-0"})

    assert found is not None
    assert found.name == "wl-copy"


async def test_it_is_copied_when_it_was_read_back(
    install: Callable[..., Tool], board: Path
) -> None:
    assert await desktop.copy(install(), TEXT)
    assert text_on(board) == TEXT


BROKEN = {
    "it fails": "#!/bin/sh\ncat >/dev/null\nexit 1\n",
    "it loses the text": "#!/bin/sh\n[ $# -gt 2 ] && exit 0\ncat >/dev/null\n",
    "it changes the text": "#!/bin/sh\n[ $# -gt 2 ] && exec echo other\ncat >/dev/null\n",
    "it does not read": "#!/bin/sh\nexec <&-\nexit 0\n",
    "it is no program": "not a script\n",
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_tool_that_does_not_work_is_not_believed(
    how: str, install: Callable[..., Tool]
) -> None:
    assert not await desktop.copy(install(BROKEN[how]), TEXT)


async def test_a_tool_that_hangs_is_ended(
    install: Callable[..., Tool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desktop, "TOOL_SECONDS", 0.2)
    tool = install('#!/bin/sh\necho $$ > "$BOARD.pid"\nexec sleep 600\n')

    assert not await desktop.copy(tool, TEXT)

    assert not is_alive(int(text_on(tmp_path / "board.pid")))


def end_of(cleaner: Cleaner) -> int:
    """The exit code of the process that clears, once it has ended."""
    assert cleaner._process is not None
    return cleaner._process.wait(20)


async def test_what_is_still_there_is_cleared_and_the_process_ends(
    install: Callable[..., Tool], board: Path
) -> None:
    tool = install()
    await desktop.copy(tool, TEXT)
    cleaner = Cleaner()

    assert cleaner.clear_later(tool, TEXT, 0.01)

    assert end_of(cleaner) == 0
    assert text_on(board) == ""


async def test_what_was_copied_since_stays(install: Callable[..., Tool], board: Path) -> None:
    tool = install()
    await desktop.copy(tool, TEXT)
    cleaner = Cleaner()
    await desktop.copy(tool, "something else")
    cleaner.clear_later(tool, TEXT, 0.01)

    assert end_of(cleaner) == 0
    assert text_on(board) == "something else"


async def test_copying_again_starts_the_time_again(
    install: Callable[..., Tool], board: Path
) -> None:
    tool, cleaner = install(), Cleaner()
    await desktop.copy(tool, TEXT)
    cleaner.clear_later(tool, TEXT, 600)
    first = cleaner._process
    cleaner.clear_later(tool, TEXT, 0.01)

    assert first is not None
    assert first.poll() is not None
    assert end_of(cleaner) == 0
    assert text_on(board) == ""


def test_what_clears_never_shows_the_text(install: Callable[..., Tool]) -> None:
    cleaner = Cleaner()
    cleaner.clear_later(install(), TEXT, 600)
    assert cleaner._process is not None
    shown = Path("/proc", str(cleaner._process.pid))
    try:
        for name in ("cmdline", "environ"):
            assert TEXT.encode() not in (shown / name).read_bytes()
    finally:
        cleaner._process.kill()
        cleaner._process.wait()
