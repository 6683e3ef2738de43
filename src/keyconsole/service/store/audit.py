"""Queries: the audit log, one chain a workspace."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from keyconsole.service.store.damage import has_damage, required_number, required_text
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import (
    audit_events,
    revocation_keys,
    revocations,
    workspaces,
)
from keyconsole.wire import RevocationOutcome


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
    address: str | None = None

    @property
    def is_damaged(self) -> bool:
        """True if a value of the row is not of the type of its column."""
        return has_damage(getattr(self, name) for name in EventRecord.__slots__)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """The events that are asked for; without a filter all of the workspaces."""

    workspaces: Sequence[str]
    target: str | None = None
    integration_id: str | None = None
    action: str | None = None
    actor: str | None = None
    since: int | None = None
    until: int | None = None
    revocation: str | None = None


_OPTIONAL = {"integration_id", "address"}
_NUMBERS = {"sequence", "at"}


def _record(row: sa.RowMapping) -> EventRecord:
    """Returns the event of a row, whatever somebody wrote into it."""
    values: dict[str, Any] = {}
    for name in EventRecord.__slots__:
        value = row[name]
        if name in _NUMBERS:
            value = required_number(value)
        elif name not in _OPTIONAL:
            value = required_text(value)
        values[name] = value
    return EventRecord(**values)


_NO_NUMBER = 2**63 - 1

Position = tuple[int, str, int]
"""The end of a page: time, workspace, sequence."""


# Built once: every change asks for the end of the chain, and adds to it.
_HEAD = (
    sa.select(audit_events.c.sequence, audit_events.c.hash)
    .where(
        audit_events.c.workspace_id == sa.bindparam("workspace_id"),
        audit_events.c.sequence < _NO_NUMBER,
    )
    .order_by(audit_events.c.sequence.desc())
    .limit(1)
)
_EXTEND = sa.insert(audit_events)


async def head(tx: Connection, workspace_id: str) -> tuple[int, str]:
    """Returns sequence and hash of the last event of a chain; `(0, "")` before the first.

    A sequence that is no number comes after every number, and is passed over.
    """
    row = (await tx.execute(_HEAD, {"workspace_id": workspace_id})).one_or_none()
    return (0, "") if row is None else (row[0], row[1])


async def extend(tx: Connection, events: Sequence[EventRecord]) -> None:
    """Adds the next events of a chain, in their order."""
    rows = [{name: getattr(each, name) for name in EventRecord.__slots__} for each in events]
    await tx.execute(_EXTEND, rows)


async def find(tx: Connection, workspace_id: str, sequence: int) -> EventRecord | None:
    """Returns one event, or None."""
    query = sa.select(audit_events).where(
        audit_events.c.workspace_id == workspace_id, audit_events.c.sequence == sequence
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else _record(row)


async def latest(tx: Connection, workspace_id: str, target: str, action: str) -> EventRecord | None:
    """Returns the newest event of a kind about a target, or None."""
    c = audit_events.c
    query = (
        sa.select(audit_events)
        .where(c.workspace_id == workspace_id, c.target == target, c.action == action)
        .order_by(c.sequence.desc())
        .limit(1)
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else _record(row)


async def page(
    tx: Connection,
    which: EventFilter,
    limit: int,
    after: Position | None,
    without: Iterable[str] = (),
) -> list[EventRecord]:
    """Returns the events, newest first, that come after a position.

    Those of the bulk revokes `without` are left out.
    """
    c = audit_events.c
    order = [c.at, c.workspace_id, c.sequence]
    position: tuple[int | str, ...] | None = after
    query = _matching(which)
    if len(which.workspaces) == 1:
        # In the order of the indexes, which begin with the workspace: a page is read, not sorted.
        order.remove(c.workspace_id)
        position = after and (after[0], after[2])
    if position is not None:
        query = query.where(sa.tuple_(*order) < position)
    for revocation in without:
        query = query.where(~c.detail.contains(f'"revocation":"{revocation}"', autoescape=True))
    query = query.order_by(*(column.desc() for column in order)).limit(limit)
    return [_record(row) for row in (await tx.execute(query)).mappings()]


def _matching(which: EventFilter) -> sa.Select[tuple[Any, ...]]:
    """Selects the events that match, in no order yet."""
    c = audit_events.c
    query = sa.select(audit_events)
    if len(which.workspaces) == 1:
        query = query.where(c.workspace_id == which.workspaces[0])
    else:
        query = query.where(c.workspace_id.in_(which.workspaces))
    for column, wanted in (
        (c.target, which.target),
        (c.integration_id, which.integration_id),
        (c.action, which.action),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if which.actor is not None:
        # With or without the domain. `A` is what follows `@`.
        named = c.actor == which.actor
        if "@" not in which.actor:
            named |= (c.actor > f"{which.actor}@") & (c.actor < f"{which.actor}A")
        query = query.where(named)
    if which.since is not None:
        query = query.where(c.at >= which.since)
    if which.until is not None:
        query = query.where(c.at < which.until)
    if which.revocation is not None:
        r = revocation_keys.c
        of_it = sa.select(r.workspace_id, r.sequence).where(
            r.revocation_id == which.revocation, r.outcome == RevocationOutcome.REVOKED
        )
        query = query.where(sa.tuple_(c.workspace_id, c.sequence).in_(of_it))
    return query


async def span_of(tx: Connection, revocation: str) -> tuple[int, int | None] | None:
    """Returns when a bulk revoke began and ended, if it has; None for one that is not there."""
    r = revocations.c
    query = sa.select(r.created_at, r.finished_at).where(r.id == revocation)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def begun_before(tx: Connection, ids: Sequence[str], at: int) -> list[str]:
    """Returns those of these bulk revokes that began at a time or before it, the newest first."""
    r = revocations.c
    query = sa.select(r.id).where(r.id.in_(ids), r.created_at <= at)
    return list((await tx.execute(query.order_by(r.created_at.desc()))).scalars())


async def revoked_by(
    tx: Connection, ids: Sequence[str], workspaces: Sequence[str]
) -> dict[str, int]:
    """Returns how many keys of these workspaces each of the bulk revokes has revoked."""
    r = revocation_keys.c
    query = (
        sa.select(r.revocation_id, sa.func.count())
        .where(
            r.revocation_id.in_(ids),
            r.workspace_id.in_(workspaces),
            r.outcome == RevocationOutcome.REVOKED,
        )
        .group_by(r.revocation_id)
    )
    return {row[0]: row[1] for row in await tx.execute(query)}


async def newer(
    tx: Connection, which: EventFilter, workspace_id: str, after: int, limit: int
) -> list[EventRecord]:
    """Returns the matching events of one workspace after a sequence, in the order of sequences."""
    c = audit_events.c
    query = _matching(which).where(c.workspace_id == workspace_id, c.sequence > after)
    query = query.order_by(c.sequence).limit(limit)
    return [_record(row) for row in (await tx.execute(query)).mappings()]


async def following(tx: Connection, workspace_id: str, after: int, limit: int) -> list[EventRecord]:
    """Returns the next events of a chain, in its order."""
    c = audit_events.c
    query = (
        sa.select(audit_events)
        .where(c.workspace_id == workspace_id, c.sequence > after)
        .order_by(c.sequence)
        .limit(limit)
    )
    return [_record(row) for row in (await tx.execute(query)).mappings()]


async def lengths(tx: Connection) -> dict[str, int]:
    """Returns the number of events of each workspace, by one seek each, however long its log."""
    c = audit_events.c
    last = sa.select(sa.func.max(c.sequence)).where(c.workspace_id == workspaces.c.id)
    found = await tx.execute(sa.select(workspaces.c.id, last.scalar_subquery()))
    return {workspace_id: count or 0 for workspace_id, count in found}
