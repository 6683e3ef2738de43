"""Queries: which keys a bulk revoke means, and how far it has come."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from keyconsole.service.store.access_paths import narrowest
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord, select_keys
from keyconsole.service.store.selection import KeyScope, conditions
from keyconsole.service.store.status import status_is
from keyconsole.service.store.tables import (
    api_keys,
    audit_events,
    integrations,
    revocation_keys,
    revocations,
)
from keyconsole.wire import KeyStatus

SLICE = 1_000
"""Rows a commit while a revocation is written down: nobody else waits for longer than that."""


class RevocationRecord(NamedTuple):
    """A bulk revoke as it is kept. Without `total` it never began."""

    id: str
    actor: str
    reason: str
    incident: str | None
    note: str | None
    request_id: str
    selection_hash: str
    created_at: int
    total: int | None
    finished_at: int | None
    address: str | None


class KeyOfRevocation(NamedTuple):
    """A key of a bulk revoke; `outcome` is missing while it is still to come."""

    position: int
    pid: str
    label: str
    integration_name: str
    outcome: str | None
    sequence: int | None
    at: int | None
    hash: str | None


class DueKey(NamedTuple):
    """A key that is still to come, with no more of it than its end needs.

    `revoked_at` and `revoked_sequence` are there where somebody else revoked it meanwhile.
    """

    position: int
    pid: str
    workspace_id: str
    integration_id: str
    label: str
    revoked_at: int | None
    revoked_sequence: int | None


_k, _r, _o = api_keys.c, revocations.c, revocation_keys.c
_PIDS = 500


async def select(tx: Connection, which: KeyScope, limit: int) -> list[KeyRecord]:
    """Returns the keys of a query by pid, at most `limit`."""
    found: list[KeyRecord] = []
    for each in [] if which.finds_nothing else which.workspaces:
        met = conditions(each, which, api_keys)
        if (path := await narrowest(tx, each, which, limit)) is not None:
            met.append(path.met)
        query = select_keys(*met).order_by(_k.pid).limit(limit - len(found))
        found += [KeyRecord(**row) for row in (await tx.execute(query)).mappings()]
    return sorted(found, key=lambda key: key.pid)


async def select_named(
    tx: Connection, pids: Sequence[str], workspaces: Sequence[str], now: int
) -> list[KeyRecord]:
    """Returns the keys with these pids that are in the workspaces and not revoked, by pid."""
    found: list[KeyRecord] = []
    for part in _parts(pids):
        query = select_keys(
            _k.pid.in_(part),
            _k.workspace_id.in_(workspaces),
            ~status_is(KeyStatus.REVOKED, now),
        ).order_by(_k.pid)
        found += [KeyRecord(**row) for row in (await tx.execute(query)).mappings()]
    return found


async def known(tx: Connection, pids: Sequence[str], workspaces: Sequence[str]) -> dict[str, bool]:
    """Returns the pids that are in these workspaces, each with True if the key is revoked."""
    found: dict[str, bool] = {}
    for part in _parts(pids):
        query = sa.select(_k.pid, _k.revoked_at.is_not(None)).where(
            _k.pid.in_(part), _k.workspace_id.in_(workspaces)
        )
        found |= {row[0]: bool(row[1]) for row in await tx.execute(query)}
    return found


async def find(tx: Connection, revocation_id: str) -> RevocationRecord | None:
    """Returns a bulk revoke that has begun, or None."""
    query = sa.select(revocations).where(_r.id == revocation_id, _r.total.is_not(None))
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else RevocationRecord(**row)


async def find_same(
    tx: Connection, actor: str, selection_hash: str, since: int
) -> RevocationRecord | None:
    """Returns the bulk revoke of the same person and selection, of `since` or later."""
    query = (
        sa.select(revocations)
        .where(
            _r.actor == actor,
            _r.selection_hash == selection_hash,
            _r.created_at >= since,
            _r.total.is_not(None),
        )
        .order_by(_r.created_at.desc())
        .limit(1)
    )
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else RevocationRecord(**row)


async def unfinished(tx: Connection) -> list[str]:
    """Returns the bulk revokes that have begun and not ended."""
    query = sa.select(_r.id).where(_r.total.is_not(None), _r.finished_at.is_(None))
    return list((await tx.execute(query.order_by(_r.created_at))).scalars())


async def add(tx: Connection, record: RevocationRecord) -> None:
    """Adds a bulk revoke; it has not begun before its `total` is known."""
    values = {name: getattr(record, name) for name in RevocationRecord._fields}
    await tx.execute(sa.insert(revocations), values)


async def add_keys(
    tx: Connection, revocation_id: str, keys: Sequence[tuple[int, str, str]]
) -> None:
    """Adds keys to a bulk revoke: position, pid and workspace."""
    rows = [
        {"revocation_id": revocation_id, "position": position, "pid": pid, "workspace_id": where}
        for position, pid, where in keys
    ]
    await tx.execute(sa.insert(revocation_keys), rows)


async def change(tx: Connection, revocation_id: str, **changes: Any) -> None:
    """Changes columns of a bulk revoke: it has begun, or ended."""
    await tx.execute(sa.update(revocations).where(_r.id == revocation_id).values(changes))


async def workspaces_of(tx: Connection, revocation_id: str) -> list[str]:
    """Returns the workspaces that the keys of a bulk revoke are in."""
    query = sa.select(_o.workspace_id).where(_o.revocation_id == revocation_id).distinct()
    return list((await tx.execute(query)).scalars())


async def pending(tx: Connection, revocation_id: str, after: int, limit: int) -> list[DueKey]:
    """Returns the next keys to revoke, in their order, after a position."""
    query = (
        sa.select(
            _o.position,
            _o.pid,
            _k.workspace_id,
            _k.integration_id,
            _k.label,
            _k.revoked_at,
            _k.revoked_sequence,
        )
        .select_from(revocation_keys.join(api_keys, _k.pid == _o.pid))
        .where(_o.revocation_id == revocation_id, _o.position > after, _o.outcome.is_(None))
        .order_by(_o.position)
        .limit(limit)
    )
    return [DueKey(*row) for row in await tx.execute(query)]


async def record_outcomes(
    tx: Connection, revocation_id: str, outcomes: Sequence[tuple[int, str, int]]
) -> None:
    """Stores the outcomes of keys: position, outcome, audit sequence."""
    if outcomes:
        await tx.execute(
            sa.update(revocation_keys)
            .where(_o.revocation_id == revocation_id, _o.position == sa.bindparam("place"))
            .values(outcome=sa.bindparam("became"), sequence=sa.bindparam("event")),
            [
                {"place": place, "became": became, "event": event}
                for place, became, event in outcomes
            ],
        )


async def mark_revoked(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Revokes many keys. Each row has the `key` (a pid) and the columns that a revoke sets."""
    if rows:
        names = [name for name in rows[0] if name != "key"]
        await tx.execute(
            sa.update(api_keys)
            .where(_k.pid == sa.bindparam("key"))
            .values({name: sa.bindparam(name) for name in names} | {"version": _k.version + 1}),
            list(rows),
        )


