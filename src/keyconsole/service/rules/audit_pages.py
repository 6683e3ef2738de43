"""The list of audit events: filtered, searched for a text, and each bulk revoke as one event."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import Field

from keyconsole.core.errors import field_problem
from keyconsole.core.queries.events import LONGEST_TEXT, finds
from keyconsole.service.clock import DAY, milliseconds, moment
from keyconsole.service.rules.audit import detail_of, one_workspace
from keyconsole.service.rules.context import RequestContext
from keyconsole.service.rules.pages import Cursors, PageQuery
from keyconsole.service.store import audit, integrations
from keyconsole.service.store.audit import EventFilter, EventRecord, Position
from keyconsole.service.store.engine import Connection
from keyconsole.wire import AuditEvent, AuditEventPage, Instant, Permission
from keyconsole.wire.base import Filter

MOST_SEARCHED = 5_000
"""Events, the newest that match the other filters, in which a text is looked for."""

_STEP = 250
_MOST_READS = 50
"""Reads of the store for one page: of a log of many bulk revokes, a page may be short."""

_MOST_CARRIED = 50
"""Bulk revokes that a cursor holds: those that may go on below it."""

_EITHER = "after excludes cursor, q and grouped: ask for what comes after the last event."


class AuditQuery(PageQuery):
    """The events of an audit log that are asked for.

    `since` is within, `until` is not; `after` is the sequence last seen. `q` is looked for in the
    newest events, and `revocation` is a bulk revoke. With `grouped`, each bulk revoke is its newest
    event alone.
    """

    workspace: Filter | None = None
    target: Filter | None = None
    integration: Filter | None = None
    action: Filter | None = None
    actor: Filter | None = None
    revocation: Filter | None = None
    q: str | None = Field(None, max_length=LONGEST_TEXT)
    since: Instant | None = None
    until: Instant | None = None
    after: int | None = Field(None, ge=0, le=2**63 - 1)
    grouped: bool = False


async def list_events(context: RequestContext, query: AuditQuery) -> AuditEventPage:
    """Returns a page of events, newest first.

    With `after`, those of one workspace with a greater sequence, the oldest first: to follow the
    log, ask for what comes after the last sequence seen. Clocks have no part in it.
    """
    which = EventFilter(
        workspaces=context.principal.workspaces_with(Permission.AUDIT_READ, query.workspace),
        target=query.target,
        integration_id=query.integration,
        action=query.action,
        actor=query.actor,
        since=None if query.since is None else milliseconds(query.since),
        until=None if query.until is None else milliseconds(query.until),
        revocation=query.revocation,
    )
    if query.after is None:
        return await _page(context, which, query)
    workspace_id = one_workspace(context, query.workspace)
    if query.cursor is not None or query.q is not None or query.grouped:
        raise field_problem("after", "excluded", _EITHER)
    async with context.runtime.store.search() as tx:
        newer = await audit.newer(tx, which, workspace_id, query.after, query.limit)
        names = await _integration_names(tx, newer)
    return AuditEventPage(items=[_to_wire(event, names) for event in newer])


@dataclass(slots=True)
class _Walk:
    """The way from the newest event on, and what was found on it: an event, and where it stands.

    `searched` counts the events that were read, those of earlier pages included. `carried` and
    `seen` are bulk revokes that have their event, on earlier pages or anywhere. The next events
    are often of the same one as the last: the store leaves those `without`.
    """

    text: str
    grouped: bool
    position: Position | None = None
    searched: int = 0
    carried: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    without: list[str] = field(default_factory=list)
    found: list[tuple[AuditEvent, Position, int]] = field(default_factory=list)
    has_more: bool = True

    def begin(self, place: tuple[int, str, int, int, list[str]]) -> None:
        """Begins where an earlier page ended."""
        at, workspace_id, sequence, self.searched, self.carried = place
        self.position = (at, workspace_id, sequence)
        self.seen, self.without = set(self.carried), self.carried[:1]

    async def go(self, context: RequestContext, which: EventFilter, limit: int) -> None:
        """Goes on to one event more than a page has, to the end, or until enough was read."""
        reads = 0
        while self.has_more and len(self.found) <= limit and not self.is_searched:
            if self.found and reads >= _MOST_READS:
                break
            size = limit + 1 - len(self.found)
            if self.text:
                size = min(_STEP, MOST_SEARCHED - self.searched)
            async with context.runtime.store.search() as tx:
                rows = await audit.page(tx, which, size, self.position, self.without)
                names = await _integration_names(tx, rows)
            for row in rows:
                self._take(row, names)
            self.has_more, reads = len(rows) == size, reads + 1
            await asyncio.sleep(0)
        if len(self.found) > limit:
            self.has_more, self.found = True, self.found[:limit]
            _, self.position, self.searched = self.found[-1]

    @property
    def is_searched(self) -> bool:
        """True if the text was looked for in as many events as it may be."""
        return bool(self.text) and self.searched >= MOST_SEARCHED

    def _take(self, row: EventRecord, names: Mapping[str, str]) -> None:
        self.position, self.searched = (row.at, row.workspace_id, row.sequence), self.searched + 1
        self.without = []
        name = names.get(row.integration_id or "")
        if self.text and not finds(self.text, row, name, detail_of(row)):
            return
        event = _to_wire(row, names)
        if event.revocation not in self.seen and (not self.text or _shows(event, self.text)):
            if self.grouped and event.revocation is not None:
                self.seen.add(event.revocation)
            self.found.append((event, self.position, self.searched))
        if event.revocation in self.seen:
            self.without = [event.revocation]


async def _page(context: RequestContext, which: EventFilter, query: AuditQuery) -> AuditEventPage:
    walk = _Walk((query.q or "").strip(), query.grouped)
    cursors = Cursors(context.runtime.roots, "audit", which, walk.text, query.grouped)
    if (place := cursors.read(query.cursor, (int, str, int, int, list))) is not None:
        walk.begin(place)
    if which.revocation is not None:
        which = await _within_its_time(context, which, which.revocation)
    await walk.go(context, which, query.limit)
    events = [event for event, *_ in walk.found]
    following = None
    async with context.runtime.store.search() as tx:
        if query.grouped:
            events = await _counted(tx, which, events)
        if (position := walk.position) is not None and walk.has_more and not walk.is_searched:
            shown = {*walk.carried, *(event.revocation or "" for event in events)}
            may_go_on = await audit.begun_before(tx, sorted(shown), position[0])
            following = cursors.write((*position, walk.searched, may_go_on[:_MOST_CARRIED]))
    stopped = walk.position if walk.has_more and walk.is_searched else None
    return AuditEventPage(
        items=events,
        next_cursor=following,
        searched_to=None if stopped is None else moment(stopped[0]),
    )


async def _within_its_time(
    context: RequestContext, which: EventFilter, revocation: str
) -> EventFilter:
    """Returns the filter with the time of a bulk revoke, a day more for clocks that are off.

    So that no more of a long log is read than what was written then.
    """
    async with context.runtime.store.search() as tx:
        span = await audit.span_of(tx, revocation)
    if span is None:
        return replace(which, workspaces=())
    began, ended = span[0] - DAY, None if span[1] is None else span[1] + DAY
    return replace(
        which,
        since=began if which.since is None else max(which.since, began),
        until=ended if which.until is None or ended is None else min(which.until, ended),
    )


def _shows(event: AuditEvent, text: str) -> bool:
    """Returns true if a text is found in an event as it is answered, without what may be secret."""
    shown = AuditEvent.model_validate(event.model_dump(mode="json"))
    return finds(text, shown, shown.integration_name, shown.detail)


async def _counted(
    tx: Connection, which: EventFilter, events: list[AuditEvent]
) -> list[AuditEvent]:
    """Returns the events with the number of keys that each bulk revoke revoked."""
    bulks = sorted({event.revocation for event in events if event.revocation is not None})
    counts = await audit.revoked_by(tx, bulks, which.workspaces) if bulks else {}
    return [
        event.model_copy(update={"together": counts.get(event.revocation or "")})
        for event in events
    ]


async def _integration_names(tx: Connection, rows: Sequence[EventRecord]) -> dict[str, str]:
    ids = {row.integration_id for row in rows if isinstance(row.integration_id, str)}
    found = await integrations.names(tx, sorted(ids)) if ids else {}
    return {each: named.name for each, named in found.items()}


def _to_wire(event: EventRecord, names: Mapping[str, str]) -> AuditEvent:
    detail = detail_of(event)
    revocation = (detail or {}).get("revocation")
    return AuditEvent(
        id=event.id,
        workspace_id=event.workspace_id,
        sequence=event.sequence,
        at=moment(event.at),
        actor=event.actor,
        action=event.action,
        target=event.target,
        target_name=event.target_name,
        integration_id=event.integration_id,
        integration_name=names.get(event.integration_id or ""),
        revocation=revocation if isinstance(revocation, str) else None,
        detail=detail or {},
        request_id=event.request_id,
        address=event.address,
        hash=event.hash,
        damaged=event.is_damaged or detail is None,
    )
