"""An id for each request, in the state of its scope and in a header of its answer."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keyconsole.service.ids import RequestIds


class RequestIdMiddleware:
    """Sets `state["request_id"]` and adds `x-request-id`."""

    def __init__(self, app: ASGIApp, ids: RequestIds) -> None:
        self._app = app
        self._ids = ids

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        request_id = self._ids.new()
        scope["state"]["request_id"] = request_id
        header = (b"x-request-id", request_id.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        await self._app(scope, receive, send_with_id)
