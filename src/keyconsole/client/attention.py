"""The calls of attention."""

from datetime import datetime

from keyconsole.client.addresses import address
from keyconsole.client.calls import Resource
from keyconsole.wire import Attention, Dismissal, DismissalRequest


class AttentionCalls(Resource):
    """The calls of `KeyServiceClient.attention`."""

    async def show(self, *, workspace: str | None = None, dismissed: bool = False) -> Attention:
        """Returns what needs attention, the worst first; dismissed items too if `dismissed`."""
        query = {"workspace": workspace, "dismissed": True if dismissed else None}
        return await self._calls.get(address("attention", query=query), Attention)

    async def dismiss(self, item_id: str, until: datetime) -> Dismissal:
        """Dismisses an item for the workspace until then, or until it gets worse."""
        request = DismissalRequest(until=until)
        return await self._calls.put(address("attention", item_id, "dismissal"), request, Dismissal)
