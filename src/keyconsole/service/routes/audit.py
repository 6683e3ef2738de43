"""`/v1/audit`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from keyconsole import wire
from keyconsole.service.routes.answers import NO_STORE, answer, listing
from keyconsole.service.routes.requests import Caller
from keyconsole.service.rules import audit, audit_pages
from keyconsole.service.rules.audit_pages import AuditQuery
from keyconsole.wire import AuditCheckpoint, AuditEventPage, AuditVerification
from keyconsole.wire.base import Filter

router = APIRouter(prefix="/audit", tags=["audit"])


class LogQuery(wire.Request, defer_build=False):
    """Whose log; left out where there is only one."""

    workspace: Filter | None = None


class VerificationQuery(LogQuery):
    """From where on; an earlier answer says how far it came."""

    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0


@router.get("", response_model=AuditEventPage)
async def list_audit_events(
    context: Caller, request: Request, query: Annotated[AuditQuery, Query()]
) -> Response:
    """The events, newest first; those `after` a sequence of one workspace, oldest first."""
    return await listing(request, await audit_pages.list_events(context, query))


@router.get("/checkpoint", response_model=AuditCheckpoint)
async def get_audit_checkpoint(context: Caller, query: Annotated[LogQuery, Query()]) -> Response:
    """The length of the log now and the hash of its last event, to be kept elsewhere."""
    return answer(await audit.show_checkpoint(context, query.workspace), headers=NO_STORE)


@router.get("/verification", response_model=AuditVerification)
async def verify_audit_log(
    context: Caller, query: Annotated[VerificationQuery, Query()]
) -> Response:
    """The check that each event of the log follows from the one before it."""
    return answer(await audit.verify(context, query.workspace, query.after), headers=NO_STORE)
