"""Collects what needs attention: new addresses, refusals, deadlines, unfinished rotations."""

import re
from collections.abc import Sequence

from keyconsole.core.credential import CROCKFORD, PID_LENGTH
from keyconsole.service.clock import DAY, moment, optional_moment
from keyconsole.service.rules import audit
from keyconsole.service.rules.attention_items import Found, find_items, rank
from keyconsole.service.rules.context import RequestContext, find_integration, find_key, not_found
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.store import attention as store
from keyconsole.service.store import dismissals
from keyconsole.service.store.attention import MOST, NameRow, Subject
from keyconsole.service.store.dismissals import DismissalRecord
from keyconsole.service.store.engine import Connection
from keyconsole.wire import (
    Attention,
    AttentionCount,
    AttentionItem,
    AttentionKind,
    Dismissal,
    DismissalRequest,
    Permission,
    Request,
)
from keyconsole.wire.base import Filter

SHOWN = 20
"""Items of one kind in an answer; counted are up to `MOST` keys."""
LONGEST_DAYS = 90

_PID = rf"[{CROCKFORD}]{{{PID_LENGTH}}}"
_ID = re.compile(rf"([a-z_]+)-(?:kcp_({_PID})|(int_{_PID}))")


class AttentionQuery(Request, defer_build=False):
    """The attention that is asked for: of one workspace, and the dismissed items too."""

    workspace: Filter | None = None
    dismissed: bool = False


async def show_attention(context: RequestContext, asked: AttentionQuery) -> Attention:
    """Returns what needs attention where keys may be read."""
    await context.runtime.recorder.catch_up()
    counts: dict[AttentionKind, list[tuple[int, bool]]] = {}
    shown: list[tuple[Found, DismissalRecord | None]] = []
    hidden = 0
    async with context.runtime.store.search() as tx:
        for each in context.principal.workspaces_with(Permission.KEYS_READ, asked.workspace):
            subject = Subject(workspace_id=each, now=context.now())
            known = await dismissals.in_force(tx, each, subject.now)
            for kind, found in (await find_items(tx, subject)).items():
                held = [(item, _dismissal(item, known)) for item in found]
                rest = [item for item, dismissal in held if dismissal is None]
                hidden += len(held) - len(rest)
                counts.setdefault(kind, []).append(_count(rest))
                kept = [pair for pair in held if asked.dismissed or pair[1] is None]
                shown += kept[:SHOWN]
        names = await _names(tx, [item for item, _ in shown])
    order = list(AttentionKind)
    shown.sort(key=lambda pair: (order.index(pair[0].kind), rank(pair[0])))
    return Attention(
        counts=[
            _to_count(kind, counts[kind])
            for kind in order
            if any(keys for keys, _ in counts.get(kind, ()))
        ],
        items=[
            _to_wire(item, name, dismissal)
            for item, dismissal in shown
            # Without one the row of its integration is gone, in a database that somebody spoilt.
            if (name := names.get(item.pid or item.integration_id or "")) is not None
        ],
        dismissed=hidden,
    )


async def dismiss(context: RequestContext, item_id: str, asked: DismissalRequest) -> Dismissal:
    """Dismisses an item for its workspace, until a day or until it gets worse.

    Raises `not-found` for what is no item now.
    """
    now = context.now()
    problems = FieldErrors()
    until = problems.future("until", asked.until, now) or now
    if until > now + LONGEST_DAYS * DAY:
        problems.add("until", "too-late", f"At most {LONGEST_DAYS} days from now.")
    problems.raise_if_any()
    kind, pid, integration_id = _parsed(item_id)
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        name, subject = await _subject(tx, context, pid, integration_id)
        found = (await find_items(tx, subject, kind)).get(kind, ())
        item = next((each for each in found if each.id == item_id), None)
        if item is None:
            raise not_found("such item of attention now")
        record = DismissalRecord(
            subject.workspace_id,
            item_id,
            context.principal.name,
            now,
            until,
            item.size,
            item.mark,
        )
        await dismissals.save(tx, record, forgets=context.is_clock_right())
        await audit.record(
            tx,
            context,
            "attention.dismissed",
            workspace_id=subject.workspace_id,
            target=name.integration_id if pid is None else f"kcp_{pid}",
            target_name=name.integration_name if pid is None else name.label,
            integration_id=name.integration_id,
            detail={"item": kind.value, "until": moment(until).isoformat(), "count": item.size},
        )
    return _dismissal_to_wire(record)


async def authorize(context: RequestContext, item_id: str) -> None:
    """Decides permission and existence before the body is read."""
    _, pid, integration_id = _parsed(item_id)
    async with context.runtime.store.read() as tx:
        await _subject(tx, context, pid, integration_id)


def _parsed(item_id: str) -> tuple[AttentionKind, str | None, str | None]:
    """Returns the kind, and the pid or the id of the integration; raises `not-found`."""
    match = _ID.fullmatch(item_id)
    if match is None or match[1] not in list(AttentionKind):
        raise not_found()
    return AttentionKind(match[1]), match[2], match[3]


async def _subject(
    tx: Connection, context: RequestContext, pid: str | None, integration_id: str | None
) -> tuple[NameRow, Subject]:
    if pid is not None:
        key = await find_key(tx, context, pid, Permission.KEYS_WRITE)
        name = NameRow(key.integration_id, key.integration_name, pid, key.label)
        return name, Subject(workspace_id=key.workspace_id, now=context.now(), pid=pid)
    place = await find_integration(tx, context, integration_id or "", Permission.KEYS_WRITE)
    name = NameRow(place.id, place.name)
    where = Subject(
        workspace_id=place.workspace_id, now=context.now(), integration_id=integration_id
    )
    return name, where


def _dismissal(item: Found, known: dict[str, DismissalRecord]) -> DismissalRecord | None:
    dismissal = known.get(item.id) if known else None
    return None if dismissal is None or item.is_worse_than(dismissal) else dismissal


def _count(items: Sequence[Found]) -> tuple[int, bool]:
    """Returns the keys of items, up to `MOST`, and whether there are more."""
    keys = sum(item.keys for item in items)
    return min(keys, MOST), keys > MOST or any(item.capped for item in items)


def _to_count(kind: AttentionKind, counted: Sequence[tuple[int, bool]]) -> AttentionCount:
    keys = sum(each for each, _ in counted)
    capped = keys > MOST or any(more for _, more in counted)
    return AttentionCount(kind=kind, urgency=kind.urgency, keys=min(keys, MOST), capped=capped)


async def _names(tx: Connection, items: Sequence[Found]) -> dict[str, NameRow]:
    pids = sorted({item.pid for item in items if item.pid is not None})
    places = {item.integration_id for item in items if item.integration_id is not None}
    return await store.names(tx, pids, sorted(places))


def _to_wire(item: Found, name: NameRow, dismissal: DismissalRecord | None) -> AttentionItem:
    return AttentionItem(
        id=item.id,
        kind=item.kind,
        urgency=item.kind.urgency,
        workspace_id=item.workspace_id,
        integration_id=name.integration_id,
        integration_name=name.integration_name,
        public_key=None if item.pid is None else f"kcp_{item.pid}",
        label=None if item.pid is None else name.label,
        keys=item.keys,
        capped=item.capped,
        times=item.times,
        address=item.address,
        agent=item.agent,
        query=item.query,
        at=optional_moment(item.at),
        dismissed=None if dismissal is None else _dismissal_to_wire(dismissal),
    )


def _dismissal_to_wire(record: DismissalRecord) -> Dismissal:
    return Dismissal(by=record.by, at=moment(record.at), until=moment(record.until))
