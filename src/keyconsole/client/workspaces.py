"""Workspaces and their policy, each call of the contract a method."""

from keyconsole.client.addresses import address
from keyconsole.client.calls import Resource
from keyconsole.wire import SettingsPatch, Workspace, WorkspacePatch


class Workspaces(Resource):
    """The calls of `KeyServiceClient.workspaces`."""

    async def show(self, workspace_id: str) -> Workspace:
        """Returns a workspace with its settings."""
        return await self._calls.get(address("workspaces", workspace_id), Workspace)

    async def change(self, workspace_id: str, settings: SettingsPatch) -> Workspace:
        """Changes the settings that were set in `settings`, `None` included."""
        patch = WorkspacePatch(settings=settings)
        return await self._calls.patch(address("workspaces", workspace_id), patch, Workspace)
