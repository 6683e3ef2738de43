"""A defect is an answer too, and a line in the log."""

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keyconsole.service import problems
from keyconsole.service.logs import log


class ProblemMiddleware:
    """Logs what the app raises, and answers `internal-error` unless an answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        is_answered = False
        request_id = scope["state"]["request_id"]

        async def noting(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:
            log.debug("whoever asked hung up", request_id=request_id)
        except Exception:  # noqa: BLE001 - of every kind
            # Not `exception`: it hands the traceback on past the guard that redacts it.
            log.error("a request failed", exc_info=True, request_id=request_id, path=scope["path"])
            if not is_answered:
                await problems.respond(problems.internal_error(), scope)(scope, receive, send)
