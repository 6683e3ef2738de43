"""`/v1/label-audit`, and the review of what it found."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from keyconsole.service.routes.answers import answer, listing
from keyconsole.service.routes.keyqueries import Lister
from keyconsole.service.routes.requests import Caller, accepts, read_body
from keyconsole.service.rules import keys, labelaudit
from keyconsole.service.rules.labelaudit import CountQuery, FindingsQuery
from keyconsole.wire import AuditedKey, FindingCounts, Page, Permission, Review, ReviewRequest

router = APIRouter(tags=["label audit"])


@router.get("/label-audit", response_model=Page[AuditedKey])
async def list_label_findings(
    context: Lister, request: Request, query: Annotated[FindingsQuery, Query()]
) -> Response:
    """The living keys that somebody should look at, each with its reasons."""
    return await listing(request, await labelaudit.list_findings(context, query))


@router.get("/label-audit/counts", response_model=FindingCounts)
async def count_label_findings(context: Lister, query: Annotated[CountQuery, Query()]) -> Response:
    """The number of living keys with findings, in all and of each kind."""
    return answer(await labelaudit.count_findings(context, query))


@router.post(
    "/keys/{public_key}/review", response_model=Review, openapi_extra=accepts(ReviewRequest)
)
async def review_label_finding(context: Caller, request: Request, public_key: str) -> Response:
    """A finding was looked at and rests until a day."""
    await keys.authorize(context, public_key, Permission.KEYS_WRITE)
    asked = await read_body(request, ReviewRequest)
    return answer(await labelaudit.review_key(context, public_key, asked))
