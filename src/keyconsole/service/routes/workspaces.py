"""`/v1/workspaces/{id}`: the policy that holds for its keys."""

from fastapi import APIRouter, Request, Response

from keyconsole.service.routes.answers import answer
from keyconsole.service.routes.requests import Caller, accepts, read_body
from keyconsole.service.rules import settings
from keyconsole.wire import Workspace, WorkspacePatch

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
