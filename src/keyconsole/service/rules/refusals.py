"""Who presents keys that are refused: dead ones above all, and since when."""

from pydantic import Field

from keyconsole.service.clock import milliseconds, moment
from keyconsole.service.rules.context import RequestContext
from keyconsole.service.rules.keys import pid_or_not_found
from keyconsole.service.rules.pages import Cursors
from keyconsole.service.store import refusals as store
from keyconsole.service.store.refusals import RefusalFilter
from keyconsole.wire import Instant, Page, Permission, Refusal, Request
from keyconsole.wire.base import Filter


class RefusalQuery(Request, defer_build=False):
    """Which refusals: those since a time, of an integration, of a key, for reasons."""

    workspace: Filter | None = None
    since: Instant | None = None
    integration: Filter | None = None
    key: Filter | None = None
    reason: list[Filter] = Field(default_factory=list, max_length=20)


async def list_refusals(
    context: RequestContext, query: RefusalQuery, *, limit: int, cursor: str | None
) -> Page[Refusal]:
    """The refusals, the latest first."""
    which = RefusalFilter(
        workspaces=context.principal.workspaces_with(Permission.KEYS_READ, query.workspace),
        since=None if query.since is None else milliseconds(query.since),
        integration_id=query.integration,
        pid=None if query.key is None else pid_or_not_found(query.key),
        reasons=tuple(query.reason),
    )
    cursors = Cursors(context.runtime.roots, "refusals", which)
    after = cursors.read(cursor, (int, str, str, str, str))
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.search() as tx:
        found = await store.page(tx, which, limit + 1, after)
    return Page[Refusal](
        items=[
            Refusal(
                public_key=f"kcp_{each.pid}",
                label=each.label,
                integration_id=each.integration_id,
                integration_name=each.integration_name,
                reason=each.reason,
                address=each.address,
                agent=each.agent,
                count=each.count,
                first_at=moment(each.first_at),
                last_at=moment(each.last_at),
            )
            for each in found[:limit]
        ],
        next_cursor=cursors.write(found[limit - 1].place) if len(found) > limit else None,
    )
