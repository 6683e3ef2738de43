"""Queries: the audit logs that a person accepted although a checkpoint contradicts them."""

from typing import NamedTuple

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import accepted_histories, audit_events, workspaces
from keyconsole.service.store.upserts import insert_into


class Acceptance(NamedTuple):
    """The last acceptance of the log of a workspace: up to which checkpoint, and when."""

    checkpoint: int
    accepted_at: int


async def acceptances(tx: Connection) -> dict[str, Acceptance]:
    """Returns the last acceptance of each workspace that has one."""
    c = accepted_histories.c
    rows = await tx.execute(sa.select(c.workspace_id, c.checkpoint, c.accepted_at))
    return {row[0]: Acceptance._make(row[1:]) for row in rows}


async def accept(tx: Connection, workspace_id: str, checkpoint: int, now: int) -> None:
    """Stores that the log is accepted as it is, whatever checkpoints up to this one say."""
    statement = insert_into(tx, accepted_histories).values(
        workspace_id=workspace_id, checkpoint=checkpoint, accepted_at=now
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id"],
            set_={
                "checkpoint": statement.excluded.checkpoint,
                "accepted_at": statement.excluded.accepted_at,
            },
        )
    )


async def heads(tx: Connection) -> dict[str, tuple[int, str]]:
    """Returns sequence and hash of the last event of each workspace; `(0, "")` without one."""
    c, every = audit_events.c, audit_events.alias("every").c
    last = (
        sa.select(sa.func.max(every.sequence))
        .where(every.workspace_id == workspaces.c.id)
        .correlate(workspaces)
        .scalar_subquery()
    )
    joined = (c.workspace_id == workspaces.c.id) & (c.sequence == last)
    query = sa.select(workspaces.c.id, c.sequence, c.hash).select_from(
        workspaces.outerjoin(audit_events, joined)
    )
    return {row[0]: (row[1] or 0, row[2] or "") for row in await tx.execute(query)}


async def hash_at(tx: Connection, workspace_id: str, sequence: int) -> str | None:
    """Returns the hash of one event, or None."""
    c = audit_events.c
    query = sa.select(c.hash).where(c.workspace_id == workspace_id, c.sequence == sequence)
    return (await tx.execute(query)).scalar_one_or_none()
