"""`/v1/revoke`: RFC 7009. Whoever holds a key may end it."""

from fastapi import APIRouter, Request, Response

from keyconsole.service.limits import site_of
from keyconsole.service.routes.answers import NO_STORE
from keyconsole.service.routes.oauthforms import read_request, takes_form
from keyconsole.service.routes.requests import runtime_of, source, spend
from keyconsole.service.rules.possession import revoke_presented

PATH = "/v1/revoke"

router = APIRouter(tags=["verification"])


@router.post("/revoke", response_class=Response, openapi_extra=takes_form())
async def revoke_by_possession(request: Request) -> Response:
    """Revoke the key whose value this is. The answer says nothing of whether there was one.

    No client credentials are needed; wrong ones are refused, and then nothing is revoked.
    """
    runtime = runtime_of(request)
    address = source(request)
    spend(runtime.limits.possession, site_of(address))
    token = (await read_request(request)).token()
    await revoke_presented(runtime, token, request.state.request_id, address)
    return Response(status_code=200, headers=NO_STORE)
