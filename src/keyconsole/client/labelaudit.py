"""The calls of the label audit."""

from typing import TYPE_CHECKING

from keyconsole.client.addresses import Parameter, address
from keyconsole.client.calls import Resource
from keyconsole.wire import AuditedKey, FindingCounts, LabelFinding, Page, Review, ReviewRequest

if TYPE_CHECKING:
    from keyconsole.core.queries.keys import KeyQuery

PAGE = 100


class LabelAudit(Resource):
    """The findings of the label audit, and their reviews."""

    async def findings(
        self,
        query: "KeyQuery | str | None" = None,
        *,
        workspace: str | None = None,
        finding: LabelFinding | None = None,
        reviewed: bool = False,
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> Page[AuditedKey]:
        """Returns one page of a query's keys with findings, by label; at rest too if `reviewed`.

        Where little is found among many keys, it asks on until there is something or the end.
        Raises `UnexpectedAnswerError` where neither comes.
        """
        parameters: dict[str, Parameter | None] = {
            "query": str(query) if query else None,
            "workspace": workspace,
            "finding": finding,
            "reviewed": True if reviewed else None,
            "cursor": cursor,
            "limit": limit,
        }
        return await self._calls.page(("label-audit",), parameters, Page[AuditedKey])

    async def count(
        self,
        query: "KeyQuery | str | None" = None,
        *,
        workspace: str | None = None,
        reviewed: bool = False,
    ) -> FindingCounts:
        """Returns how many keys of a query have findings; those at rest too if `reviewed`."""
        parameters: dict[str, Parameter | None] = {
            "query": str(query) if query else None,
            "workspace": workspace,
            "reviewed": True if reviewed else None,
        }
        asked = address("label-audit", "counts", query=parameters)
        return await self._calls.get(asked, FindingCounts)

    async def review(self, public_key: str, request: ReviewRequest) -> Review:
        """Reviews a finding, which rests until a day."""
        return await self._calls.post(address("keys", public_key, "review"), request, Review)
