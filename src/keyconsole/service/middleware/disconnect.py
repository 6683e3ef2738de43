"""A request that only reads ends with its client."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from keyconsole.service.middleware.methods import SAFE_METHODS

LISTEN_AFTER_SECONDS = 0.1
"""Listening makes uvicorn read on, where it paused to answer in order. Most are answered by then.

A search that goes on for longer is worth ending once nobody waits for it.
"""


class DisconnectMiddleware:
    """Cancels a request that only reads once its client has left.

    No such request has a body that is read. Of one that comes in parts only the first is
    received, and then its client is not waited for.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["method"] not in SAFE_METHODS:
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(None) as presence:
                listening = asyncio.create_task(_end_with_client(receive, presence))
                try:
                    await self._app(scope, receive, send)
                finally:
                    listening.cancel()
        except TimeoutError:
            return  # there is nobody to answer


async def _end_with_client(receive: Receive, presence: asyncio.Timeout) -> None:
    await asyncio.sleep(LISTEN_AFTER_SECONDS)
    while (message := await receive())["type"] != "http.disconnect":
        if message.get("more_body"):
            return
    presence.reschedule(asyncio.get_running_loop().time())
