"""Queries: what the label audit needs of many keys at once, and the findings that may rest."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.status import status_is
from keyconsole.service.store.tables import (
    accounts,
    api_keys,
    integrations,
    key_reviews,
    memberships,
)
from keyconsole.wire import KeyStatus

_k = api_keys.c


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """The review of a finding of a key: by whom, when, and until when the finding rests."""

    pid: str
    finding: str
    by: str
    at: int
    until: int


@dataclass(frozen=True, slots=True)
class NamedRecord:
    """A living key, with the columns that a twin is shown by.

    `namesakes` counts the living keys with its label, `alike` those with its look, itself included.
    """

    pid: str
    label: str
    label_look: str
    integration_name: str
    namesakes: int
    alike: int


async def living_by_look(
    tx: Connection, workspace_id: str, looks: Sequence[str], labels: Sequence[str], now: int
) -> list[NamedRecord]:
    """Returns living keys of a workspace that look like any of these, the oldest first.

    The two oldest of each of `labels`, and the oldest of the two first labels of each look: enough
    to name a twin of each key with one of `labels`, however many keys look the same.
    """
    oldest_first = _k.created_at, _k.pid
    same = _k.label_look, _k.label
    ranked = (
        sa.select(
            _k.pid,
            _k.label,
            _k.label_look,
            _k.created_at,
            integrations.c.name,
            sa.func.count().over(partition_by=same).label("namesakes"),
            sa.func.count().over(partition_by=_k.label_look).label("alike"),
            sa.func.row_number().over(partition_by=same, order_by=oldest_first).label("rank"),
        )
        .select_from(api_keys.join(integrations))
        .where(
            _k.workspace_id == workspace_id,
            _k.label_look.in_(looks),
            status_is(KeyStatus.ACTIVE, now) | status_is(KeyStatus.DISABLED, now),
        )
        .subquery()
    )
    r = ranked.c
    place = sa.func.row_number().over(
        partition_by=(r.label_look, r.rank), order_by=(r.created_at, r.pid)
    )
    placed = sa.select(ranked, place.label("place")).where(r.rank <= 2).subquery()
    p = placed.c
    query = (
        sa.select(p.pid, p.label, p.label_look, p.name, p.namesakes, p.alike)
        .where(p.label.in_(labels) | ((p.rank == 1) & (p.place <= 2)))
        .order_by(p.created_at, p.pid)
    )
    return [NamedRecord(*row) for row in await tx.execute(query)]


async def environments(tx: Connection, ids: Sequence[str]) -> dict[str, str | None]:
    """Returns the environments of integrations, by id."""
    c = integrations.c
    query = sa.select(c.id, c.environment).where(c.id.in_(ids))
    return {row[0]: row[1] for row in await tx.execute(query)}


async def members(tx: Connection, workspace_id: str) -> set[str]:
    """Returns the addresses of the members of a workspace."""
    query = (
        sa.select(accounts.c.email)
        .join(memberships, memberships.c.account_id == accounts.c.id)
        .where(memberships.c.workspace_id == workspace_id)
    )
    return set((await tx.execute(query)).scalars())


async def reviews_of(tx: Connection, pids: Sequence[str], now: int) -> list[ReviewRecord]:
    """Returns the reviews of these keys that still hold."""
    c = key_reviews.c
    query = sa.select(c.pid, c.finding, c.by, c.at, c.until).where(c.pid.in_(pids), c.until > now)
    return [ReviewRecord(*row) for row in await tx.execute(query)]


async def save(tx: Connection, review: ReviewRecord) -> None:
    """Stores a review in the place of the one before."""
    c = key_reviews.c
    await tx.execute(sa.delete(key_reviews).where(c.pid == review.pid, c.finding == review.finding))
    values = {name: getattr(review, name) for name in ReviewRecord.__slots__}
    await tx.execute(sa.insert(key_reviews), values)
