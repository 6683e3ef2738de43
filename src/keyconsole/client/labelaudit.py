"""The calls of the label audit."""

from keyconsole.client.addresses import Parameter, address
from keyconsole.client.calls import Calls
from keyconsole.wire import AuditedKey, LabelFinding, Page, Review, ReviewRequest

PAGE = 100


class LabelAudit:
    """Which living keys somebody should look at, and that somebody did."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def findings(
        self,
        *,
        workspace: str | None = None,
        integration: str | None = None,
        finding: LabelFinding | None = None,
        reviewed: bool = False,
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> Page[AuditedKey]:
        """One page of keys with findings, by label; with those at rest if `reviewed`.

        Where little is found among many keys, it asks on until there is something or the end.
        Raises `UnexpectedAnswerError` where neither comes.
        """
        parameters: dict[str, Parameter | None] = {
            "workspace": workspace,
            "integration": integration,
            "finding": finding,
            "reviewed": True if reviewed else None,
            "cursor": cursor,
            "limit": limit,
        }
        return await self._calls.page(("label-audit",), parameters, Page[AuditedKey])

    async def review(self, public_key: str, request: ReviewRequest) -> Review:
        """Let a finding rest until a day."""
        return await self._calls.post(address("keys", public_key, "review"), request, Review)
