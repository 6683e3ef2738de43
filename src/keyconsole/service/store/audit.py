"""Queries: the audit log, one chain a workspace."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import audit_events


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """An audit event as it is kept; `detail` is canonical JSON."""

    workspace_id: str
    sequence: int
    id: str
    at: int
    actor: str
    action: str
    target: str
    target_name: str
    integration_id: str | None
    detail: str
    request_id: str
    root_id: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events; nothing given is all of them."""

    workspaces: Sequence[str]
    target: str | None = None
    integration_id: str | None = None
    action: str | None = None
    actor: str | None = None


Position = tuple[int, str, int]
"""Where a page ended: time, workspace, sequence."""


async def head(tx: Connection, workspace_id: str) -> tuple[int, str]:
    """Sequence and hash of the last event of a chain; `(0, "")` before the first."""
    query = (
        sa.select(audit_events.c.sequence, audit_events.c.hash)
        .where(audit_events.c.workspace_id == workspace_id)
        .order_by(audit_events.c.sequence.desc())
        .limit(1)
    )
    row = (await tx.execute(query)).one_or_none()
    return (0, "") if row is None else (row[0], row[1])


async def extend(tx: Connection, events: Sequence[EventRecord]) -> None:
    """Add the next events of a chain, in their order."""
    rows = [{name: getattr(each, name) for name in EventRecord.__slots__} for each in events]
    await tx.execute(sa.insert(audit_events), rows)


async def find(tx: Connection, workspace_id: str, sequence: int) -> EventRecord | None:
    """One event."""
    query = sa.select(audit_events).where(
        audit_events.c.workspace_id == workspace_id, audit_events.c.sequence == sequence
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else EventRecord(**row)


async def latest(tx: Connection, workspace_id: str, target: str, action: str) -> EventRecord | None:
    """The newest event of a kind about a target."""
    c = audit_events.c
    query = (
        sa.select(audit_events)
        .where(c.workspace_id == workspace_id, c.target == target, c.action == action)
        .order_by(c.sequence.desc())
        .limit(1)
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else EventRecord(**row)


async def page(
    tx: Connection, which: EventFilter, limit: int, after: Position | None
) -> list[EventRecord]:
    """The events, newest first, that come after a position."""
    c = audit_events.c
    query = sa.select(audit_events).where(c.workspace_id.in_(which.workspaces))
    for column, wanted in (
        (c.target, which.target),
        (c.integration_id, which.integration_id),
        (c.action, which.action),
        (c.actor, which.actor),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    order = sa.tuple_(c.at, c.workspace_id, c.sequence)
    if after is not None:
        query = query.where(order < after)
    query = query.order_by(c.at.desc(), c.workspace_id.desc(), c.sequence.desc()).limit(limit)
    return [EventRecord(**row) for row in (await tx.execute(query)).mappings()]
