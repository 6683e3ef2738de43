"""HTTP/1.1 as uvicorn speaks it, with a limit to what is taken before anybody signed in.

httptools collects a header of any length before it says a word of it, so bytes are counted as
they arrive: those of a request that are not its body.

And with answers in the order of what was asked: where uvicorn would refuse nonsense, or hang up on
whoever has nothing more to say, before it has answered what came first, this answers that first.
"""

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from keyconsole.core.errors import PROBLEMS
from keyconsole.service.fast_path import ShortcutProtocol
from keyconsole.service.framing import Fault, fault_of
from keyconsole.service.verification.answers import problem_document

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

MAX_HEAD = 64 * 1024
"""Bytes of request line and headers; of trailers and the framing of chunks as many."""
MAX_HEADERS = 200
HEAD_SECONDS = 10.0
"""Seconds for a head, from its first byte; and from the connection to that byte."""

_SEPARATORS = len(": \r\n")


def _answer(code: str, sentence: str) -> bytes:
    """Returns a whole answer. A gateway reads its reason wherever the request was going to."""
    kind = PROBLEMS[code]
    document = problem_document(code, sentence)
    del document["instance"]  # there is no request that could have an id
    body = json.dumps(document).encode()
    return (
        b"HTTP/1.1 %d %b\r\n"
        b"x-auth-reason: %b\r\n"
        b"content-type: application/problem+json\r\n"
        b"content-length: %d\r\n"
        b"cache-control: no-store\r\n"
        b"connection: close\r\n"
        b"\r\n"
        b"%b"
        % (kind.status, HTTPStatus(kind.status).phrase.encode(), code.encode(), len(body), body)
    )


_MALFORMED = _answer("request-malformed", "The request is not valid HTTP.")
_TOO_LARGE = _answer("head-too-large", "The request line and the headers are too large.")
_TOO_LATE = _answer("request-timeout", "The request line and the headers took too long.")
_BY_FAULT = {fault: _answer("request-malformed", fault.value) for fault in Fault}


class _RefusedHeadError(Exception):
    """Raised where httptools calls back, so that it parses no further."""


class BoundedProtocol(ShortcutProtocol):
    """Answers 431 (RFC 6585, section 5) and closes once a head is too large.

    Before it says so it holds no more than the limit and what two reads brought.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read = 0
        self._taken = 0
        self._refusal = _MALFORMED
        self._is_in_head = False
        self._timer: asyncio.TimerHandle | None = None
        self._last: bytes | None = None
        """The last answer, sent once everything before it is answered. Nothing more is read."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a head, but not for ever."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(HEAD_SECONDS, self._refuse, _TOO_LATE)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came. What is neither parsed nor body by then is counted."""
        if self._last is not None:
            return
        self._read = len(data)
        self._taken += self._read
        super().data_received(data)
        if self._taken > MAX_HEAD and not self.transport.is_closing():
            self._refuse(_TOO_LARGE)
        # Only a head that comes in pieces needs a timer, and hardly any does.
        if self._is_in_head and self._timer is None:
            self._timer = self.loop.call_later(HEAD_SECONDS, self._refuse, _TOO_LATE)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Whoever has nothing more to say may be listening still."""
        self._refuse(b"")
        return not self.transport.is_closing()

    def on_message_begin(self) -> None:
        """Count from here, which is within a read: the next one is the first to count."""
        super().on_message_begin()
        self._taken = 0
        self._is_in_head = True

    def on_headers_complete(self) -> None:
        """Hand the request on, unless its head is too large or breaks a rule of RFC 9112."""
        self._is_in_head = False
        if self._timer is not None:
            self._stop_timer()
        # A head that came in one small read needs no weighing, and nearly every one does.
        is_weighed = self._taken > 0 or self._read > MAX_HEAD
        if len(self.headers) > MAX_HEADERS or (is_weighed and self._weight() > MAX_HEAD):
            self._refusal = _TOO_LARGE
            raise _RefusedHeadError
        if fault := fault_of(self.parser.get_http_version(), self.headers):
            self._refusal = _BY_FAULT[fault]
            raise _RefusedHeadError
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand a part of the body on, which has limits of its own."""
        self._taken -= len(body)
        super().on_body(body)

    def on_response_complete(self) -> None:
        """Go on with what was asked next, if anything was."""
        if self._last is None or self.pipeline:
            super().on_response_complete()
        else:
            self._hang_up(self._last)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own words
        """Refuses what was not parsed to its end, which is how the head was refused here too."""
        self._refuse(self._refusal)

    def _unsupported_upgrade_warning(self) -> None:
        """Answers and hangs up, since the parser reads nothing after a request to upgrade."""
        self.cycle.keep_alive = False
        self._refuse(b"")

    def _weight(self) -> int:
        return len(self.url) + sum(
            len(name) + len(value) + _SEPARATORS for name, value in self.headers
        )

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, answer: bytes) -> None:
        """Say this after what was asked before has been answered, and hang up."""
        if self._last is not None:
            return
        # There is no cycle before the first request.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is None or cycle.response_complete:
            self._hang_up(answer)
        elif cycle.more_body and not self.pipeline:
            # What is being answered is what went wrong. Not into the middle of its answer.
            self._hang_up(b"" if cycle.response_started else answer)
        else:
            if cycle.more_body:
                self.pipeline.popleft()
            self._last = answer

    def _hang_up(self, last: bytes) -> None:
        self._flush()
        if last and not self.transport.is_closing():
            self.transport.write(last)
        self.transport.close()
