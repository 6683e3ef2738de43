"""`/v1/refusals`: who presents keys that are refused."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from keyconsole.service.routes.answers import listing
from keyconsole.service.routes.requests import Caller, PageQuery
from keyconsole.service.rules import refusals
from keyconsole.service.rules.refusals import RefusalQuery
from keyconsole.wire import Page, Refusal

router = APIRouter(tags=["keys"])


class RefusalPageQuery(PageQuery, RefusalQuery):
    """Which refusals, which page."""


@router.get("/refusals", response_model=Page[Refusal])
async def list_refusals(
    context: Caller, request: Request, query: Annotated[RefusalPageQuery, Query()]
) -> Response:
    """Who presents keys that are refused, from where, with what, how often, since when."""
    asked = RefusalQuery.model_construct(**query.model_dump(exclude={"limit", "cursor"}))
    found = await refusals.list_refusals(context, asked, limit=query.limit, cursor=query.cursor)
    return listing(request, found)
