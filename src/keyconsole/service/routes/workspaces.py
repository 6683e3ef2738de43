"""`/v1/workspaces/{id}`: the policy that holds for its keys, and their use."""

from fastapi import APIRouter, Request, Response

from keyconsole.service.routes.answers import answer
from keyconsole.service.routes.requests import DAY_HOURS, Caller, SeriesHours, accepts, read_body
from keyconsole.service.rules import settings, usage_series
from keyconsole.wire import TotalUsage, Workspace, WorkspacePatch

router = APIRouter(prefix="/workspaces", tags=["workspaces"])


@router.get("/{workspace_id}", response_model=Workspace)
async def get_workspace(context: Caller, workspace_id: str) -> Response:
    """A workspace with its settings."""
    return answer(await settings.show_workspace(context, workspace_id))


@router.patch("/{workspace_id}", response_model=Workspace, openapi_extra=accepts(WorkspacePatch))
async def update_workspace(context: Caller, request: Request, workspace_id: str) -> Response:
    """Change settings."""
    await settings.authorize(context, workspace_id)
    asked = await read_body(request, WorkspacePatch)
    return answer(await settings.change_settings(context, workspace_id, asked.settings))


@router.get("/{workspace_id}/usage", response_model=TotalUsage)
async def get_workspace_usage(
    context: Caller, workspace_id: str, hours: SeriesHours = DAY_HOURS
) -> Response:
    """The use of a workspace over time, and its integrations that are used most."""
    return answer(await usage_series.show_workspace_usage(context, workspace_id, hours))
