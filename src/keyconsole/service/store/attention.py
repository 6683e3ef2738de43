"""Queries: what needs attention in a workspace, one a kind, each by an index, each bounded.

A query stops counting at `MOST` keys. Sources and refusals are read from the latest on, at most
`READ` rows of each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from keyconsole.core.queries.keys import KeyQuery
from keyconsole.service.clock import DAY, HOUR
from keyconsole.service.store import usage
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.selection import KeyScope, conditions, due_for_rotation
from keyconsole.service.store.status import status_is
from keyconsole.service.store.tables import (
    api_keys,
    attention_dismissals,
    integrations,
    refusals,
    usage_hours,
    usage_sources,
    workspaces,
)
from keyconsole.wire import KeyStatus

MOST = 1_000
READ = 5_000

_k, _i, _w = api_keys.c, integrations.c, workspaces.c
_LIVING = _k.revoked_at.is_(None) & _k.expiry_seen_at.is_(None)
"""Neither revoked nor seen expired, in the words of the partial indexes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The workspace, and the one key or integration of it where no other is asked about."""

    workspace_id: str
    now: int
    pid: str | None = None
    integration_id: str | None = None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """An address that a key was never used from before `first_seen_at`."""

    pid: str
    address: str
    agent: str
    first_seen_at: int


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """Requests with one key that were refused within a day; `newest_at` is its newest source's."""

    pid: str
    is_forged: bool
    newest_at: int
    last_at: int
    times: int


