"""Queries: use over time, each read by an index, from one time to another.

A key, an integration or a workspace has at most a row an hour and outcome, 2,184 hours of it. The
rows of a series are summed here, so that days cost no more to send than hours.
"""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.outcomes import ACCEPTED, is_sound, sum_of
from keyconsole.service.store.tables import (
    api_keys,
    integration_hours,
    integrations,
    usage_hours,
    usage_totals,
)

MOST_PARTS = 20

_h, _t, _i, _k = usage_hours.c, usage_totals.c, integration_hours.c, api_keys.c


class Row(NamedTuple):
    """The requests of one outcome within the step that begins at `at`.

    `damaged` is the number of counts that cannot be right, and are left out.
    """

    at: int
    outcome: str
    requests: int
    damaged: int


class Steps(NamedTuple):
    """Times from `since` on and before `until`, in steps of `step` milliseconds."""

    since: int
    until: int
    step: int


class PartRecord(NamedTuple):
    """A key or an integration with its requests since some time."""

    id: str
    integration_id: str
    name: str
    last_used_at: int
    accepted: int
    refused: int


async def of_key(tx: Connection, pid: str, steps: Steps) -> list[Row]:
    """Returns the requests with a key by step and outcome, oldest first."""
    return await _rows(tx, steps, _h.hour, _h.count, _h.pid == pid, _h.outcome)


async def of_integration(tx: Connection, integration_id: str, steps: Steps) -> list[Row]:
    """Returns the requests with the keys of an integration by step and outcome, oldest first."""
    is_its = _i.integration_id == integration_id
    let_in = await _rows(tx, steps, _i.hour, _i.accepted, is_its)
    return sorted(let_in + await of_total(tx, integration_id, steps))


async def of_total(tx: Connection, scope: str, steps: Steps) -> list[Row]:
    """Returns the requests of a workspace, or those that an integration refused."""
    return await _rows(tx, steps, _t.hour, _t.count, _t.scope == scope, _t.outcome)


async def _rows(
    tx: Connection,
    steps: Steps,
    hour: sa.ColumnElement[int],
    count: sa.ColumnElement[int],
    is_its: sa.ColumnElement[bool],
    outcome: sa.ColumnElement[str] | None = None,
) -> list[Row]:
    at = hour - hour % sa.literal_column(str(steps.step))
    places = [at] if outcome is None else [at, outcome]
    query = (
        sa.select(sum_of(count), sa.func.sum(sa.case((is_sound(count), 0), else_=1)), *places)
        .where(is_its, hour >= steps.since, hour < steps.until)
        .group_by(*places)
        .order_by(*places)
    )
    return [
        Row(int(place[0]), ACCEPTED if outcome is None else place[1], int(total), int(damaged))
        for total, damaged, *place in await tx.execute(query)
    ]


async def last_used(tx: Connection, workspace_id: str) -> int | None:
    """Returns when a key of the workspace was used last."""
    newest = sa.select(sa.func.max(_k.last_used_at)).where(_k.workspace_id == workspace_id)
    found: int | None = (await tx.execute(newest)).scalar_one()
    return found


async def keys_used_last(tx: Connection, integration_id: str, since: int) -> list[PartRecord]:
    """Returns the keys of an integration that were used last, with their requests since then."""
    query = (
        sa.select(_k.pid, _k.integration_id, _k.label, _k.last_used_at)
        .where(_k.integration_id == integration_id, _k.last_used_at > 0)
        .order_by(_k.last_used_at.desc(), _k.pid.desc())
        .limit(MOST_PARTS)
    )
    found = (await tx.execute(query)).all()
    pids = [row.pid for row in found]
    is_let_in = _h.outcome == ACCEPTED
    counts = await _counts(tx, _h.pid, pids, _h.hour >= since, is_let_in, _h.count)
    return [PartRecord(*row, *counts.get(row.pid, (0, 0))) for row in found]


async def integrations_used_most(tx: Connection, workspace_id: str, since: int) -> list[PartRecord]:
    """Returns the integrations of a workspace that let in most since then, with their requests."""
    c = integrations.c
    total = sum_of(_i.accepted)
    last = sa.select(sa.func.max(_k.last_used_at)).where(_k.integration_id == c.id)
    query = (
        sa.select(c.id, c.name, last.scalar_subquery(), total)
        .join_from(integrations, integration_hours, _i.integration_id == c.id)
        .where(c.workspace_id == workspace_id, _i.hour >= since)
        .group_by(c.id, c.name)
        .order_by(total.desc(), c.id)
        .limit(MOST_PARTS)
    )
    found = (await tx.execute(query)).all()
    is_let_in = _t.outcome == ACCEPTED
    ids = [row[0] for row in found]
    counts = await _counts(tx, _t.scope, ids, _t.hour >= since, is_let_in, _t.count)
    return [
        PartRecord(place, place, name, last or 0, int(accepted), counts.get(place, (0, 0))[1])
        for place, name, last, accepted in found
    ]


async def _counts(
    tx: Connection,
    part: sa.ColumnElement[str],
    parts: Sequence[str],
    is_since: sa.ColumnElement[bool],
    is_let_in: sa.ColumnElement[bool],
    count: sa.ColumnElement[int],
) -> dict[str, tuple[int, int]]:
    """Returns how many requests of each part were let in, and how many refused."""
    query = (
        sa.select(part, sum_of(count, is_let_in), sum_of(count, ~is_let_in))
        .where(part.in_(parts), is_since)
        .group_by(part)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in await tx.execute(query)}
