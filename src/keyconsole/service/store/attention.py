"""Queries: what needs attention in a workspace, one a kind, each by an index, each bounded.

A query stops counting at `MOST` keys. Sources and refusals are read from the latest on, at most
`READ` rows of each. The statements are built once: building one costs more than most answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from keyconsole.core.queries.keys import KeyQuery
from keyconsole.service.clock import DAY, HOUR
from keyconsole.service.store import usage
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.outcomes import LIMITED
from keyconsole.service.store.owners import left_behind
from keyconsole.service.store.selection import KeyScope, conditions, due_for_rotation
from keyconsole.service.store.status import status_is
from keyconsole.service.store.tables import (
    api_keys,
    integrations,
    refusals,
    usage_hours,
    usage_sources,
    workspaces,
)
from keyconsole.wire import AttentionKind, KeyStatus

MOST = 1_000
READ = 5_000

_k, _i, _w = api_keys.c, integrations.c, workspaces.c
_LIVING = _k.revoked_at.is_(None) & _k.expiry_seen_at.is_(None)
"""Neither revoked nor seen expired, in the words of the partial indexes."""


def _integer(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.BigInteger)


_WORKSPACE = sa.bindparam("workspace_id", type_=sa.Text)
_NOW, _SINCE, _LIMIT = _integer("now"), _integer("since"), _integer("limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The workspace, and the one key or integration of it where no other is asked about."""

    workspace_id: str
    now: int
    pid: str | None = None
    integration_id: str | None = None


class SourceRow(NamedTuple):
    """An address that a key was never used from before `first_seen_at`.

    `allowed` is the JSON of the addresses that may use the key, or None for every one.
    """

    pid: str
    address: str
    agent: str
    first_seen_at: int
    allowed: str | None


class RefusedRow(NamedTuple):
    """Requests with one key that were refused within a day; `newest_at` is its newest source's."""

    pid: str
    why: AttentionKind
    newest_at: int
    last_at: int
    times: int


class TransitionRow(NamedTuple):
    """A disabled key and what is scheduled for it."""

    pid: str
    at: int
    then: str


class GroupRow(NamedTuple):
    """Some keys of one integration, and the first and last of their times; one of the pids."""

    integration_id: str
    keys: int
    first_at: int
    last_at: int
    pid: str


class NameRow(NamedTuple):
    """The names that an item is shown by; of an integration alone `pid` and `label` are empty."""

    integration_id: str
    integration_name: str
    pid: str = ""
    label: str = ""


def _values(asked: Subject, **values: int) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in Subject.__slots__} | {
        "limit": MOST + 1,
        **values,
    }


def _only(pid: sa.Column[Any], *, is_one: bool) -> list[sa.ColumnElement[bool]]:
    return [pid == sa.bindparam("pid", type_=sa.Text)] if is_one else []


async def new_sources(tx: Connection, asked: Subject, since: int) -> list[SourceRow]:
    """Returns the addresses first seen after `since` of active keys used elsewhere before."""
    query = _new_sources(is_one=asked.pid is not None)
    return [SourceRow(*row) for row in await tx.execute(query, _values(asked, since=since))]


@cache
def _new_sources(*, is_one: bool) -> sa.Select[Any]:
    u, known = usage_sources.c, usage_sources.alias("known").c
    latest = sa.select(u.pid, u.address, u.agent, u.first_seen_at, u.accepted).where(
        u.workspace_id == _WORKSPACE, u.first_seen_at > _SINCE, *_only(u.pid, is_one=is_one)
    )
    some = latest.order_by(u.first_seen_at.desc()).limit(READ).subquery("latest")
    before = sa.select(known.pid).where(known.pid == some.c.pid, known.first_seen_at <= _SINCE)
    return (
        sa.select(
            some.c.pid,
            some.c.address,
            some.c.agent,
            some.c.first_seen_at,
            sa.cast(_k.allowed_ips, sa.Text),
        )
        .join(api_keys, _k.pid == some.c.pid)
        .where(
            some.c.accepted > 0,
            status_is(KeyStatus.ACTIVE, _NOW),
            before.exists(),
            ~before.where(known.address == some.c.address).exists(),
        )
        .order_by(some.c.first_seen_at.desc())
        .limit(_LIMIT)
    )


async def refused(
    tx: Connection, asked: Subject, since: int, least: Mapping[AttentionKind, int]
) -> list[RefusedRow]:
    """Returns the keys that were refused so often since then, by kind; forged ones if they live.

    The counts are those of `usage_hours`, whole hours.
    """
    bounds = {f"least_{kind}": least[kind] for kind in _WHY}
    found = await tx.execute(
        _refused(is_one=asked.pid is not None), _values(asked, since=since, **bounds)
    )
    rows = [
        RefusedRow(pid, _WHY[why], newest, last, int(times))
        for pid, why, newest, last, times in found
    ]
    return [each for each in rows if each.times >= least[each.why]]


_WHY = (AttentionKind.REFUSED, AttentionKind.FORGED, AttentionKind.LIMITED)


