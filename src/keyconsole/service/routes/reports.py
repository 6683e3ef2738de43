"""`/v1/reports`: counts for people who are asked how many."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from keyconsole.service.routes.answers import answer
from keyconsole.service.routes.keyqueries import Lister
from keyconsole.service.rules import reports
from keyconsole.service.rules.reports import ReportQuery
from keyconsole.wire import KeyReport

router = APIRouter(prefix="/reports", tags=["reports"])


@router.get("/keys", response_model=KeyReport)
async def report_keys(context: Lister, query: Annotated[ReportQuery, Query()]) -> Response:
    """Count the keys of a query, grouped by integration, owner, age and the like."""
    return answer(await reports.report_keys(context, query))
