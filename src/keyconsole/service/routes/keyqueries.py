"""The parameters of routes that list keys: a query, an order and a page."""

from typing import Annotated

from fastapi import Depends, Request

from keyconsole.core.errors import FieldProblem, problem
from keyconsole.service.routes.requests import Caller
from keyconsole.service.rules.context import RequestContext

_REPLACED = {
    "q": "gateway",
    "status": "status:active",
    "integration": "integration:int_…",
    "unused_for": "unused:90d",
    "created_by": "by:ops",
    "created_after": "created:>=2026-01-31",
    "created_before": "created:<2026-01-31",
    "confirmed": "status:unconfirmed",
    "due": "due:rotation",
}
"""The parameters that filtered keys before `query` did, and what is written in it instead."""


async def _listing_keys(context: Caller, request: Request) -> RequestContext:
    """The context of an operator; raises `request-invalid` for a filter that a query replaced.

    One that is ignored would be an answer with every key.
    """
    fields = [
        FieldProblem(name, "replaced", f"{name} is part of the query now: query={term}")
        for name, term in _REPLACED.items()
        if name in request.query_params
    ]
    if fields:
        raise problem("request-invalid", fields[0].message, fields=fields)
    return context


Lister = Annotated[RequestContext, Depends(_listing_keys)]
"""Whoever lists keys, with no filter beside the query."""
