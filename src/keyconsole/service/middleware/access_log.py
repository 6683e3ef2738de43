"""The access log and the counter of requests.

Reads that succeed are for debugging; what changes something or was refused is information. A
route stands for the address, which may be anything.
"""

import logging
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keyconsole.service.counters import OutcomeCounter
from keyconsole.service.logs import log
from keyconsole.service.middleware.methods import SAFE_METHODS
from keyconsole.service.routes.requests import route_of

_METHODS = SAFE_METHODS | {"POST", "PATCH", "PUT", "DELETE"}
_REFUSED = 400


class AccessLogMiddleware:
    """Logs and counts each request that was answered; one whose client left was not."""

    def __init__(self, app: ASGIApp, requests: OutcomeCounter[tuple[str, str, int]]) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        began = perf_counter()
        status: int | None = None

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, noting)
        if status is not None:
            self._record(scope, status, perf_counter() - began)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = route_of(scope)
        self._requests.add((method, route, status), seconds)
        principal = scope["state"].get("principal")
        log.log(
            logging.DEBUG if method in SAFE_METHODS and status < _REFUSED else logging.INFO,
            "answered",
            request_id=scope["state"]["request_id"],
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            account=principal and principal.account.id,
        )
