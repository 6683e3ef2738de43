"""Queries: integrations, and their keys in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.patterns import containing
from keyconsole.service.store.status import status_is
from keyconsole.service.store.tables import api_keys, integration_hours, integrations
from keyconsole.wire import IntegrationStatus, KeyCounts, KeyStatus

NEEDED = ("name", "provider", "environment", "client_id", "redirect_uri", "scopes")
"""The fields without which an integration is a draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationRecord:
    """An integration as it is kept."""

    id: str
    workspace_id: str
    name: str
    name_skeleton: str
    provider: str | None
    environment: str | None
    client_id: str | None
    redirect_uri: str | None
    scopes: list[str] | None
    disabled_at: int | None
    created_at: int
    created_by: str
    updated_at: int
    max_key_age_days: int | None = None

    @property
    def missing(self) -> list[str]:
        """The fields that keep it a draft."""
        return [name for name in NEEDED if not getattr(self, name)]

    @property
    def status(self) -> IntegrationStatus:
        """Disabled wins over draft."""
        if self.disabled_at is not None:
            return IntegrationStatus.DISABLED
        return IntegrationStatus.DRAFT if self.missing else IntegrationStatus.CONFIGURED


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationFilter:
    """Which integrations; nothing given is all of them."""

    workspaces: Sequence[str]
    status: IntegrationStatus | None = None
    name_contains: str | None = None


class OwnAge(NamedTuple):
    """The maximum age of the keys of an integration, in days, by its own policy."""

    name: str
    days: int


_k = api_keys.c
_AT_ONCE = 5_000
"""So many ids go into one statement."""

Position = tuple[str, str]
"""The end of a page: skeleton of the name, and id."""


# Built once: every create asks for it.
_FIND = sa.select(integrations).where(
    integrations.c.id == sa.bindparam("integration_id"),
    integrations.c.workspace_id.in_(sa.bindparam("workspaces", expanding=True)),
)


async def find(
    tx: Connection, integration_id: str, workspaces: Sequence[str]
) -> IntegrationRecord | None:
    """Returns the integration if it is in one of these workspaces, or None."""
    asked = {"integration_id": integration_id, "workspaces": workspaces}
    row = (await tx.execute(_FIND, asked)).mappings().one_or_none()
    return None if row is None else IntegrationRecord(**row)


async def known(tx: Connection, ids: Sequence[str]) -> set[str]:
    """Returns those of these ids that are integrations, of any workspace."""
    query = sa.select(integrations.c.id).where(integrations.c.id.in_(ids))
    return {*(await tx.execute(query)).scalars()}


class Named(NamedTuple):
    """The name of an integration, and its environment."""

    name: str
    environment: str | None


async def names(tx: Connection, ids: Sequence[str]) -> dict[str, Named]:
    """Returns the name and environment of each of these integrations, by id."""
    c = integrations.c
    found: dict[str, Named] = {}
    for start in range(0, len(ids), _AT_ONCE):
        some = c.id.in_(ids[start : start + _AT_ONCE])
        rows = await tx.execute(sa.select(c.id, c.name, c.environment).where(some))
        found |= {row[0]: Named(row[1], row[2]) for row in rows.all()}
    return found


async def find_name(tx: Connection, workspace_id: str, name_skeleton: str) -> str | None:
    """Returns the id of the integration that has this name in the workspace, or None."""
    query = sa.select(integrations.c.id).where(
        integrations.c.workspace_id == workspace_id,
        integrations.c.name_skeleton == name_skeleton,
    )
    return (await tx.execute(query)).scalar_one_or_none()


