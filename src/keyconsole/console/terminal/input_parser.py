"""Turns the input of the terminal into keys and pastes: whole, in order, and nothing else.

Textual takes an unknown sequence for keys, letter by letter: what a terminal answers to a query,
or a paste with an escape in it, would press them. Here a sequence is collected first. One that
says nothing is dropped, a paste is one event whatever is in it, and an escape waits for the rest
of its sequence as long as the line to the terminal may take (ECMA-48; xterm control sequences).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from textual import events

from keyconsole.console.terminal.textual_compat import (
    ANSI_SEQUENCES_KEYS,
    BRACKETED_PASTE_START,
    KNOWN_SEQUENCES,
    SPECIAL_SEQUENCES,
    XTermParser,
    event_time,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from textual.message import Message

NEAR_SECONDS, FAR_SECONDS = 0.1, 0.45
"""Seconds to wait for the rest of a sequence, from a near terminal and from any other."""
PROMPT_SECONDS = 0.05
PASTE_SECONDS = 3.0
"""A paste whose end does not come is over when nothing came for so long."""
MAX_PASTE = 4 << 20
_MAX_SEQUENCE, _MAX_STRING = 64, 4096

_PASTE_END = "\x1b[201~"
_CSI = re.compile(r"\x1b\[(?:M...|\[.|[0-?]*[ -/]*[@-Z\\^-~])", re.DOTALL)
_STRING_STARTS = frozenset("]P_^X")
_FRAMING_ANSWER = "\x1b[?2026;"


def patience_for(environ: Mapping[str, str]) -> float | None:
    """Seconds to wait for the rest of a sequence; nothing where the terminal is to be measured."""
    if (given := environ.get("ESCDELAY", "")).isdecimal() and int(given) > 0:
        return int(given) / 1000
    if environ.get("TMUX") or environ.get("STY"):
        return NEAR_SECONDS  # a multiplexer sends each key whole
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return FAR_SECONDS
    if environ.get("TERM") == "linux" or environ.get("TERM_PROGRAM") == "Apple_Terminal":
        return NEAR_SECONDS  # both are on this machine, and answer nothing
    return None


class Reader:
    """Text from a terminal in, events of Textual out. `patience` is as `patience_for` says."""

    def __init__(self, patience: float | None) -> None:
        self._is_measured = patience is None
        self._patience = FAR_SECONDS if patience is None else patience
        self._parser = XTermParser()
        self._held = ""
        self._pasted: list[str] | None = None
        self._due: float | None = None
        self._asked_at = event_time()

    def asked(self) -> None:
        """The terminal has been asked something just now: how near it is shows in the answer."""
        self._asked_at = event_time()

    def feed(self, text: str) -> Iterator[Message]:
        """The events that `text` completes."""
        self._held += text
        while self._held:
            before = self._held
            yield from self._step()
            if self._held == before:
                break
        self._due = None
        if self._held or self._pasted is not None:
            wait = self._patience if self._pasted is None else PASTE_SECONDS
            self._due = event_time() + wait

    def tick(self) -> Iterator[Message]:
        """The events of what was waited for in vain."""
        if self._due is None or event_time() < self._due:
            return
        self._due = None
        if self._pasted is not None:
            self._pasted.append(self._held)
            self._held = ""
            yield self._paste()
            return
        held, self._held = self._held, ""
        if len(held) <= 2:  # the escape key, or a key with alt; more is the ruin of a sequence
            yield from self._parse(held)

    def _step(self) -> Iterator[Message]:
        """Take one thing off what is held, or leave it as it is where more must come."""
        if self._pasted is not None:
            yield from self._collect_paste(self._pasted)
            return
        start = self._held.find("\x1b")
        if start != 0:
            plain = self._held if start < 0 else self._held[:start]
            self._held = self._held[len(plain) :]
            yield from self._parse(plain)
            return
        second = self._held[1:2]
        if second == "[":
            yield from self._take_sequence()
        elif second in _STRING_STARTS and second:
            self._skip_string()
        elif second == "O":
            if len(self._held) > 2:
                yield from self._take(3)
        elif second == "\x1b":
            yield from self._take(1)
        elif second:
            yield from self._take(2)

    def _take(self, size: int) -> Iterator[Message]:
        taken, self._held = self._held[:size], self._held[size:]
        yield from self._parse(taken)

    def _take_sequence(self) -> Iterator[Message]:
        match = _CSI.match(self._held)
        if match is None:
            if "\x1b" in self._held[1:]:
                self._held = self._held[self._held.index("\x1b", 1) :]
            elif len(self._held) > _MAX_SEQUENCE:
                self._held = ""
            return
        sequence = match.group()
        self._held = self._held[len(sequence) :]
        if sequence.startswith(_FRAMING_ANSWER) and self._is_measured:
            is_near = event_time() - self._asked_at < PROMPT_SECONDS
            self._patience = NEAR_SECONDS if is_near else FAR_SECONDS
        if sequence == BRACKETED_PASTE_START:
            self._pasted = []
        elif sequence != _PASTE_END and _says_something(sequence):
            yield from self._parse(sequence)

    def _skip_string(self) -> None:
        """Drop an answer that is a string (OSC, DCS …), up to its end."""
        ends = [
            found + len(end)
            for end in ("\x07", "\x1b\\", "\x9c")
            if (found := self._held.find(end, 2)) >= 0
        ]
        if ends:
            self._held = self._held[min(ends) :]
        elif len(self._held) > _MAX_STRING:
            self._held = ""

    def _collect_paste(self, pasted: list[str]) -> Iterator[Message]:
        text, end, rest = self._held.partition(_PASTE_END)
        if end:
            pasted.append(text)
            self._held = rest
            yield self._paste()
            return
        sizes = range(len(_PASTE_END) - 1, 0, -1)
        kept = next((size for size in sizes if text.endswith(_PASTE_END[:size])), 0)
        pasted.append(text[: len(text) - kept])
        self._held = text[len(text) - kept :]

    def _paste(self) -> events.Paste:
        text = "".join(self._pasted or ())[:MAX_PASTE]
        self._pasted = None
        return events.Paste(text.replace("\x00", ""))

    def _parse(self, text: str) -> Iterator[Message]:
        """The events of something whole, without waiting for more."""
        yield from self._parser.feed(text)
        if self._parser._timeout_time is not None:  # noqa: SLF001 - it holds an escape back
            self._parser._timeout_time = 0.0  # noqa: SLF001
            yield from self._parser.tick()


def _says_something(sequence: str) -> bool:
    return (
        sequence in ANSI_SEQUENCES_KEYS
        or sequence in SPECIAL_SEQUENCES
        or any(pattern.fullmatch(sequence) for pattern in KNOWN_SEQUENCES)
    )
