"""The members of a workspace, each call of the contract a method."""

from keyconsole.client.addresses import address
from keyconsole.client.calls import Resource
from keyconsole.wire import Member, MemberCreate, MemberPatch, Page, Role


class Members(Resource):
    """The members of workspaces and their roles, for those with `members:write`."""

    async def page(
        self, *, workspace: str | None = None, cursor: str | None = None, limit: int = 100
    ) -> Page[Member]:
        """Returns one page of members by address, of every workspace or of one, by its id."""
        query = {"workspace": workspace, "cursor": cursor, "limit": limit}
        return await self._calls.get(address("members", query=query), Page[Member])

    async def add(self, request: MemberCreate) -> Member:
        """Adds or invites a member. The same request twice makes one member."""
        return await self._calls.post(address("members"), request, Member)

    async def change_role(
        self, account_id: str, role: Role, *, workspace: str | None = None
    ) -> Member:
        """Changes the role of a member, from their very next request on."""
        query = {"workspace": workspace}
        where = address("members", account_id, query=query)
        return await self._calls.patch(where, MemberPatch(role=role), Member)

    async def remove(self, account_id: str, *, workspace: str | None = None) -> None:
        """Ends a membership, from the very next request on."""
        await self._calls.delete(address("members", account_id, query={"workspace": workspace}))