@dataclass(frozen=True, slots=True)
class TransitionRow:
    """A disabled key and what is scheduled for it."""

    pid: str
    at: int
    then: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Some keys of one integration, and the first and last of their times; one of the pids."""

    integration_id: str
    keys: int
    first_at: int
    last_at: int
    pid: str


@dataclass(frozen=True, slots=True)
class NameRow:
    """The names that an item is shown by; of an integration alone `pid` and `label` are empty."""

    integration_id: str
    integration_name: str
    pid: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class DismissalRecord:
    """A dismissed item: by whom, when, until when, and how bad it was then."""

    workspace_id: str
    item: str
    by: str
    at: int
    until: int
    size: int
    mark: int


async def new_sources(tx: Connection, asked: Subject, since: int) -> list[SourceRow]:
    """Returns the addresses first seen after `since` of active keys used elsewhere before."""
    u, known = usage_sources.c, usage_sources.alias("known").c
    latest = sa.select(u.pid, u.address, u.agent, u.first_seen_at, u.accepted).where(
        u.workspace_id == asked.workspace_id, u.first_seen_at > since
    )
    if asked.pid is not None:
        latest = latest.where(u.pid == asked.pid)
    some = latest.order_by(u.first_seen_at.desc()).limit(READ).subquery("latest")
    before = sa.select(known.pid).where(known.pid == some.c.pid, known.first_seen_at <= since)
    query = (
        sa.select(some.c.pid, some.c.address, some.c.agent, some.c.first_seen_at)
        .join(api_keys, _k.pid == some.c.pid)
        .where(
            some.c.accepted > 0,
            status_is(KeyStatus.ACTIVE, asked.now),
            before.exists(),
            ~before.where(known.address == some.c.address).exists(),
        )
        .order_by(some.c.first_seen_at.desc())
        .limit(MOST + 1)
    )
    return [SourceRow(*row) for row in await tx.execute(query)]


async def refused(
    tx: Connection, asked: Subject, since: int, least: int, least_forged: int
) -> list[RefusedRow]:
    """Returns the keys that were refused so often since then; forged values of living ones alone.

    The counts are those of `usage_hours`, whole hours.
    """
    r, h = refusals.c, usage_hours.c
    is_forged = sa.case((r.reason == usage.FORGED, 1), else_=0).label("is_forged")
    latest = sa.select(r.pid, is_forged, r.count, r.first_at, r.last_at).where(
        r.workspace_id == asked.workspace_id, r.last_at > since
    )
    if asked.pid is not None:
        latest = latest.where(r.pid == asked.pid)
    some = latest.order_by(r.last_at.desc()).limit(READ).subquery("latest").c
    enough = sa.case((some.is_forged == 1, least_forged), else_=least)
    each = (
        sa.select(
            some.pid,
            some.is_forged,
            sa.func.max(some.first_at).label("newest_at"),
            sa.func.max(some.last_at).label("last_at"),
        )
        .group_by(some.pid, some.is_forged)
        .having(sa.func.sum(some["count"]) >= enough)
        .order_by(sa.func.max(some.last_at).desc())
        .limit(MOST + 1)
        .subquery("each_key")
    )
    forged = h.outcome == usage.FORGED
    times = sa.select(sa.func.coalesce(sa.func.sum(h.count), 0)).where(
        h.pid == each.c.pid,
        h.hour > since - HOUR,
        h.outcome != usage.ACCEPTED,
        sa.case((forged, 1), else_=0) == each.c.is_forged,
    )
    query = (
        sa.select(each, times.scalar_subquery())
        .join(api_keys, _k.pid == each.c.pid)
        .where((each.c.is_forged == 0) | ~status_is(KeyStatus.REVOKED, asked.now))
        .order_by(each.c.last_at.desc())
    )
    rows = [
        RefusedRow(pid, bool(is_forged), newest, last, int(times))
        for pid, is_forged, newest, last, times in await tx.execute(query)
    ]
    return [each for each in rows if each.times >= (least_forged if each.is_forged else least)]


async def transitions(tx: Connection, asked: Subject, until: int) -> list[TransitionRow]:
    """Returns the disabled keys that revoke or enable themselves by then, the soonest first."""
    query = sa.select(_k.pid, _k.disabled_until, _k.disabled_then).where(
        _k.workspace_id == asked.workspace_id,
        _k.revoked_at.is_(None),
        _k.disabled_until > asked.now,
        _k.disabled_until <= until,
        status_is(KeyStatus.DISABLED, asked.now),
    )
    if asked.pid is not None:
        query = query.where(_k.pid == asked.pid)
    query = query.order_by(_k.disabled_until).limit(MOST + 1)
    return [TransitionRow(*row) for row in await tx.execute(query)]


async def matching(tx: Connection, asked: Subject, query: KeyQuery) -> list[GroupRow]:
    """Returns the keys of a query by integration, those that expire or were made first."""
    at = _k.created_at if query.expires_within is None else _k.expires_at
    which = KeyScope(
        workspaces=(asked.workspace_id,),
        now=asked.now,
        query=query,
        integration_id=asked.integration_id,
    )
    keys = sa.select(_k.integration_id, _k.pid, at.label("at")).where(
        *conditions(asked.workspace_id, which, api_keys), _LIVING
    )
    return await _grouped(tx, keys.order_by(at))


async def due(tx: Connection, asked: Subject) -> list[GroupRow]:
    """Returns the keys that are due for rotation, or soon will be, by when policy wants it done.

    Each integration is read by its own age, from its oldest living key on.
    """
    age = sa.func.coalesce(_i.max_key_age_days, _w.max_key_age_days)
    keys = (
        sa.select(
            _k.integration_id,
            _k.pid,
            (_k.created_at + sa.cast(age, sa.BigInteger) * DAY).label("at"),
        )
        .select_from(
            integrations.join(workspaces, _w.id == _i.workspace_id).join(
                api_keys, _k.integration_id == _i.id
            )
        )
        .where(
            _i.workspace_id == asked.workspace_id,
            age.is_not(None),
            _LIVING,
            due_for_rotation(asked.now, age - _w.warning_days, api_keys),
        )
    )
    if asked.integration_id is not None:
        keys = keys.where(_i.id == asked.integration_id)
    return await _grouped(tx, keys)


async def _grouped(tx: Connection, keys: sa.Select[Any]) -> list[GroupRow]:
    some = keys.limit(MOST + 1).subquery("some").c
    query = sa.select(
        some.integration_id,
        sa.func.count(),
        sa.func.min(some["at"]),
        sa.func.max(some["at"]),
        sa.func.min(some.pid),
    ).group_by(some.integration_id)
    return [GroupRow(*row) for row in await tx.execute(query)]


async def names(
    tx: Connection, pids: Sequence[str], integration_ids: Sequence[str]
) -> dict[str, NameRow]:
    """Returns the names of keys and integrations, by pid and by id."""
    found: dict[str, NameRow] = {}
    if pids:
        keys = sa.select(_i.id, _i.name, _k.pid, _k.label)
        keys = keys.join(api_keys, _k.integration_id == _i.id)
        found |= {row[2]: NameRow(*row) for row in await tx.execute(keys.where(_k.pid.in_(pids)))}
    if integration_ids:
        others = sa.select(_i.id, _i.name).where(_i.id.in_(integration_ids))
        found |= {row[0]: NameRow(*row) for row in await tx.execute(others)}
    return found


async def dismissals(tx: Connection, workspace_id: str, now: int) -> dict[str, DismissalRecord]:
    """Returns the dismissals of a workspace that are not over, by item."""
    c = attention_dismissals.c
    query = sa.select(attention_dismissals).where(c.workspace_id == workspace_id, c.until > now)
    return {row[1]: DismissalRecord(*row) for row in await tx.execute(query)}


async def dismiss(tx: Connection, dismissal: DismissalRecord) -> None:
    """Stores a dismissal in the place of the one before, and forgets those that are over."""
    c = attention_dismissals.c
    await tx.execute(
        sa.delete(attention_dismissals).where(
            c.workspace_id == dismissal.workspace_id,
            (c.item == dismissal.item) | (c.until <= dismissal.at),
        )
    )
    values = {name: getattr(dismissal, name) for name in DismissalRecord.__slots__}
    await tx.execute(sa.insert(attention_dismissals), values)
