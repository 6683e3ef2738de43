"""A terminal that takes nothing holds nobody up."""

import fcntl
import os
import termios
import threading
import tty
from collections.abc import Iterator

import pytest

from keyconsole.console.terminal.output_writer import MOST_WAITING, Writer

PLENTY = "x" * 4096


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The end that shows, and the end that is written to."""
    controller, end = os.openpty()
    tty.setraw(end)
    yield controller, end
    for descriptor in (controller, end):
        os.close(descriptor)


def read_until(descriptor: int, ending: bytes) -> bytes:
    read = b""
    while not read.endswith(ending):
        read += os.read(descriptor, 65536)
    return read


def test_what_is_written_arrives_in_order(terminal: tuple[int, int]) -> None:
    controller, end = terminal
    writer = Writer(end, lambda: None)
    writer.start()
    for number in range(1000):
        writer.write(f"{number},")

    assert read_until(controller, b"999,") == "".join(f"{n}," for n in range(1000)).encode()
    writer.stop()
    assert not writer.is_alive()


def test_writing_to_a_terminal_that_stopped_returns_and_keeps_little(
    terminal: tuple[int, int],
) -> None:
    _, end = terminal
    writer = Writer(end, lambda: None)
    writer.start()
    for _ in range(MOST_WAITING // len(PLENTY) * 3):
        writer.write(PLENTY)

    assert len(writer._waiting) <= MOST_WAITING + 2 * len(PLENTY)
    termios.tcflush(end, termios.TCOFLUSH)
    writer.stop()


def test_one_that_goes_on_is_told_that_it_missed_something(terminal: tuple[int, int]) -> None:
    controller, end = terminal
    caught_up = threading.Event()
    writer = Writer(end, caught_up.set)
    writer.start()
    for _ in range(MOST_WAITING // len(PLENTY) + 80):
        writer.write(PLENTY)
    assert not caught_up.is_set()

    fcntl.fcntl(controller, fcntl.F_SETFL, os.O_NONBLOCK)
    for _ in range(100_000):
        try:
            os.read(controller, 65536)
        except BlockingIOError:
            if caught_up.wait(0.01):
                break
    assert caught_up.is_set()
    writer.stop()


def test_the_last_words_reach_a_terminal_that_stopped(terminal: tuple[int, int]) -> None:
    controller, end = terminal
    writer = Writer(end, lambda: None)
    writer.start()
    for _ in range(100):
        writer.write(PLENTY)

    writer.give_up_what_waits()
    writer.write("\x1b[?1049l")
    writer.stop()

    assert read_until(controller, b"\x1b[?1049l").count(b"x") < len(PLENTY) * 40
    assert not writer.is_alive()


def test_a_terminal_that_is_gone_is_no_error() -> None:
    controller, end = os.openpty()
    writer = Writer(end, lambda: None)
    writer.start()
    os.close(controller)
    writer.write("x")
    writer.stop()

    assert not writer.is_alive()
    os.close(end)
