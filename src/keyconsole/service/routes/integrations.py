"""`/v1/integrations`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from keyconsole.service.routes.answers import answer, listing
from keyconsole.service.routes.requests import (
    DAY_HOURS,
    Caller,
    SeriesHours,
    UnnamedCaller,
    accepts,
    read_body,
)
from keyconsole.service.rules import integrations, usage_series
from keyconsole.service.rules.integrations import IntegrationQuery
from keyconsole.wire import (
    Integration,
    IntegrationCreate,
    IntegrationPatch,
    Page,
    Permission,
    TotalUsage,
)

router = APIRouter(prefix="/integrations", tags=["integrations"])


@router.get("", response_model=Page[Integration])
async def list_integrations(
    context: Caller, request: Request, query: Annotated[IntegrationQuery, Query()]
) -> Response:
    """The integrations by name, with their keys in numbers."""
    return await listing(request, await integrations.list_integrations(context, query))


@router.post(
    "", status_code=201, response_model=Integration, openapi_extra=accepts(IntegrationCreate)
)
async def create_integration(context: UnnamedCaller, request: Request) -> Response:
    """A new integration."""
    context.principal.workspaces_with(Permission.INTEGRATIONS_WRITE)
    asked = await read_body(request, IntegrationCreate)
    created = await integrations.create_integration(context, asked)
    return answer(created, 201, {"Location": f"/v1/integrations/{created.id}"})


@router.get("/{integration_id}", response_model=Integration)
async def get_integration(context: Caller, integration_id: str) -> Response:
    """One integration."""
    return answer(await integrations.show_integration(context, integration_id))


@router.patch(
    "/{integration_id}", response_model=Integration, openapi_extra=accepts(IntegrationPatch)
)
async def update_integration(context: Caller, request: Request, integration_id: str) -> Response:
    """Change, disable or enable an integration."""
    await integrations.authorize(context, integration_id, Permission.INTEGRATIONS_WRITE)
    asked = await read_body(request, IntegrationPatch)
    return answer(await integrations.change_integration(context, integration_id, asked))


@router.get("/{integration_id}/usage", response_model=TotalUsage)
async def get_integration_usage(
    context: Caller, integration_id: str, hours: SeriesHours = DAY_HOURS
) -> Response:
    """The use of an integration over time, and its keys that were used last."""
    return answer(await usage_series.show_integration_usage(context, integration_id, hours))
