"""The workspaces that the account is asked to join, each call of the contract a method."""

from keyconsole.client.addresses import address
from keyconsole.client.calls import Resource
from keyconsole.wire import Invitation, Membership, Page


class Invitations(Resource):
    """The calls of `KeyServiceClient.invitations`, for the invited account alone."""

    async def page(self, *, cursor: str | None = None, limit: int = 100) -> Page[Invitation]:
        """Returns one page of open invitations, newest first."""
        query = {"cursor": cursor, "limit": limit}
        return await self._calls.get(address("invitations", query=query), Page[Invitation])

    async def accept(self, invitation_id: str) -> Membership:
        """Joins the workspace; returns the membership. Repeating it returns it again."""
        where = address("invitations", invitation_id, "accept")
        return await self._calls.post(where, None, Membership)

    async def decline(self, invitation_id: str) -> None:
        """Ends the invitation; raises `NotFoundError` where it has ended already."""
        await self._calls.act(address("invitations", invitation_id, "decline"))
