"""`/v1/identify`, which key is this."""

from fastapi import APIRouter, Request, Response

from keyconsole.service.routes.answers import NO_STORE, answer
from keyconsole.service.routes.requests import UnnamedCaller, accepts, read_body
from keyconsole.service.rules.identification import identify
from keyconsole.wire import Identified, IdentifyRequest, Permission

router = APIRouter(tags=["keys"])


@router.post("/identify", response_model=Identified, openapi_extra=accepts(IdentifyRequest))
async def identify_key(context: UnnamedCaller, request: Request) -> Response:
    """The card of a key, and whether it would authenticate now."""
    context.principal.workspaces_with(Permission.KEYS_READ)
    asked = await read_body(request, IdentifyRequest)
    return answer(await identify(context, asked), headers=NO_STORE)
