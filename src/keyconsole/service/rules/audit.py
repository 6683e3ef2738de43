"""The audit log: the event of a request, the list, and what proves that the log is whole."""

import json
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from keyconsole.core.errors import field_problem
from keyconsole.service.audit_chain import ChainVerifier, append, canonical, extend
from keyconsole.service.clock import milliseconds, moment
from keyconsole.service.rules.context import RequestContext, not_found
from keyconsole.service.rules.pages import Cursors
from keyconsole.service.store import audit
from keyconsole.service.store.audit import EventFilter, EventRecord
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import AuditCheckpoint, AuditEvent, AuditVerification, Page, Permission

__all__ = [
    "append",
    "canonical",
    "extend",
    "list_events",
    "record",
    "record_of_key",
    "show_checkpoint",
    "verify",
]

STEP = 200
"""Events that are read and checked at a time: three milliseconds in which nobody else is served."""

STEP_SECONDS = 4.0
"""How long one answer follows a chain, before it says how far it came."""


async def record(
    tx: Connection,
    context: RequestContext,
    action: str,
    *,
    workspace_id: str,
    target: str,
    target_name: str,
    integration_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> EventRecord:
    """Add an event to the log of a workspace, in the transaction of the change."""
    return await append(
        tx,
        context.runtime.roots.newest,
        workspace_id=workspace_id,
        at=context.now(),
        actor=context.principal.name,
        action=action,
        target=target,
        target_name=target_name,
        request_id=context.request_id,
        integration_id=integration_id,
        detail=detail,
        address=context.address,
    )


async def record_of_key(
    tx: Connection,
    context: RequestContext,
    action: str,
    key: KeyRecord,
    detail: Mapping[str, Any] | None = None,
    *,
    label: str | None = None,
) -> EventRecord:
    """Add an event about a key, named by its label or by `label`, the one that it gets."""
    return await record(
        tx,
        context,
        action,
        workspace_id=key.workspace_id,
        target=key.public_key,
        target_name=key.label if label is None else label,
        integration_id=key.integration_id,
        detail=detail,
    )


async def list_events(
    context: RequestContext,
    *,
    limit: int,
    cursor: str | None,
    workspace: str | None = None,
    target: str | None = None,
    integration: str | None = None,
    action: str | None = None,
    actor: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: int | None = None,
) -> Page[AuditEvent]:
    """The events, newest first.

    With `after`, those of one workspace with a greater sequence, the oldest first: to follow the
    log, ask for what comes after the last sequence seen. Clocks have no part in it.
    """
    which = EventFilter(
        workspaces=context.principal.workspaces_with(Permission.AUDIT_READ, workspace),
        target=target,
        integration_id=integration,
        action=action,
        actor=actor,
        since=None if since is None else milliseconds(since),
        until=None if until is None else milliseconds(until),
    )
    if after is not None:
        return await _newer(context, which, _workspace(context, workspace), after, limit, cursor)
    cursors = Cursors(context.runtime.roots, "audit", which)
    position = cursors.read(cursor, (int, str, int))
    async with context.runtime.store.search() as tx:
        found = await audit.page(tx, which, limit + 1, position)
    last = found[limit - 1] if len(found) > limit else None
    return Page[AuditEvent](
        items=[_answer(event) for event in found[:limit]],
        next_cursor=last and cursors.write((last.at, last.workspace_id, last.sequence)),
    )


async def _newer(
    context: RequestContext,
    which: EventFilter,
    workspace_id: str,
    after: int,
    limit: int,
    cursor: str | None,
) -> Page[AuditEvent]:
    if cursor is not None:
        sentence = "after and cursor exclude each other: ask for what comes after the last event."
        raise field_problem("cursor", "excluded", sentence)
    async with context.runtime.store.search() as tx:
        found = await audit.newer(tx, which, workspace_id, after, limit)
    return Page[AuditEvent](items=[_answer(event) for event in found], next_cursor=None)


async def show_checkpoint(context: RequestContext, workspace: str | None) -> AuditCheckpoint:
    """How long the log of a workspace is now, and how it ends."""
    workspace_id = _workspace(context, workspace)
    async with context.runtime.store.read() as tx:
        count, head = await audit.head(tx, workspace_id)
    return AuditCheckpoint(
        workspace_id=workspace_id, count=count, head=head, at=moment(context.now())
    )


async def verify(context: RequestContext, workspace: str | None, after: int) -> AuditVerification:
    """Follow the chain of a workspace from its start, or from an event that was followed before.

    Holds a few hundred events in memory, however many there are.
    """
    workspace_id = _workspace(context, workspace)
    chain = ChainVerifier(context.runtime.roots)
    async with context.runtime.store.read() as tx:
        start = await audit.find(tx, workspace_id, after)
    if start is not None:
        chain.verified, chain.head = start.sequence, start.hash
    complete = await _follow(context, workspace_id, chain)
    return AuditVerification(
        workspace_id=workspace_id,
        verified=chain.verified,
        head=chain.head,
        first_broken=chain.first_broken,
        complete=complete,
        at=moment(context.now()),
    )


async def _follow(context: RequestContext, workspace_id: str, chain: ChainVerifier) -> bool:
    """Whether it came to the end of the chain, or to where it breaks."""
    deadline = time.monotonic() + STEP_SECONDS
    while True:
        async with context.runtime.store.search() as tx:
            events = await audit.following(tx, workspace_id, chain.verified, STEP)
        if not events or not chain.follow(events):
            return True
        if time.monotonic() > deadline:
            return False


def _workspace(context: RequestContext, wanted: str | None) -> str:
    """The workspace that is meant: the one named, or the only one."""
    if wanted is not None and wanted not in context.principal.workspaces:
        raise not_found()
    readable = context.principal.workspaces_with(Permission.AUDIT_READ, wanted)
    if len(readable) > 1:
        raise field_problem("workspace", "required", "You have several workspaces: say which one.")
    return readable[0]


def _answer(event: EventRecord) -> AuditEvent:
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
        detail=_detail(event.detail),
        request_id=event.request_id,
        address=event.address,
        hash=event.hash,
        damaged=event.is_damaged,
    )


def _detail(text: str) -> dict[str, Any]:
    """The detail as it was written; one that somebody spoilt is for the verification to tell."""
    try:
        detail = json.loads(text)
    except ValueError:
        return {}
    return detail if isinstance(detail, dict) else {}
