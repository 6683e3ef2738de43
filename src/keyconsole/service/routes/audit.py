"""`/v1/audit`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from keyconsole.service.routes.answers import listing
from keyconsole.service.routes.requests import Caller, PageQuery
from keyconsole.service.rules import audit
from keyconsole.wire import AuditEvent, Page

router = APIRouter(prefix="/audit", tags=["audit"])


class AuditQuery(PageQuery):
    """Which events."""

    workspace: str | None = None
    target: str | None = None
    integration: str | None = None
    action: str | None = None
    actor: str | None = None


@router.get("", response_model=Page[AuditEvent])
async def list_events(
    call: Caller, request: Request, query: Annotated[AuditQuery, Query()]
) -> Response:
    """The events, newest first."""
    return listing(request, await audit.list_events(call, **query.model_dump()))
