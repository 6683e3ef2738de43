"""Attempts without permission: answered as every refusal, and noted."""

import re

from fastapi import Request, Response

from keyconsole.service import problems
from keyconsole.service.routes.requests import route_of, runtime_of, source
from keyconsole.service.rules.principals import PermissionDeniedError, Principal

_ID = re.compile(r"[a-z]{2,4}_[0-9a-z]{16}")


async def on_denied(request: Request, error: Exception) -> Response:
    """A `PermissionDeniedError`, of whoever the request is from."""
    if isinstance(error, PermissionDeniedError):
        principal: Principal = request.state.principal
        runtime_of(request).denials.note(
            error.workspaces,
            principal.name,
            error.permission,
            target_of(request),
            request.state.request_id,
            source(request),
        )
    return await problems.on_error(request, error)


def target_of(request: Request) -> str:
    """The id in the address if there is one, else the route; never text that anybody chose."""
    for value in request.path_params.values():
        if isinstance(value, str) and _ID.fullmatch(value):
            return value
    return route_of(request.scope)
