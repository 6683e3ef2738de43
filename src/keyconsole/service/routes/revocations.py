"""`/v1/revocations`: many keys at once."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from keyconsole.service.routes.answers import answer, long_answer
from keyconsole.service.routes.requests import Caller, accepts, read_body
from keyconsole.service.rules import revocations
from keyconsole.service.rules.pages import PageQuery
from keyconsole.wire import Permission, Revocation, RevocationRequest, Selection

router = APIRouter(tags=["revocations"])

MAX_BODY = 4 * 1024 * 1024


@router.post(
    "/revocations",
    status_code=202,
    response_model=Revocation,
    responses={200: {"model": Selection, "description": "What a dry run found"}},
    openapi_extra=accepts(RevocationRequest),
)
async def create_revocation(context: Caller, request: Request) -> Response:
    """Show which keys are meant (`dry_run`), or revoke exactly what was shown."""
    context.principal.workspaces_with(Permission.KEYS_REVOKE)
    asked = await read_body(request, RevocationRequest, limit=MAX_BODY)
    if asked.dry_run:
        return await long_answer(await revocations.dry_run(context, asked), "keys")
    return answer(await revocations.revoke_selected(context, asked), 202)


@router.get("/revocations/{revocation_id}", response_model=Revocation)
async def get_revocation(
    context: Caller, revocation_id: str, query: Annotated[PageQuery, Query()]
) -> Response:
    """The progress of a bulk revoke, and the outcome of each key."""
    found = await revocations.show_revocation(
        context, revocation_id, limit=query.limit, cursor=query.cursor
    )
    return await long_answer(found, "items")
