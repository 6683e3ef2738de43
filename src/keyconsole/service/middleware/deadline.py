"""Every request is answered within a time, one way or another."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keyconsole.service import problems

DEADLINE_SECONDS = 10.0
"""For a whole request of management, from its head to the end of its answer."""


class DeadlineMiddleware:
    """Answers `request-timeout` or `store-unavailable` where the app has not answered in time.

    The app is cancelled. Whatever it sends from then on reaches nobody, and a body that did not
    arrive ends for it as if the client had left.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, answered in time even where cancelling the app takes a while."""
        exchange = _Exchange(receive, send)
        answers: list[asyncio.Task[None]] = []

        def answer_late() -> None:
            exchange.is_over = True
            if not exchange.is_answered:
                answers.append(asyncio.create_task(_answer_late(exchange, scope, receive, send)))

        timer = asyncio.get_running_loop().call_at(exchange.ends_at, answer_late)
        try:
            async with asyncio.timeout_at(exchange.ends_at):
                await self._app(scope, exchange.receive, exchange.send)
        except TimeoutError:
            exchange.is_late = True
        finally:
            timer.cancel()
            exchange.is_over = True
        if exchange.is_late and not answers:
            answer_late()
        await asyncio.gather(*answers)


async def _answer_late(exchange: "_Exchange", scope: Scope, receive: Receive, send: Send) -> None:
    late = problems.request_timeout() if exchange.is_waiting else problems.answer_timeout()
    await problems.respond(late, scope)(scope, receive, send)


class _Exchange:
    """The messages of one request, until it is over."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.ends_at = asyncio.get_running_loop().time() + DEADLINE_SECONDS
        self.is_answered = False
        self.is_late = False
        self.is_over = False
        self.is_waiting = False
        """True while the body is arriving, so that nothing has been done about it."""
        self._receive = receive
        self._send = send

    async def receive(self) -> Message:
        self.is_waiting = True
        try:
            async with asyncio.timeout_at(self.ends_at):
                message = await self._receive()
        except TimeoutError:
            self.is_late = self.is_over = True
            return {"type": "http.disconnect"}
        self.is_waiting = False
        if message["type"] == "http.disconnect":
            self.is_over = True
        return message

    async def send(self, message: Message) -> None:
        if self.is_over:
            return
        self.is_answered = True
        await self._send(message)
