"""A desktop's clipboard: read back, ended when it hangs, cleared by comparison."""

import contextlib
import os
import select
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from keyconsole.console.terminal import desktop_clipboard
from keyconsole.console.terminal.desktop_clipboard import Cleaner, is_there

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
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, board: Path) -> Callable[..., None]:
    """Put a script where a tool is looked for."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("BOARD", str(board))

    def put(script: str = XCLIP, name: str = "xclip") -> None:
        (directory / name).write_text(script)
        (directory / name).chmod(stat.S_IRWXU)

    return put


def text_on(board: Path) -> str:
    return board.read_text()


def ends(pid: int) -> bool:
    """Wait until a process has ended; whether it did."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 10)[0])
    finally:
        os.close(descriptor)


@pytest.fixture(autouse=True)
def servants(board: Path) -> Iterator[None]:
    """End what a tool has left behind."""
    yield
    served = Path(f"{board}.served")
    for pid in served.read_text().split() if served.exists() else []:
        os.kill(int(pid), 9)


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac always has a clipboard")
def test_a_clipboard_needs_a_desktop() -> None:
    assert is_there({"DISPLAY": ":0"})
    assert is_there({"WAYLAND_DISPLAY": "wayland-0"})
    assert is_there({"WSL_DISTRO_NAME": "Debian"})
    assert not is_there({"PATH": os.environ["PATH"]})


async def test_where_no_program_is_installed_nothing_is_copied(
    install: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert not await desktop_clipboard.copy(TEXT)


async def test_what_a_program_prints_does_not_reach_the_terminal(
    install: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    install("#!/bin/sh\necho cannot open display >&2\necho and more\nexit 1\n")

    assert not await desktop_clipboard.copy(TEXT)

    assert capfd.readouterr() == ("", "")


def test_the_console_loads_pyperclip_only_to_copy() -> None:
    loaded = "import sys, keyconsole.console.terminal.clipboard; print('pyperclip' in sys.modules)"
    command = [sys.executable, "-c", loaded]

    assert subprocess.run(command, capture_output=True, check=True).stdout == b"False\n"


async def test_it_is_copied_when_it_was_read_back(
    install: Callable[..., None], board: Path
) -> None:
    install()

    assert await desktop_clipboard.copy(TEXT)
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
    how: str, install: Callable[..., None]
) -> None:
    install(BROKEN[how])

    assert not await desktop_clipboard.copy(TEXT)


async def test_a_tool_that_hangs_is_ended(
    install: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desktop_clipboard, "LIMIT_SECONDS", 3)
    install('#!/bin/sh\necho $$ > "$BOARD.pid"\nexec sleep 600\n')

    assert not await desktop_clipboard.copy(TEXT)

    assert ends(int(text_on(tmp_path / "board.pid")))


def end_of(cleaner: Cleaner) -> int:
    """The exit code of the process that clears, once it has ended."""
    assert cleaner._process is not None
    return cleaner._process.wait(20)


async def test_what_is_still_there_is_cleared_and_the_process_ends(
    install: Callable[..., None], board: Path
) -> None:
    install()
    await desktop_clipboard.copy(TEXT)
    cleaner = Cleaner()

    assert cleaner.clear_later(TEXT, 0.01)

    assert end_of(cleaner) == 0
    assert text_on(board) == ""


async def test_what_was_copied_since_stays(install: Callable[..., None], board: Path) -> None:
    install()
    await desktop_clipboard.copy(TEXT)
    cleaner = Cleaner()
    await desktop_clipboard.copy("something else")
    cleaner.clear_later(TEXT, 0.01)

    assert end_of(cleaner) == 0
    assert text_on(board) == "something else"


async def test_copying_again_starts_the_time_again(
    install: Callable[..., None], board: Path
) -> None:
    install()
    cleaner = Cleaner()
    await desktop_clipboard.copy(TEXT)
    cleaner.clear_later(TEXT, 600)
    first = cleaner._process
    cleaner.clear_later(TEXT, 0.01)

    assert first is not None
    assert first.poll() is not None
    assert end_of(cleaner) == 0
    assert text_on(board) == ""


def _once_it_is_readable(path: Path) -> bytes:
    """Returns what a process shows of itself; one that only begins shows nothing to anybody."""
    while True:
        with contextlib.suppress(PermissionError):
            return path.read_bytes()


def test_what_clears_never_shows_the_text(install: Callable[..., None]) -> None:
    cleaner = Cleaner()
    install()
    cleaner.clear_later(TEXT, 600)
    assert cleaner._process is not None
    shown = Path("/proc", str(cleaner._process.pid))
    try:
        for name in ("cmdline", "environ"):
            assert TEXT.encode() not in _once_it_is_readable(shown / name)
    finally:
        cleaner._process.kill()
        cleaner._process.wait()
