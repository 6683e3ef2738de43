"""Lists of keys: what is asked for, by parameters or in the language of the console."""

import re
from dataclasses import replace
from typing import Any

from pydantic import Field

from keyconsole.core import safetext
from keyconsole.core.credential import CROCKFORD, PID_LENGTH
from keyconsole.core.errors import FieldProblem, problem
from keyconsole.core.queries import keys as keyquery
from keyconsole.core.queries.keys import QueryError
from keyconsole.service.clock import DAY, milliseconds
from keyconsole.service.rules.context import RequestContext, find_integration
from keyconsole.service.rules.keys import to_wire
from keyconsole.service.rules.pages import Cursors
from keyconsole.service.store import integrations, key_pages
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.key_pages import KeySort, Position
from keyconsole.service.store.selection import KeyFilter
from keyconsole.wire import Instant, KeyPage, KeyStatus, Permission, Request
from keyconsole.wire.base import Filter, SearchText
from keyconsole.wire.fields import Span

_SPAN = re.compile(r"([0-9]{1,5})([hdw])")
_SPAN_UNITS = {"h": DAY // 24, "d": DAY, "w": 7 * DAY}


class KeyQuery(Request):
    """Which keys, in which order.

    `query` is the language of the console: `status:active unused:90d by:ops env:prod text`; what
    it asks for holds besides the other parameters. `unused_for` is a span such as `90d`, `12h`
    or `4w`.
    """

    query: SearchText | None = None
    q: SearchText | None = None
    status: list[KeyStatus] = Field(default_factory=list)
    integration: Filter | None = None
    unused_for: Span | None = None
    created_before: Instant | None = None
    created_by: Filter | None = None
    confirmed: bool | None = None
    due: bool | None = None
    sort: KeySort = KeySort.CREATED_DESCENDING


async def list_keys(
    context: RequestContext, query: KeyQuery, *, limit: int, cursor: str | None
) -> KeyPage:
    """The keys of every workspace where they may be read.

    Where too many may match to be sorted, a page of the list, which is capped then, may be short
    or empty while there is more.
    """
    workspaces = context.principal.workspaces_with(Permission.KEYS_READ)
    which = _filter(query, workspaces, context.now())
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.search() as tx:
        if which.integration_id is not None:
            found = await integrations.find(tx, which.integration_id, workspaces)
            # That of another workspace is not looked into.
            which = replace(which, workspaces=[found.workspace_id] if found else [])
        return await _page(tx, context, which, query, limit, cursor)


async def list_integration_keys(
    context: RequestContext, integration_id: str, query: KeyQuery, *, limit: int, cursor: str | None
) -> KeyPage:
    """The keys of one integration."""
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.search() as tx:
        integration = await find_integration(tx, context, integration_id, Permission.KEYS_READ)
        if query.integration not in (None, integration_id):
            return KeyPage(items=[], order=query.sort)
        query = query.model_copy(update={"integration": integration_id})
        which = _filter(query, [integration.workspace_id], context.now())
        return await _page(tx, context, which, query, limit, cursor)


async def _page(
    tx: Connection,
    context: RequestContext,
    which: KeyFilter,
    query: KeyQuery,
    limit: int,
    cursor: str | None,
) -> KeyPage:
    cursors = Cursors(context.runtime.roots, "keys", which.workspaces, query)
    after = cursors.read(cursor, (bool, object, str))
    found = await key_pages.page(
        tx, which, query.sort, limit, None if after is None else Position(*after)
    )
    return KeyPage(
        items=[to_wire(key, which.now) for key, _ in found.rows],
        next_cursor=None if found.next is None else cursors.write(found.next),
        order=found.order,
        capped=found.capped,
    )


def _filter(query: KeyQuery, workspaces: Any, now: int) -> KeyFilter:
    if query.query is not None:
        _refuse_both(query)
        return _filter_of(query.query, query.integration, workspaces, now)
    text = None if query.q is None else safetext.skeleton(query.q)
    before = query.created_before
    return KeyFilter(
        workspaces=workspaces,
        now=now,
        integration_id=query.integration,
        statuses=tuple(query.status),
        label_contains=text or None,
        pid_part=_pid_part(text or ""),
        unused_since=_since(query.unused_for, now),
        created_before=None if before is None else milliseconds(before),
        created_by=query.created_by,
        confirmed=query.confirmed,
        due=query.due,
        finds_nothing=_is_longer_than_a_label(query.q or ""),
    )


def _filter_of(typed: str, integration: str | None, workspaces: Any, now: int) -> KeyFilter:
    """The filter of a query in the language of `keyquery`; raises `request-invalid`."""
    try:
        words = keyquery.KeyFilter.parse(typed)
    except QueryError as error:
        sentence = f"{error.message} (character {error.start + 1})"
        raise problem(
            "request-invalid", sentence, fields=[FieldProblem("query", "term", sentence)]
        ) from None
    text = safetext.skeleton(words.text or "")
    return KeyFilter(
        workspaces=workspaces,
        now=now,
        integration_id=integration,
        statuses=tuple(KeyStatus(each) for each in words.statuses if each != "unconfirmed"),
        unconfirmed="unconfirmed" in words.statuses,
        label_contains=text or None,
        pid_part=_pid_part(text),
        unused_since=_since(words.unused_for, now),
        created_before=_since(words.older_than, now),
        created_after=_since(words.younger_than, now),
        created_by=words.created_by,
        environment=words.environment and safetext.skeleton(words.environment),
        source=words.source,
        due=words.due or None,
        finds_nothing=_is_longer_than_a_label(words.text or ""),
    )


def _is_longer_than_a_label(typed: str) -> bool:
    """Return True for a text that no label contains; as it was typed, which folding lengthens."""
    return len(safetext.normalize(typed)) > safetext.MAX_LABEL


def _refuse_both(query: KeyQuery) -> None:
    """Raise `request-invalid` where a filter is asked for in two ways at once."""
    for name in ("q", "status", "unused_for", "created_before", "created_by", "confirmed", "due"):
        if getattr(query, name) not in (None, []):
            sentence = f"{name} and query exclude each other: write it into the query."
            raise problem(
                "request-invalid", sentence, fields=[FieldProblem(name, "both", sentence)]
            )


def _since(ago: str | None, now: int) -> int | None:
    return None if ago is None else now - span(ago)


def _pid_part(text: str) -> str | None:
    part = text.removeprefix("kcp_")
    possible = 0 < len(part) <= PID_LENGTH and set(part) <= set(CROCKFORD)
    return part if possible else None


def span(text: str) -> int:
    """A span such as `90d` in milliseconds; raises `request-invalid`."""
    match = _SPAN.fullmatch(text)
    if match is None:
        sentence = "A span is a number and h, d or w: 90d."
        raise problem(
            "request-invalid", sentence, fields=[FieldProblem("unused_for", "span", sentence)]
        )
    return int(match[1]) * _SPAN_UNITS[match[2]]
