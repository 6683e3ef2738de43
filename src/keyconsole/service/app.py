"""The ASGI app: `/v1/forward-auth` goes straight to verification, the rest to FastAPI."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from functools import partial
from time import perf_counter
from typing import Any

from starlette.requests import ClientDisconnect

from keyconsole.core.errors import ConfigurationError
from keyconsole.service import access_log, problems
from keyconsole.service.clock import Clock, system_clock
from keyconsole.service.logs import log
from keyconsole.service.management import management
from keyconsole.service.rules import revocations
from keyconsole.service.runtime import Runtime
from keyconsole.service.scheduler import DueWork, is_anything_due
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.engine import StoreDamagedError
from keyconsole.service.verification import forward_auth
from keyconsole.service.verification.forward_auth import ForwardAuth

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PATIENCE_SECONDS = 10.0
"""For a whole request of management, from its head to the end of its answer."""

WATCH_SECONDS = 1.0
"""How long another file at the path of the database goes unnoticed at most."""

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_NOT_STARTED = "the service is not started: run its lifespan, or call start()"
_BELOW = forward_auth.PATH + "/"
LISTEN_AFTER_SECONDS = 0.1
"""After so long it is of use to know that the client of a search has left."""


class _Exchange:
    """The messages of one request: the answer with its id, and none to whoever is not there."""

    def __init__(self, receive: Receive, send: Send, request_id: str) -> None:
        self.request_id = request_id
        self.status: int | None = None
        self.is_over = False
        self.is_waiting = False
        """Whether what was asked is still arriving, so that nothing has been done about it."""
        self._receive = receive
        self._send = send

    async def end_with_client(self, deadline: asyncio.Timeout) -> None:
        """End the time of a request that only reads once its client has left.

        No such request has a body that is read. Of one that comes in parts only the first is
        received, and then its client is not waited for.
        """
        # Listening makes uvicorn read on, where it paused to answer in order. Most are answered by
        # then.
        await asyncio.sleep(LISTEN_AFTER_SECONDS)
        while (message := await self._receive())["type"] != "http.disconnect":
            if message.get("more_body"):
                return
        self.is_over = True
        deadline.reschedule(asyncio.get_running_loop().time())

    async def receive(self) -> Message:
        self.is_waiting = True
        message = await self._receive()
        self.is_waiting = False
        if message["type"] == "http.disconnect":
            self.is_over = True
        return message

    async def send(self, message: Message) -> None:
        if self.is_over:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [
                *message.get("headers", ()),
                (b"x-request-id", self.request_id.encode()),
            ]
        await self._send(message)


class ServiceApp:
    """The service as an ASGI app, started by the server's lifespan or by whoever embeds it."""

    def __init__(
        self,
        settings: ServiceSettings,
        clock: Clock,
        elapsed: Clock | None = None,
        *,
        is_personal: bool = False,
    ) -> None:
        self.refusal: str | None = None
        """Why the lifespan did not start, in a sentence."""
        self._settings = settings
        self._clock = clock
        self._elapsed = elapsed
        self._is_personal = is_personal
        self._writes: set[asyncio.Task[None]] = set()
        self._runtime: Runtime | None = None
        self._due: DueWork | None = None
        self._forward_auth: App = _not_started
        self._management: App = management()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection of ASGI 3."""
        kind = scope["type"]
        if kind == "http":
            path = scope["path"]
            if path == forward_auth.PATH or path.startswith(_BELOW):
                await self._forward_auth(scope, receive, send)
            else:
                await self._manage(scope, receive, send)
        elif kind == "lifespan":
            await self._lifespan(receive, send)
        elif kind == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    async def start(self) -> Runtime:
        """Open everything; raises `ConfigurationError`."""
        runtime = await Runtime.open(self._settings, self._clock, self._elapsed)
        try:
            await runtime.history.look()
        except StoreDamagedError as error:
            await runtime.aclose()
            raise ConfigurationError(error.reason) from error
        await revocations.resume(runtime)
        runtime.watch.start(WATCH_SECONDS)
        runtime.history.start()
        runtime.recorder.start()
        runtime.demands.start()
        runtime.sign_ins.start()
        runtime.denials.start()
        self._runtime = runtime
        self._due = DueWork(runtime)
        if self._is_personal:
            runtime.clock_watch.asks_only_if = partial(is_anything_due, runtime)
        await self._due.start()
        self._forward_auth = ForwardAuth(
            runtime.verifier,
            runtime.recorder,
            runtime.demands,
            self._settings.trusted_proxies,
            runtime.request_ids,
            runtime.limits.failures,
            runtime.verifications,
            lets_preflight=self._settings.lets_preflight,
        )
        return runtime

    @property
    def verification(self) -> ForwardAuth | None:
        """What answers forward-auth, for a server that asks it without ASGI; once it is started."""
        return self._forward_auth if isinstance(self._forward_auth, ForwardAuth) else None

    @property
    def runtime(self) -> Runtime:
        """What is open; raises `RuntimeError` before it is started."""
        if self._runtime is None:
            raise RuntimeError(_NOT_STARTED)
        return self._runtime

    async def aclose(self) -> None:
        """Let writes that began come to their end, then close everything."""
        if self._writes:
            await asyncio.wait(self._writes)
        if self._due is not None:
            await self._due.aclose()
        await self.runtime.aclose()

    async def _manage(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer within the patience of the contract, one way or another."""
        exchange = _Exchange(receive, send, self.runtime.request_ids.new())
        answering = self._answer(scope, exchange)
        if scope["method"] in _READS:
            await self._read(scope, exchange, answering)
        else:
            await self._write(scope, exchange, answering)

    async def _read(
        self, scope: Scope, exchange: "_Exchange", answering: Coroutine[Any, Any, None]
    ) -> None:
        """A read is ended when its time is over, and answered before that has come to its end.

        A connection to a server that hangs takes two seconds to be given up.
        """
        late: list[asyncio.Task[None]] = []

        def give_up() -> None:
            late.append(asyncio.create_task(_give_up(scope, exchange)))

        timer = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, give_up)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS) as deadline:
                client = asyncio.create_task(exchange.end_with_client(deadline))
                try:
                    await answering
                finally:
                    client.cancel()
        except TimeoutError:
            await (late[0] if late else _give_up(scope, exchange))
        finally:
            timer.cancel()

    async def _write(
        self, scope: Scope, exchange: "_Exchange", answering: Coroutine[Any, Any, None]
    ) -> None:
        """A write that began is finished even if whoever asked hangs up or is cancelled."""
        task = asyncio.create_task(answering)
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        try:
            done, _ = await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        except asyncio.CancelledError:
            exchange.is_over = True
            raise
        if done:
            task.result()
            return
        if exchange.is_waiting:
            task.cancel()
        await _give_up(scope, exchange)

    async def _answer(self, scope: Scope, exchange: "_Exchange") -> None:
        began = perf_counter()
        await self._ask(scope, exchange)
        if exchange.status is not None:
            access_log.tell(self.runtime, scope, exchange.status, perf_counter() - began)

    async def _ask(self, scope: Scope, exchange: "_Exchange") -> None:
        request_id = exchange.request_id
        scope["state"] = {"request_id": request_id, "runtime": self.runtime}
        try:
            await self._management(scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            log.debug("whoever asked hung up", request_id=request_id)
        except Exception:  # noqa: BLE001 - a bug is an answer too, and a line in the log
            # Not `exception`: it hands the traceback on past the guard that redacts it.
            log.error("a request failed", exc_info=True, request_id=request_id, path=scope["path"])
            if exchange.status is None:
                refusal = problems.respond(problems.internal_error(), scope)
                await refusal(scope, exchange.receive, exchange.send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            (await self.start()).checkpoints.start()
        except ConfigurationError as error:
            self.refusal = error.message
            await send({"type": "lifespan.startup.failed", "message": error.message})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.aclose()
        await send({"type": "lifespan.shutdown.complete"})


def create_app(
    settings: ServiceSettings,
    *,
    clock: Clock = system_clock,
    elapsed: Clock | None = None,
    is_personal: bool = False,
) -> ServiceApp:
    """The service as an ASGI app for uvicorn (lifespan on), or for `start()` and `aclose()`.

    `elapsed` is the time that passed, which tells whether the clock was set. A personal service may
    be closed for any time; it doubts its clock only where something would be done by it.
    """
    return ServiceApp(settings, clock, elapsed, is_personal=is_personal)


async def _give_up(scope: Scope, exchange: "_Exchange") -> None:
    """Say that it took too long, unless an answer has begun; a later one reaches nobody."""
    if exchange.status is None:
        late = problems.request_timeout() if exchange.is_waiting else problems.answer_timeout()
        answer = problems.respond(late, scope)
        await answer(scope, exchange.receive, exchange.send)
    exchange.is_over = True


async def _not_started(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise RuntimeError(_NOT_STARTED)
