"""What a terminal sends, and what is made of it."""

from collections.abc import Iterator

import pytest
from textual import events
from textual.message import Message

from keyconsole.console.terminal import input_parser
from keyconsole.console.terminal.input_parser import FAR_SECONDS, NEAR_SECONDS, Reader, patience_for


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(input_parser, "event_time", clock)
    return clock


def said(messages: Iterator[Message]) -> list[str]:
    """Keys by their names, anything else by what it is."""
    return [
        message.key if isinstance(message, events.Key) else type(message).__name__
        for message in messages
    ]


ARROWS = {
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1bOA": "up",
    "\x1b[1;5C": "ctrl+right",
    "\x1b[Z": "shift+tab",
}


@pytest.mark.parametrize("sequence", ARROWS, ids=ascii)
def test_a_sequence_split_over_300_ms_at_every_byte_is_the_key_that_was_pressed(
    sequence: str, clock: Clock
) -> None:
    reader, keys = Reader(FAR_SECONDS), []
    for character in sequence:
        keys += said(reader.feed(character))
        clock.now += 0.3
        keys += said(reader.tick())

    assert keys == [ARROWS[sequence]]


def test_escape_is_escape_once_nothing_follows(clock: Clock) -> None:
    reader = Reader(FAR_SECONDS)
    assert said(reader.feed("\x1b")) == []
    clock.now += FAR_SECONDS

    assert said(reader.tick()) == ["escape"]
    assert said(reader.tick()) == []


def test_escape_before_another_key_does_not_wait(clock: Clock) -> None:
    assert said(Reader(FAR_SECONDS).feed("\x1b\x1b[B")) == ["escape", "down"]


def test_a_terminal_that_answers_at_once_is_near(clock: Clock) -> None:
    reader = Reader(None)
    reader.asked()
    clock.now += 0.01
    assert said(reader.feed("\x1b[?2026;2$y")) == ["TerminalSupportsSynchronizedOutput"]
    assert said(reader.feed("\x1b")) == []
    clock.now += NEAR_SECONDS

    assert said(reader.tick()) == ["escape"]


@pytest.mark.parametrize("seconds", [0.3, None], ids=["late", "never"])
def test_a_terminal_that_answers_late_or_never_is_far(seconds: float | None, clock: Clock) -> None:
    reader = Reader(None)
    reader.asked()
    if seconds is not None:
        clock.now += seconds
        said(reader.feed("\x1b[?2026;2$y"))
    said(reader.feed("\x1b"))
    clock.now += NEAR_SECONDS * 2

    assert said(reader.tick()) == []


@pytest.mark.parametrize(
    ("environ", "patience"),
    [
        ({"ESCDELAY": "25", "SSH_TTY": "x"}, 0.025),
        ({"SSH_CONNECTION": "x"}, FAR_SECONDS),
        ({"SSH_CONNECTION": "x", "TMUX": "y"}, NEAR_SECONDS),
        ({"TERM": "linux"}, NEAR_SECONDS),
        ({"TERM": "xterm-256color", "ESCDELAY": "soon"}, None),
    ],
)
def test_how_long_is_waited_for(environ: dict[str, str], patience: float | None) -> None:
    assert patience_for(environ) == patience


GARBAGE = (
    "\x1b[?1;2c",  # what it is
    "\x1b[>41;354;0c",
    "\x1b]11;rgb:0f0f/1313/1a1a\x07",  # its colour
    "\x1b]11;rgb:0f0f/1313/1a1a\x1b\\",
    "\x1bP1+r544e=787465726d\x1b\\",  # its name
    "\x1bP>|xterm(380)\x1b\\",
    "\x1b_Gi=31;OK\x1b\\",
    "\x1b[?xxxgggRRR",
    "\x1b[8;40;120t",
    "\x1b[0n",
    "\x1b[?997;1n",
)


@pytest.mark.parametrize("garbage", GARBAGE, ids=ascii)
@pytest.mark.parametrize("piece", [1, 3, 4096])
def test_an_answer_to_a_query_presses_nothing(garbage: str, piece: int, clock: Clock) -> None:
    reader, keys = Reader(NEAR_SECONDS), []
    for start in range(0, len(garbage), piece):
        keys += said(reader.feed(garbage[start : start + piece]))
    keys += said(reader.feed("\x1b[B"))

    assert [key for key in keys if key not in "xgR"] == ["down"]
    if garbage != "\x1b[?xxxgggRRR":  # ends with its first letter; the others may be keys
        assert keys == ["down"]


def test_an_answer_that_never_ends_is_forgotten(clock: Clock) -> None:
    reader = Reader(NEAR_SECONDS)
    assert said(reader.feed("\x1b]11;rgb:xxxx")) == []
    clock.now += NEAR_SECONDS
    assert said(reader.tick()) == []

    assert said(reader.feed("j")) == ["j"]


def pasted(messages: Iterator[Message]) -> list[str]:
    return [message.text for message in messages if isinstance(message, events.Paste)]


@pytest.mark.parametrize("piece", [1, 7, 65536])
def test_a_paste_is_one_event_whatever_is_in_it(piece: int, clock: Clock) -> None:
    inside = "one\r\ntwo\x1b[31mred\x1b[0m\x1bx\x1b]52;c;eA==\x07\x03\x1b[20"
    text = f"\x1b[200~{inside}\x1b[201~q"
    reader, messages = Reader(NEAR_SECONDS), []
    for start in range(0, len(text), piece):
        messages += list(reader.feed(text[start : start + piece]))

    assert pasted(iter(messages)) == [inside]
    assert said(iter(messages)) == ["Paste", "q"]


def test_a_paste_whose_end_is_lost_gives_the_keyboard_back(clock: Clock) -> None:
    reader = Reader(NEAR_SECONDS)
    assert said(reader.feed("\x1b[200~half a pas")) == []
    clock.now += input_parser.PASTE_SECONDS

    assert pasted(reader.tick()) == ["half a pas"]
    assert said(reader.feed("j")) == ["j"]


def test_a_paste_is_cut_where_it_would_fill_the_memory(clock: Clock) -> None:
    (text,) = pasted(Reader(NEAR_SECONDS).feed(f"\x1b[200~{'x' * (5 << 20)}\x1b[201~"))

    assert len(text) == input_parser.MAX_PASTE


def test_the_focus_the_mouse_and_the_size_are_still_told(clock: Clock) -> None:
    feed = Reader(NEAR_SECONDS).feed

    assert said(feed("\x1b[O\x1b[I")) == ["AppBlur", "AppFocus"]
    assert said(feed("\x1b[<0;3;4M")) == ["MouseDown"]
    assert said(feed("\x1b[48;40;120;640;960t")) == ["Resize"]
    assert said(feed("\x1b[27u\x1b[97;;97u")) == ["escape", "a"]
