"""HTTP/1.1 as uvicorn speaks it, with a limit to what is taken before anybody signed in.

httptools collects a header of any length before it says a word of it, so bytes are counted as
they arrive: those of a request that are not its body.
"""

from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MAX_HEAD = 64 * 1024
"""Bytes of request line and headers; of trailers and the framing of chunks as many."""
MAX_HEADERS = 200

_SEPARATORS = len(": \r\n")
_SENTENCE = b"The request line and the headers are too large."
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\n"
    b"content-length: %d\r\n"
    b"connection: close\r\n"
    b"\r\n"
    b"%b" % (len(_SENTENCE), _SENTENCE)
)


class _HeadTooLargeError(Exception):
    """Raised where httptools calls back, so that it parses no further."""


class BoundedProtocol(HttpToolsProtocol):
    """Answers 431 (RFC 6585, section 5) and closes once a head is too large.

    Before it says so it holds no more than the limit and what two reads brought.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read = 0
        self._taken = 0
        self._is_refusing = False

    def data_received(self, data: bytes) -> None:
        """Parse what came. What is neither parsed nor body by then is counted."""
        self._read = len(data)
        self._taken += self._read
        super().data_received(data)
        if self._taken > MAX_HEAD and not self.transport.is_closing():
            self._refuse()

    def on_message_begin(self) -> None:
        """Count from here, which is within a read: the next one is the first to count."""
        super().on_message_begin()
        self._taken = 0

    def on_headers_complete(self) -> None:
        """Hand the request on, unless its head is too large."""
        # A head that came in one small read needs no weighing, and nearly every one does.
        is_weighed = self._taken > 0 or self._read > MAX_HEAD
        if len(self.headers) > MAX_HEADERS or (is_weighed and self._weight() > MAX_HEAD):
            self._is_refusing = True
            raise _HeadTooLargeError
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand a part of the body on, which has limits of its own."""
        self._taken -= len(body)
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """What uvicorn does when parsing failed, as it does when it was ended here."""
        if self._is_refusing:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _weight(self) -> int:
        return len(self.url) + sum(
            len(name) + len(value) + _SEPARATORS for name, value in self.headers
        )

    def _refuse(self) -> None:
        # Not into the middle of another answer. There is no cycle before the first request.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is None or cycle.response_complete:
            self.transport.write(_TOO_LARGE)
        self.transport.close()
