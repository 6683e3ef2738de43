"""One request, one reply: deadlines, the size limit, and what a cancelled caller leaves behind."""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx

from keyconsole.client.unreachable import sentence
from keyconsole.core.errors import (
    KeyconsoleError,
    ServiceUnreachableError,
    UnexpectedAnswerError,
    problem,
)

MAX_BODY = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply, unread and not yet safe to show. No `repr` shows the body."""

    status: int
    reason: str
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)


class Exchange:
    """Sends requests and reads replies, or says in a sentence why there is none.

    `peer` is what the sentences call the other side, `proxy` what stands before it. With
    `detached` a request runs to its end even if nobody waits for it any more: the handler of an
    embedded service lives in the caller's task, and cancelling it would tear a transaction or a
    connection out of its pool.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        peer: str,
        timeout: float,
        detached: bool,
        proxy: str | None = None,
    ) -> None:
        self.peer, self._proxy = peer, proxy
        self.latency_ms: float | None = None
        self._http = http
        self._timeout = timeout
        self._is_detached = detached
        self._detached: set[asyncio.Task[Reply]] = set()

    async def send(
        self, method: str, address: str, *, headers: dict[str, str], body: bytes | None
    ) -> Reply:
        """Returns the reply to a request, all of it, within the deadline.

        Raises `ServiceUnreachableError`, `UnexpectedAnswerError`, or `InvalidRequestError` for
        an address of more than 64 KiB. They are raised outside of the handler: what httpx
        raised holds the request, its token and its body.
        """
        started = time.perf_counter()
        trouble: KeyconsoleError
        try:
            request = self._http.build_request(method, address, headers=headers, content=body)
            async with asyncio.timeout(self._timeout):
                reply = await self._run(self._read(request))
        except (TimeoutError, httpx.TimeoutException):
            trouble = ServiceUnreachableError(
                f"{self.peer} did not answer within {self._timeout:g} s."
            )
        except httpx.InvalidURL:  # a cursor or an id of the service, or what a person looks for
            trouble = problem("request-invalid", "What is asked for is too long for an address.")
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            trouble = sentence(self.peer, error, self._proxy)
        else:
            self.latency_ms = (time.perf_counter() - started) * 1000
            return reply
        raise trouble

    async def aclose(self) -> None:
        """Waits for detached requests to end, within the deadline, and closes connections."""
        if self._detached:
            await asyncio.wait(self._detached, timeout=self._timeout)
        await self._http.aclose()

    async def _run(self, reading: Coroutine[Any, Any, Reply]) -> Reply:
        if not self._is_detached:
            return await reading
        task = asyncio.create_task(reading)
        self._detached.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: asyncio.Task[Reply]) -> None:
        self._detached.discard(task)
        if not task.cancelled():
            task.exception()  # read, so that asyncio does not print it

    async def _read(self, request: httpx.Request) -> Reply:
        response = await self._http.send(request, stream=True, follow_redirects=False)
        try:
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise UnexpectedAnswerError(
                    f"{self.peer} answered in an encoding nobody asked for."
                )
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BODY:
                    raise UnexpectedAnswerError(
                        f"{self.peer} answered with more than {MAX_BODY >> 20} MiB."
                    )
        finally:
            await response.aclose()
        return Reply(response.status_code, response.reason_phrase, response.headers, bytes(body))


class EmbeddedTransport(httpx.AsyncBaseTransport):
    """The service in this process. What breaks inside it is a 500, as it is over a network.

    `httpx.ASGITransport` raises what the app raised, which may hold a request with a secret.
    """

    def __init__(self, app: Any) -> None:
        self._asgi = httpx.ASGITransport(app, raise_app_exceptions=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Returns the app's response, or an empty 500 if the app broke the protocol."""
        try:
            return await self._asgi.handle_async_request(request)
        except Exception:  # noqa: BLE001 - whatever an app does, the console goes on
            return httpx.Response(500, request=request)
