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

TWINS = 3
"""The number of twins of a look that are read: one is named, the others are counted."""

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
    """A living key, with the columns that a twin is shown by."""

    pid: str
    label: str
    label_look: str
    integration_name: str


async def living_by_look(
    tx: Connection, workspace_id: str, looks: Sequence[str], now: int
) -> list[NamedRecord]:
    """Returns the living keys of a workspace that look like any of these."""
    query = (
        sa.select(_k.pid, _k.label, _k.label_look, integrations.c.name)
        .select_from(api_keys.join(integrations))
        .where(
            _k.workspace_id == workspace_id,
            _k.label_look.in_(looks),
            status_is(KeyStatus.ACTIVE, now) | status_is(KeyStatus.DISABLED, now),
        )
        .order_by(_k.label_look, _k.created_at, _k.pid)
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
