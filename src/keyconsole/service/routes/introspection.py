"""`/v1/introspect`: RFC 7662, for gateways that ask instead of forwarding."""

import json

from fastapi import APIRouter, Request, Response

from keyconsole.service.limits import site_of
from keyconsole.service.routes.answers import MEDIA_TYPE, NO_STORE
from keyconsole.service.routes.oauthforms import read_request, takes_form
from keyconsole.service.routes.requests import source, spend
from keyconsole.service.rules.introspection import introspect
from keyconsole.service.rules.principals import not_signed_in
from keyconsole.service.verification.sources import KEPT_OF_AGENT
from keyconsole.wire import Introspection, Permission

router = APIRouter(tags=["verification"])


@router.post("/introspect", response_model=Introspection, openapi_extra=takes_form())
async def introspect_token(request: Request) -> Response:
    """Tells if a key authenticates now, and whose it is; nothing else unless it does."""
    asked = await read_request(request)
    context = asked.context
    if context is None:
        raise not_signed_in("Sign in with an operator token: HTTP Basic, client_secret or Bearer.")
    context.principal.workspaces_with(Permission.INTROSPECT)
    token = asked.token()
    address = source(request)
    agent = request.headers.get("user-agent", "").encode("latin-1")[:KEPT_OF_AGENT]
    found = await introspect(context, token, (address, agent))
    if not found.active:
        spend(context.runtime.limits.failures, site_of(address))
    content = found.model_dump(mode="json", exclude_none=True)
    return Response(json.dumps(content), 200, NO_STORE, media_type=MEDIA_TYPE)
