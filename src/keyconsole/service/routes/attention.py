"""`/v1/attention`: what needs attention, and the dismissal of an item."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from keyconsole.service.routes.answers import answer, listing
from keyconsole.service.routes.requests import Caller, accepts, read_body
from keyconsole.service.rules import attention
from keyconsole.service.rules.attention import AttentionQuery
from keyconsole.wire import Attention, Dismissal, DismissalRequest

router = APIRouter(prefix="/attention", tags=["attention"])


@router.get("", response_model=Attention)
async def get_attention(
    context: Caller, request: Request, query: Annotated[AttentionQuery, Query()]
) -> Response:
    """What needs attention, the worst first."""
    return await listing(request, await attention.show_attention(context, query))


@router.put(
    "/{item_id}/dismissal", response_model=Dismissal, openapi_extra=accepts(DismissalRequest)
)
async def dismiss_attention_item(context: Caller, request: Request, item_id: str) -> Response:
    """Dismiss an item for the workspace until a day, or until it gets worse."""
    await attention.authorize(context, item_id)
    asked = await read_body(request, DismissalRequest)
    return answer(await attention.dismiss(context, item_id, asked))
