"""A change that began is finished, even if its client hangs up."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from keyconsole.service.middleware.methods import SAFE_METHODS
from keyconsole.service.task_set import Background


class WriteShieldMiddleware:
    """Runs every request that may change something in a task that its own end does not cancel."""

    def __init__(self, app: ASGIApp, writes: Background) -> None:
        self._app = app
        self._writes = writes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        answering = self._app(scope, receive, send)
        if scope["method"] in SAFE_METHODS:
            await answering
        else:
            await asyncio.shield(self._writes.start(answering))
