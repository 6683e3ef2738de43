"""The calls of reports."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from keyconsole.client.addresses import address
from keyconsole.client.calls import Resource
from keyconsole.wire import KeyReport, ReportBy

if TYPE_CHECKING:
    from keyconsole.core.queries.keys import KeyQuery


class Reports(Resource):
    """Counts of keys."""

    async def keys(
        self,
        by: Sequence[ReportBy],
        query: "KeyQuery | str | None" = None,
        *,
        workspace: str | None = None,
    ) -> KeyReport:
        """Returns how many keys of a query there are, by what they have in common."""
        parameters = {
            "by": ",".join(by),
            "query": str(query) if query else None,
            "workspace": workspace,
        }
        return await self._calls.get(address("reports", "keys", query=parameters), KeyReport)
