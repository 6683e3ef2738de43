"""`/v1/refusals`: the sources of refused keys."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from keyconsole.service.routes.answers import listing
from keyconsole.service.routes.requests import Caller
from keyconsole.service.rules import refusals
from keyconsole.service.rules.refusals import RefusalQuery
from keyconsole.wire import Page, Refusal

router = APIRouter(tags=["keys"])


@router.get("/refusals", response_model=Page[Refusal])
async def list_refusals(
    context: Caller, request: Request, query: Annotated[RefusalQuery, Query()]
) -> Response:
    """The sources of refused keys: address, agent, count and times."""
    return await listing(request, await refusals.list_refusals(context, query))
