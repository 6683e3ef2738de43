"""Revoking many keys at once."""

from keyconsole.client.addresses import address
from keyconsole.client.calls import Resource
from keyconsole.wire import Revocation, RevocationRequest, Selection

PAGE = 500


class Revocations(Resource):
    """`/v1/revocations`. A dry run is a question; executing it is refused in read-only mode."""

    async def show(self, request: RevocationRequest) -> Selection:
        """Returns the keys that would be revoked, and what they would take with them."""
        asked = request.model_copy(update={"dry_run": True})
        return await self._calls.ask(address("revocations"), asked, Selection)

    async def start(self, request: RevocationRequest, shown: Selection) -> Revocation:
        """Revokes what was shown; it goes on in the service. Repeating it returns the same one.

        Raises `ConflictError` (`selection-changed`) if it means other keys by now.
        """
        asked = request.model_copy(
            update={"expect_count": shown.count, "selection_hash": shown.selection_hash}
        )
        return await self._calls.post(address("revocations"), asked, Revocation)

    async def read(
        self, revocation_id: str, *, cursor: str | None = None, limit: int = PAGE
    ) -> Revocation:
        """Returns the progress, with one page of the keys."""
        query = {"cursor": cursor, "limit": limit}
        return await self._calls.get(address("revocations", revocation_id, query=query), Revocation)
