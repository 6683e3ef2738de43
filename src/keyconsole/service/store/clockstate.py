"""Queries: what is known of the clock, and the times that are evidence of it."""

from typing import NamedTuple

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import audit_events, clock_state, operator_tokens, workspaces


class ClockState(NamedTuple):
    """The row of `clock_state`; times are milliseconds since 1970, and 0 is never."""

    heartbeat_at: int
    acceptances: int
    accepted_at: int
    disregarded_until: int


async def read(tx: Connection) -> ClockState:
    """Returns the row."""
    columns = [clock_state.c[name] for name in ClockState._fields]
    return ClockState._make((await tx.execute(sa.select(*columns))).one())


async def beat(tx: Connection, now: int, ahead: int) -> None:
    """Moves the heartbeat forward to `now`, or back to it from a time after `ahead`."""
    at = clock_state.c.heartbeat_at
    await tx.execute(
        sa.update(clock_state).where((at < now) | (at > ahead)).values(heartbeat_at=now)
    )


async def accept(tx: Connection, now: int, disregarded_until: int) -> None:
    """Stores that a person accepts `now`, whatever events up to a time say."""
    await tx.execute(
        sa.update(clock_state).values(
            heartbeat_at=now,
            acceptances=clock_state.c.acceptances + 1,
            accepted_at=now,
            disregarded_until=disregarded_until,
        )
    )


async def newest_event(tx: Connection) -> int:
    """Returns the latest time among the last events of all audit logs, in ms; 0 without any.

    The last event of a log is the one that was written last, whatever time it says.
    """
    c = audit_events.c
    last = (
        sa.select(c.at)
        .where(c.workspace_id == workspaces.c.id)
        .order_by(c.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )
    times = (await tx.execute(sa.select(last).select_from(workspaces))).scalars()
    return max((at for at in times if isinstance(at, int)), default=0)


async def newest_sign_in(tx: Connection) -> int:
    """Returns the latest use of an operator token, in ms; 0 if none was used."""
    query = sa.select(sa.func.max(operator_tokens.c.last_used_at))
    return (await tx.execute(query)).scalar_one() or 0
