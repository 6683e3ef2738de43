"""A change that began is finished, even if its client hangs up."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from keyconsole.service.middleware.methods import SAFE_METHODS
from keyconsole.service.tasks import TaskSet


class WriteShieldMiddleware:
    """Runs every request that may change something in a task that its own end does not cancel."""

    def __init__(self, app: ASGIApp, writes: TaskSet) -> None:
        self._app = app
        self._writes = writes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["method"] in SAFE_METHODS:
            await self._app(scope, receive, send)
        else:
            await asyncio.shield(self._writes.start(self._answer(scope, receive, send)))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
