"""The calls of use over time."""

from keyconsole.client.addresses import address
from keyconsole.client.calls import Resource
from keyconsole.core.errors import NotFoundError, problem
from keyconsole.wire import Integration, TotalUsage, Usage, Workspace

TOO_OLD = "This service does not tell use over time: it is of an older version."


class UseCalls(Resource):
    """The calls of `KeyServiceClient.use`."""

    async def of_key(self, public_key: str, hours: int) -> Usage:
        """Returns the use of a key with a series of so many hours.

        A service of an older version answers without it, but with the hours of 30 days.
        """
        asked = address("keys", public_key, "usage", query={"hours": hours})
        return await self._calls.get(asked, Usage)

    async def of_integration(self, integration_id: str, hours: int) -> TotalUsage:
        """Returns the use of an integration over so many hours, and its keys used last.

        Raises `NotFoundError` with a sentence of its own where the service is too old to know.
        """
        return await self._of_total(("integrations", integration_id), hours, Integration)

    async def of_workspace(self, workspace_id: str, hours: int) -> TotalUsage:
        """Returns the use of a workspace over so many hours, and its busiest integrations.

        Raises as `of_integration` does.
        """
        return await self._of_total(("workspaces", workspace_id), hours, Workspace)

    async def _of_total(
        self, place: tuple[str, str], hours: int, model: type[Integration | Workspace]
    ) -> TotalUsage:
        try:
            asked = address(*place, "usage", query={"hours": hours})
            return await self._calls.get(asked, TotalUsage)
        except NotFoundError:
            await self._calls.get(address(*place), model)  # raises if it is that which is not there
            raise problem("not-found", TOO_OLD) from None