async def shortest_age(tx: Connection, workspace_id: str) -> OwnAge | None:
    """Returns the integration with the shortest maximum age of its own, or None."""
    c = integrations.c
    query = (
        sa.select(c.name, c.max_key_age_days)
        .where(c.workspace_id == workspace_id, c.max_key_age_days.is_not(None))
        .order_by(c.max_key_age_days, c.name_skeleton)
        .limit(1)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else OwnAge(*row)


async def add(tx: Connection, integration: IntegrationRecord) -> None:
    """Adds an integration."""
    await add_all(tx, [integration])


async def add_all(tx: Connection, records: Sequence[IntegrationRecord]) -> None:
    """Adds many integrations."""
    rows = [{name: getattr(each, name) for name in IntegrationRecord.__slots__} for each in records]
    await tx.execute(sa.insert(integrations), rows)


async def update(
    tx: Connection, integration_id: str, workspace_id: str, changes: dict[str, Any]
) -> None:
    """Changes columns of an integration."""
    await tx.execute(
        sa.update(integrations)
        .where(integrations.c.id == integration_id, integrations.c.workspace_id == workspace_id)
        .values(changes)
    )


async def page(
    tx: Connection, which: IntegrationFilter, limit: int, after: Position | None
) -> list[IntegrationRecord]:
    """Returns the integrations by name that come after a position."""
    c = integrations.c
    query = sa.select(integrations).where(c.workspace_id.in_(which.workspaces))
    if which.name_contains:
        query = query.where(containing(c.name_skeleton, which.name_contains))
    if which.status is not None:
        query = query.where(_status_is(which.status))
    if after is not None:
        query = query.where(sa.tuple_(c.name_skeleton, c.id) > after)
    query = query.order_by(c.name_skeleton, c.id).limit(limit)
    return [IntegrationRecord(**row) for row in (await tx.execute(query)).mappings()]


async def key_counts(tx: Connection, ids: Sequence[str], now: int) -> dict[str, KeyCounts]:
    """Counts the keys of each integration by status.

    Only those that may be neither active nor revoked are looked at row by row; the others are
    counted in an index. Reading a million rows took the first screen ten seconds.
    """
    every = await _counted(tx, ids)
    revoked = await _counted(tx, ids, _k.revoked_at > sa.literal_column("0"))
    odd = await _odd_ones(tx, ids, now)
    counts = {}
    for integration_id, total in every.items():
        unconfirmed, disabled, expired, burnt = odd.get(integration_id, (0, 0, 0, 0))
        dead = revoked.get(integration_id, 0) + burnt
        counts[integration_id] = KeyCounts(
            active=total - disabled - expired - dead,
            unconfirmed=unconfirmed,
            disabled=disabled,
            expired=expired,
            revoked=dead,
        )
    return counts


async def _counted(
    tx: Connection, ids: Sequence[str], *conditions: sa.ColumnElement[bool]
) -> dict[str, int]:
    query = sa.select(_k.integration_id, sa.func.count()).where(
        _k.integration_id.in_(ids), *conditions
    )
    return {row[0]: row[1] for row in await tx.execute(query.group_by(_k.integration_id))}


async def _odd_ones(
    tx: Connection, ids: Sequence[str], now: int
) -> dict[str, tuple[int, int, int, int]]:
    """Unconfirmed, disabled, expired, and revoked by a fuse alone: of each integration, how many.

    Each condition is in the words of its partial index.
    """
    odd = (
        _k.acknowledged_at.is_(None) & (_k.last_used_at == sa.literal_column("0")),
        _k.disabled_at > sa.literal_column("0"),
        _k.expires_at <= now,
        _k.expiry_seen_at > sa.literal_column("0"),
    )
    here = _k.integration_id.in_(ids)
    pids = sa.union_all(*(sa.select(_k.pid).where(here, each) for each in odd))
    states = (
        status_is(KeyStatus.ACTIVE, now) & odd[0],
        status_is(KeyStatus.DISABLED, now),
        status_is(KeyStatus.EXPIRED, now),
        status_is(KeyStatus.REVOKED, now),
    )
    query = (
        sa.select(_k.integration_id, *(sa.func.count().filter(each) for each in states))
        .where(_k.pid.in_(pids), _k.revoked_at.is_(None))
        .group_by(_k.integration_id)
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in await tx.execute(query)}


async def last_used(tx: Connection, ids: Sequence[str]) -> dict[str, int]:
    """Returns the last use of each integration; those never used are left out."""
    newest = (
        sa.select(sa.func.max(api_keys.c.last_used_at))
        .where(api_keys.c.integration_id == integrations.c.id)
        .scalar_subquery()
    )
    query = sa.select(integrations.c.id, newest).where(integrations.c.id.in_(ids))
    return {row[0]: row[1] for row in await tx.execute(query) if row[1]}


async def hours(tx: Connection, ids: Sequence[str], since: int) -> dict[str, dict[int, int]]:
    """Returns accepted requests an hour of each integration, from the hour `since` on."""
    c = integration_hours.c
    query = sa.select(c.integration_id, c.hour, c.accepted).where(
        c.integration_id.in_(ids), c.hour >= since
    )
    found: dict[str, dict[int, int]] = {}
    for integration_id, hour, accepted in await tx.execute(query):
        found.setdefault(integration_id, {})[hour] = accepted
    return found


def _status_is(status: IntegrationStatus) -> sa.ColumnElement[bool]:
    c = integrations.c
    if status is IntegrationStatus.DISABLED:
        return c.disabled_at.is_not(None)
    complete = sa.and_(*(c[name].is_not(None) for name in NEEDED))
    if status is IntegrationStatus.CONFIGURED:
        return c.disabled_at.is_(None) & complete
    return c.disabled_at.is_(None) & ~complete
