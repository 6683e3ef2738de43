"""An exit code and one sentence, whatever happened; never a traceback, never a secret."""

import errno
import io
import os
import signal
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import NoReturn

import click
import pytest
from tests.cli.support import COMMAND, environment, keyconsole

from keyconsole.cli import entrypoint, prompts
from keyconsole.core.credential import Kind, mint
from keyconsole.core.errors import (
    ConfigurationError,
    KeyconsoleError,
    ServiceUnreachableError,
    UsageError,
    problem,
)

SECRET = mint(Kind.API_KEY).text


def end_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> int:
    def raising(_: object) -> int:
        secret_local = SECRET  # must never be shown
        raise error from ValueError(secret_local)

    monkeypatch.setattr(entrypoint, "_invoke", raising)
    monkeypatch.setattr(entrypoint, "abandon_stdout", lambda: None)  # pytest still needs it
    return entrypoint.run([])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyconsoleError("It failed."), 1),
        (ConfigurationError("It failed."), 1),
        (UsageError("It failed."), 2),
        (problem("permission-denied", "It failed."), 3),
        (problem("not-found", "It failed."), 4),
        (problem("label-taken", "It failed."), 5),
        (ServiceUnreachableError("It failed."), 6),
        (click.ClickException("It failed."), 1),
        (click.UsageError("It failed."), 2),
        (OSError(28, "It failed"), 1),
    ],
)
def test_an_error_ends_with_its_sentence_and_its_code(
    error: Exception,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert end_with(error, monkeypatch) == code

    assert capfd.readouterr() == ("", "keyconsole: It failed.\n")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_ends_with_130_and_says_nothing(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert end_with(error, monkeypatch) == 130

    assert capfd.readouterr() == ("", "")


def test_a_sentence_from_outside_cannot_act_on_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    end_with(KeyconsoleError("\x1b]0;x\x07\u202e"), monkeypatch)

    assert capfd.readouterr().err == "keyconsole: <U+001B>]0;x<U+0007><U+202E>\n"


def test_what_was_not_expected_is_one_sentence_without_its_message(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KEYCONSOLE_DEBUG", raising=False)

    assert end_with(RuntimeError(SECRET), monkeypatch) == 1

    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("keyconsole: Something unexpected happened (RuntimeError at ")
    assert err.count("\n") == 1
    assert SECRET[:25] not in err


def test_debug_shows_where_but_no_locals_and_no_credentials(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEYCONSOLE_DEBUG", "1")

    assert end_with(RuntimeError(f"with {SECRET} and \x1b[6n"), monkeypatch) == 1

    err = capfd.readouterr().err
    assert "Traceback" in err
    assert "test_entrypoint.py" in err
    assert f"with kcp_{SECRET[4:20]} and <U+001B>[6n" in err
    assert SECRET[21:40] not in err


def test_too_little_memory_is_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert end_with(MemoryError(), monkeypatch) == 1

    assert capfd.readouterr().err == "keyconsole: There is not enough memory.\n"


def test_a_warning_and_an_error_of_a_thread_are_told_without_what_they_quote(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KEYCONSOLE_DEBUG", raising=False)
    for module, name in ((warnings, "showwarning"), (threading, "excepthook")):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    entrypoint.catch_the_rest()

    warnings.showwarning(f"no file {SECRET}", UserWarning, "x.py", 1)
    thread = threading.Thread(target=int, args=(SECRET,))
    thread.start()
    thread.join()

    first, second = capfd.readouterr().err.splitlines()
    assert first == f"keyconsole: warning: no file kcp_{SECRET[4:20]}"
    assert second.startswith("keyconsole: Something unexpected happened (ValueError at ")


def test_a_standard_error_that_takes_nothing_changes_no_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[object] = []

    class Full(io.StringIO):
        def write(self, text: object) -> NoReturn:
            tried.append(text)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(sys, "stderr", Full())
    prompts.tell("It was made.")
    assert "It was made.\n" in tried


def test_no_file_gets_the_number_of_a_standard_stream_that_is_closed() -> None:
    code = (
        "import os, sys, keyconsole.cli as cli; cli._open_closed_streams()\n"
        "found = os.open('/dev/null', os.O_RDONLY)\n"
        "kept = (sys.stdin, sys.stdout) == (None, None) and sys.stderr.write('x') == 1\n"
        "sys.exit(found if kept and os.get_inheritable(2) else 1)"
    )

    done = subprocess.run(["sh", "-c", '"$0" -c "$1" <&- >&- 2>&-', COMMAND[0], code], check=False)

    assert done.returncode == 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nonsense"], "keyconsole: No such command 'nonsense'."),
        (["info", "--nonsense"], "keyconsole: No such option '--nonsense'."),
        (["open"], "keyconsole: Missing argument 'ROUTE'."),
        (["open", "/nowhere"], "keyconsole: There is no such place."),
        (["service", "run", "--port", "x"], "keyconsole: Invalid value for '--port'"),
        (["service", "init"], "keyconsole: Missing option '--workspace'."),
        (["\x1b]0;evil\x07"], r"keyconsole: No such command '\x1b]0;evil\x07'."),
    ],
)
def test_a_wrong_use_is_told_and_ends_with_2(
    arguments: list[str], sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert entrypoint.run(arguments) == 2

    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith(sentence)


def test_help_is_data(capfd: pytest.CaptureFixture[str]) -> None:
    assert entrypoint.run(["--help"]) == 0

    out, err = capfd.readouterr()
    assert err == ""
    assert out.index("Commands:") < out.index("Options:")
    assert all(len(line) <= 80 for line in out.splitlines())


@pytest.mark.parametrize("group", ["service"])
def test_a_group_without_a_command_shows_its_help_and_ends_with_2(
    group: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert entrypoint.run([group]) == 2

    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith(f"Usage: keyconsole {group}")


def test_a_reader_that_left_is_no_drama(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    done = keyconsole(tmp_path, "info", options={"stdout": writer})
    os.close(writer)

    assert (done.returncode, done.stderr) == (1, "")


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = keyconsole(tmp_path, "info", options={"stdout": full})

    assert (done.returncode, done.stderr) == (1, "keyconsole: No space left on device.\n")


def test_a_terminal_of_latin_letters_gets_escapes_and_no_crash(tmp_path: Path) -> None:
    done = keyconsole(tmp_path, "open", "/nowhere", PYTHONIOENCODING="latin-1")

    assert done.returncode == 2
    assert "int_\\u2026" in done.stderr


def test_an_interrupted_process_ends_with_130(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    code = (
        "import pathlib, signal, sys; from keyconsole.cli import entrypoint\n"
        f"started = pathlib.Path({str(fifo)!r})\n"
        "entrypoint._invoke = lambda _: started.write_text('x') and signal.pause()\n"
        "sys.exit(entrypoint.run([]))"
    )
    process = subprocess.Popen(
        [COMMAND[0], "-c", code], env=environment(tmp_path), stderr=subprocess.PIPE
    )
    with fifo.open() as started:
        started.read()

    process.send_signal(signal.SIGINT)

    assert process.communicate(timeout=30)[1] == b""
    assert process.returncode == 130


@pytest.mark.parametrize("arguments", [["login", "https://x.test"], ["audit", "verify"], []])
def test_a_secret_in_the_wrong_place_of_a_command_line_is_not_repeated(
    arguments: list[str], home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for value in (SECRET, mint(Kind.OPERATOR_TOKEN).text):
        assert entrypoint.run([*arguments, value]) == 2

        said = capfd.readouterr()
        assert value not in said.out + said.err
        assert value[40:] not in said.out + said.err


@pytest.mark.parametrize("arguments", [["--profile"], ["info", "--nonsense"], ["open"], ["scan"]])
def test_the_password_of_a_url_is_not_repeated(
    arguments: list[str], home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    entrypoint.run([*arguments, "https://me:Pa55word@a.example", "keys", "list"])

    said = capfd.readouterr()
    assert said.err
    assert "Pa55word" not in said.out + said.err