async def counts(
    tx: Connection, revocation_id: str, workspaces: Sequence[str]
) -> dict[str | None, int]:
    """Returns the number of keys of these workspaces by outcome; None is still to come."""
    query = (
        sa.select(_o.outcome, sa.func.count())
        .where(_o.revocation_id == revocation_id, _o.workspace_id.in_(workspaces))
        .group_by(_o.outcome)
    )
    return {row[0]: row[1] for row in await tx.execute(query)}


async def page(
    tx: Connection, revocation_id: str, workspaces: Sequence[str], limit: int, after: int
) -> list[KeyOfRevocation]:
    """Returns the keys of a bulk revoke after a position, with their places in the audit log."""
    query = (
        sa.select(
            _o.position,
            _o.pid,
            _k.label,
            integrations.c.name,
            _o.outcome,
            _o.sequence,
            audit_events.c.at,
            audit_events.c.hash,
        )
        .select_from(
            revocation_keys.join(api_keys, _k.pid == _o.pid)
            .join(integrations, integrations.c.id == _k.integration_id)
            .outerjoin(
                audit_events,
                (audit_events.c.workspace_id == _o.workspace_id)
                & (audit_events.c.sequence == _o.sequence),
            )
        )
        .where(
            _o.revocation_id == revocation_id,
            _o.workspace_id.in_(workspaces),
            _o.position > after,
        )
        .order_by(_o.position)
        .limit(limit)
    )
    return [KeyOfRevocation(*row) for row in await tx.execute(query)]


def _parts(pids: Sequence[str]) -> list[list[str]]:
    """Splits pids, sorted, into lists that a statement can hold."""
    ordered = sorted(set(pids))
    return [ordered[start : start + _PIDS] for start in range(0, len(ordered), _PIDS)]