def _why(reason: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
    """Returns the place of a reason in `_WHY`."""
    return sa.case((reason == usage.FORGED, 1), (reason.in_(LIMITED), 2), else_=0)


@cache
def _refused(*, is_one: bool) -> sa.Select[Any]:
    r, h = refusals.c, usage_hours.c
    latest = sa.select(r.pid, _why(r.reason).label("why"), r.count, r.first_at, r.last_at).where(
        r.workspace_id == _WORKSPACE, r.last_at > _SINCE, *_only(r.pid, is_one=is_one)
    )
    some = latest.order_by(r.last_at.desc()).limit(READ).subquery("latest").c
    enough = sa.case(
        *((some.why == place, _integer(f"least_{kind}")) for place, kind in enumerate(_WHY))
    )
    each = (
        sa.select(
            some.pid,
            some.why,
            sa.func.max(some.first_at).label("newest_at"),
            sa.func.max(some.last_at).label("last_at"),
        )
        .group_by(some.pid, some.why)
        .having(sa.func.sum(some["count"]) >= enough)
        .order_by(sa.func.max(some.last_at).desc())
        .limit(_LIMIT)
        .subquery("each_key")
    )
    times = sa.select(sa.func.coalesce(sa.func.sum(h.count), 0)).where(
        h.pid == each.c.pid,
        h.hour > _SINCE - HOUR,
        h.outcome != usage.ACCEPTED,
        _why(h.outcome) == each.c.why,
    )
    return (
        sa.select(each, times.scalar_subquery())
        .join(api_keys, _k.pid == each.c.pid)
        .where((each.c.why != 1) | ~status_is(KeyStatus.REVOKED, _NOW))
        .order_by(each.c.last_at.desc())
    )


async def transitions(tx: Connection, asked: Subject, until: int) -> list[TransitionRow]:
    """Returns the disabled keys that revoke or enable themselves by then, the soonest first."""
    query = _transitions(is_one=asked.pid is not None)
    return [TransitionRow(*row) for row in await tx.execute(query, _values(asked, until=until))]


@cache
def _transitions(*, is_one: bool) -> sa.Select[Any]:
    return (
        sa.select(_k.pid, _k.disabled_until, _k.disabled_then)
        .where(
            _k.workspace_id == _WORKSPACE,
            _k.revoked_at.is_(None),
            _k.disabled_until > _NOW,
            _k.disabled_until <= _integer("until"),
            status_is(KeyStatus.DISABLED, _NOW),
            *_only(_k.pid, is_one=is_one),
        )
        .order_by(_k.disabled_until)
        .limit(_LIMIT)
    )


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
    found = await tx.execute(_grouped(keys.order_by(at)), _values(asked))
    return [GroupRow(*row) for row in found]


async def due(tx: Connection, asked: Subject) -> list[GroupRow]:
    """Returns the keys that are due for rotation, or soon will be, by when policy wants it done.

    Each integration is read by its own age, from its oldest living key on.
    """
    query = _due(is_one=asked.integration_id is not None)
    return [GroupRow(*row) for row in await tx.execute(query, _values(asked))]


@cache
def _due(*, is_one: bool) -> sa.Select[Any]:
    age = sa.func.coalesce(_i.max_key_age_days, _w.max_key_age_days)
    at = _k.created_at + sa.cast(age, sa.BigInteger) * DAY
    places = integrations.join(workspaces, _w.id == _i.workspace_id)
    return _grouped(
        sa.select(_k.integration_id, _k.pid, at.label("at"))
        .select_from(places.join(api_keys, _k.integration_id == _i.id))
        .where(
            _i.workspace_id == _WORKSPACE,
            age.is_not(None),
            _LIVING,
            due_for_rotation(_NOW, age - _w.warning_days, api_keys),
            *([_i.id == sa.bindparam("integration_id")] if is_one else []),
        )
    )


async def owner_left(tx: Connection, asked: Subject) -> list[GroupRow]:
    """Returns the living keys whose owner is an account that is no member any more."""
    query = _owner_left(is_one=asked.integration_id is not None)
    return [GroupRow(*row) for row in await tx.execute(query, _values(asked))]


@cache
def _owner_left(*, is_one: bool) -> sa.Select[Any]:
    in_force = status_is(KeyStatus.ACTIVE, _NOW) | status_is(KeyStatus.DISABLED, _NOW)
    only = [_k.integration_id == sa.bindparam("integration_id")] if is_one else []
    found = (
        each.where(in_force, *only)
        for each in left_behind(_WORKSPACE, _k.integration_id, _k.pid, _k.created_at.label("at"))
    )
    return _grouped(sa.select(sa.union_all(*found).subquery()))


def _grouped(keys: sa.Select[Any]) -> sa.Select[Any]:
    some = keys.limit(_LIMIT).subquery("some").c
    return sa.select(
        some.integration_id,
        sa.func.count(),
        sa.func.min(some["at"]),
        sa.func.max(some["at"]),
        sa.func.min(some.pid),
    ).group_by(some.integration_id)


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
