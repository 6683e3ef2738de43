"""Lists of keys: which are asked for, and in which order."""

from keyconsole.core.errors import field_problem
from keyconsole.core.queries.keys import KeyQuery, QueryError
from keyconsole.service.rules.context import RequestContext, find_integration
from keyconsole.service.rules.keys import to_wire
from keyconsole.service.rules.pages import Cursors, PageQuery
from keyconsole.service.store import key_pages
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.key_pages import KeySort, Position
from keyconsole.service.store.selection import KeyScope
from keyconsole.wire import KeyPage, Permission
from keyconsole.wire.base import Filter, QueryText


class KeyPageQuery(PageQuery):
    """The keys that are asked for, and their order.

    `query` is the language of the console: `status:active unused:90d by:ops env:prod text`.
    """

    query: QueryText | None = None
    workspace: Filter | None = None
    sort: KeySort = KeySort.CREATED_DESCENDING


async def list_keys(context: RequestContext, asked: KeyPageQuery) -> KeyPage:
    """Returns a page of the keys of every workspace where they may be read, or of one.

    Where too many may match to be sorted, a page of the list, which is capped then, may be short
    or empty while there is more.
    """
    query = parse_query(asked.query)
    workspaces = context.principal.workspaces_with(Permission.KEYS_READ, asked.workspace)
    which = KeyScope(workspaces=workspaces, now=context.now(), query=query)
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.search() as tx:
        return await _page(tx, context, which, asked)


async def list_integration_keys(
    context: RequestContext, integration_id: str, asked: KeyPageQuery
) -> KeyPage:
    """Returns a page of the keys of one integration; no keys if it is of another workspace."""
    query = parse_query(asked.query)
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.search() as tx:
        integration = await find_integration(tx, context, integration_id, Permission.KEYS_READ)
        found = integration.workspace_id
        which = KeyScope(
            workspaces=[found] if asked.workspace in (None, found) else [],
            now=context.now(),
            query=query,
            integration_id=integration_id,
        )
        return await _page(tx, context, which, asked)


def parse_query(typed: str | None) -> KeyQuery:
    """Parses the query of a request; raises `request-invalid`."""
    try:
        return KeyQuery.parse(typed or "")
    except QueryError as error:
        sentence = f"{error.message} (character {error.start + 1})"
        raise field_problem("query", "term", sentence) from None


async def _page(
    tx: Connection, context: RequestContext, which: KeyScope, asked: KeyPageQuery
) -> KeyPage:
    cursors = Cursors(
        context.runtime.roots,
        "keys",
        which.workspaces,
        which.integration_id,
        which.query,
        asked.sort,
    )
    place = cursors.read(asked.cursor, (bool, object, str))
    after = None if place is None else Position(*place)
    found = await key_pages.page(tx, which, asked.sort, asked.limit, after)
    return KeyPage(
        items=[to_wire(key, which.now) for key, _ in found.rows],
        next_cursor=None if found.next is None else cursors.write(found.next),
        order=found.order,
        capped=found.capped,
    )
