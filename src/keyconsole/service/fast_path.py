"""Forward-auth answered where its head is parsed: a task and a cycle of ASGI cost more than it.

The same object answers as behind ASGI, so there is one set of rules. What is not a plain request
for it, with nothing before it that is still being answered, goes the usual way.
"""

import asyncio
from collections.abc import Coroutine, Generator
from functools import partial
from types import coroutine
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from keyconsole.service.verification import forward_auth
from keyconsole.service.verification.forward_auth import Answer, ForwardAuth

_PATH = forward_auth.PATH.encode()
_BELOW = _PATH + b"/"
_ELSEWHERE = (b"%", b"#")
"""Of a target that has to be taken apart before it is known what it means."""


class _Exchange:
    """The attributes that uvicorn reads of a request cycle, for an answer made without one."""

    def __init__(self) -> None:
        self.response_complete = True
        self.disconnected = False
        self.keep_alive = True
        self.more_body = False
        self.message_event = asyncio.Event()


class ShortcutProtocol(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, but for one path."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._verification: ForwardAuth | None = getattr(self.app, "verification", None)
        self._exchange = _Exchange()
        self._unsent: list[bytes] = []

    def on_headers_complete(self) -> None:
        """Answers a request of forward-auth, and passes any other on."""
        cycle = cast("RequestResponseCycle | _Exchange | None", self.cycle)
        verification = self._verification
        is_first = cycle is None or cycle.response_complete
        if verification is not None and is_first and self._is_plain():
            self._answer(verification)
        else:
            self._flush()
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A verification has no use for one."""
        if cast("object", self.cycle) is not self._exchange:
            super().on_body(body)

    def shutdown(self) -> None:
        """Sends the answers that are not sent yet, and closes."""
        self._flush()
        super().shutdown()

    def _is_plain(self) -> bool:
        if not self.url.startswith(_PATH):
            return False
        path, _, query = self.url.partition(b"?")
        if path != _PATH and not path.startswith(_BELOW):
            return False
        if any(each in self.url for each in _ELSEWHERE) or self.parser.should_upgrade():
            return False
        self.scope["path"] = path.decode("ascii")
        self.scope["query_string"] = query
        self.scope["method"] = self.parser.get_method().decode("ascii")
        return True

    def _answer(self, verification: ForwardAuth) -> None:
        exchange = self._exchange
        exchange.response_complete = False
        exchange.keep_alive = (
            self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        )
        self.cycle = cast("RequestResponseCycle", exchange)
        answering = verification.answer(cast("dict[str, Any]", self.scope))
        try:
            awaited = answering.send(None)
        except StopIteration as ended:
            self._send(ended.value)
        except Exception:  # noqa: BLE001 - a bug is an answer too, and a line in the log
            self._fail()
        else:
            task = self.loop.create_task(self._go_on(answering, awaited))
            task.add_done_callback(self.tasks.discard)
            self.tasks.add(task)

    async def _go_on(self, answering: Coroutine[Any, Any, Answer], awaited: object) -> None:
        try:
            answer = await _rest(answering, awaited)
        except Exception:  # noqa: BLE001 - as above
            self._fail()
        else:
            self._send(answer)

    def _fail(self) -> None:
        self._exchange.keep_alive = False
        self._send(forward_auth.failed())

    def _send(self, answer: Answer) -> None:
        exchange = self._exchange
        exchange.response_complete = True
        if self.transport.is_closing():
            return
        lines = [STATUS_LINE[answer.status]]
        for name, value in (*self.server_state.default_headers, *answer.headers):
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"\r\n" if exchange.keep_alive else b"connection: close\r\n\r\n")
        lines.append(answer.body)
        if not self._unsent:
            # Once whatever else arrived in this turn of the loop was read: writing wakes whoever
            # asked, who then takes the processor from the others.
            self.loop.call_soon(self._flush)
        self._unsent += lines
        if not exchange.keep_alive:
            self._flush()
            self.transport.close()
        self.on_response_complete()

    def _flush(self) -> None:
        if self._unsent:
            unsent, self._unsent = self._unsent, []
            if not self.transport.is_closing():
                self.transport.write(b"".join(unsent))


@coroutine
def _rest(begun: Coroutine[Any, Any, Answer], awaited: object) -> Generator[Any, Any, Answer]:
    """Runs the rest of a coroutine that has begun and waits for `awaited`, within a task."""
    while True:
        try:
            go_on = partial(begun.send, (yield awaited))
        except BaseException as error:  # noqa: BLE001 - for whoever waits: a store that is away
            go_on = partial(begun.throw, error)
        try:
            awaited = go_on()
        except StopIteration as ended:
            answer: Answer = ended.value
            return answer
