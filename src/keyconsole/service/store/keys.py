"""Queries: keys by pid, by page and by label, and the idempotency rows of their creation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from keyconsole.service.clock import DAY
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.patterns import containing, ending, starting
from keyconsole.service.store.status import burnt, status_is
from keyconsole.service.store.tables import api_keys, idempotency, integrations, workspaces
from keyconsole.wire import FuseEnd, KeyStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A key as it is kept, without its verifier."""

    pid: str
    integration_id: str
    integration_name: str
    workspace_id: str
    root_id: str
    label: str
    created_at: int
    created_by: str
    expires_at: int | None
    allowed_ips: list[str] | None
    metadata: dict[str, str] | None
    version: int
    acknowledged_at: int | None
    disabled_at: int | None
    disabled_until: int | None
    disabled_then: str | None
    revoked_at: int | None
    revoked_by: str | None
    revoke_reason: str | None
    incident: str | None
    revoked_sequence: int | None
    replaces: str | None
    replaced_by: str | None
    max_age_days: int | None
    warning_days: int
    last_used_at: int
    last_source: str | None
    sources: int

    @property
    def public_key(self) -> str:
        """The name of the key."""
        return f"kcp_{self.pid}"

    @property
    def confirmed(self) -> bool:
        """Whether its creator has the secret: said so, or it was used."""
        return self.acknowledged_at is not None or self.last_used_at > 0

    @property
    def rotate_by(self) -> int | None:
        """When policy wants it replaced; nothing where there is no policy, or no need any more."""
        if self.max_age_days is None or self.revoked_at is not None:
            return None
        return self.created_at + self.max_age_days * DAY

    def rotates_soon(self, now: int) -> bool:
        """Whether a key in force is due for rotation, or is within the days of warning."""
        if self.rotate_by is None or self.status(now) in (KeyStatus.REVOKED, KeyStatus.EXPIRED):
            return False
        return self.rotate_by - self.warning_days * DAY <= now

    def status(self, now: int) -> KeyStatus:
        """The first that holds: revoked, expired, disabled, active."""
        if self.is_revoked(now):
            return KeyStatus.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return KeyStatus.EXPIRED
        if self.disabled_at is None or self.has_burnt(FuseEnd.ENABLE, now):
            return KeyStatus.ACTIVE
        return KeyStatus.DISABLED

    def is_revoked(self, now: int) -> bool:
        """Whether it is dead for ever, by a revoke or by a fuse that led to one."""
        return self.revoked_at is not None or self.has_burnt(FuseEnd.REVOKE, now)

    def has_burnt(self, end: FuseEnd, now: int) -> bool:
        """Whether it carries a fuse that has burnt down to this end."""
        burnt_down = self.disabled_until is not None and self.disabled_until <= now
        return burnt_down and self.disabled_then == end


class KeySort(StrEnum):
    """What a list of keys is ordered by; `-` for descending."""

    LABEL = "label"
    LABEL_DESCENDING = "-label"
    CREATED = "created_at"
    CREATED_DESCENDING = "-created_at"
    USED = "last_used_at"
    USED_DESCENDING = "-last_used_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFilter:
    """Which keys; nothing given is all of them. Times are milliseconds."""

    workspaces: Sequence[str]
    now: int
    integration_id: str | None = None
    statuses: Sequence[KeyStatus] = ()
    label_contains: str | None = None
    pid_part: str | None = None
    unused_since: int | None = None
    created_before: int | None = None
    created_by: str | None = None
    confirmed: bool | None = None
    due: bool | None = None


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """What a create request left behind: never its nonce, never the secret."""

    request_hash: bytes = field(repr=False)
    fingerprint: bytes = field(repr=False)
    pid: str
    answer: str
    created_at: int


Position = tuple[str | int, str]
"""Where a page ended: the value that orders it, and the pid."""

_k = api_keys.c
_MAX_AGE = sa.func.coalesce(integrations.c.max_key_age_days, workspaces.c.max_key_age_days)
_ELSEWHERE: dict[str, sa.ColumnElement[Any]] = {
    "integration_name": integrations.c.name.label("integration_name"),
    "max_age_days": _MAX_AGE.label("max_age_days"),
    "warning_days": workspaces.c.warning_days,
}
_COLUMNS = [_ELSEWHERE[name] if name in _ELSEWHERE else _k[name] for name in KeyRecord.__slots__]
_SELECT = sa.select(*_COLUMNS).select_from(
    api_keys.join(integrations, integrations.c.id == _k.integration_id).join(
        workspaces, workspaces.c.id == _k.workspace_id
    )
)
_SORT_COLUMNS = {
    "label": _k.label_skeleton,
    "created_at": _k.created_at,
    "last_used_at": _k.last_used_at,
}


def select_keys(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The keys for which all of it holds, by the columns of `KeyRecord`."""
    return _SELECT.where(*conditions)


async def find(tx: Connection, pid: str, workspaces: Sequence[str]) -> KeyRecord | None:
    """The key, if it is in one of these workspaces."""
    query = _SELECT.where(_k.pid == pid, _k.workspace_id.in_(workspaces))
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else KeyRecord(**row)


async def again(tx: Connection, key: KeyRecord) -> KeyRecord:
    """A key that was found before, as it is by now in the same transaction."""
    query = _SELECT.where(_k.pid == key.pid, _k.workspace_id == key.workspace_id)
    return KeyRecord(**(await tx.execute(query)).mappings().one())


async def find_label(
    tx: Connection, integration_id: str, label_skeleton: str, now: int, besides: str = ""
) -> KeyRecord | None:
    """A key of the integration that holds this label and is neither revoked nor expired."""
    query = _SELECT.where(
        _k.integration_id == integration_id,
        _k.label_skeleton == label_skeleton,
        _k.pid != besides,
        status_is(KeyStatus.ACTIVE, now) | status_is(KeyStatus.DISABLED, now),
    ).limit(1)
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else KeyRecord(**row)


async def add(tx: Connection, values: dict[str, Any]) -> None:
    """A new key, by its columns."""
    await tx.execute(sa.insert(api_keys), values)


async def add_all(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Many new keys, each by the same columns."""
    await tx.execute(sa.insert(api_keys), rows)


async def update(tx: Connection, pid: str, workspace_id: str, changes: dict[str, Any]) -> None:
    """Change columns of a key; every change counts its version up."""
    await tx.execute(
        sa.update(api_keys)
        .where(_k.pid == pid, _k.workspace_id == workspace_id)
        .values(changes | {"version": _k.version + 1})
    )


async def claim_replacement(tx: Connection, pid: str, workspace_id: str, new_pid: str) -> bool:
    """Make `new_pid` the successor of a key that has none; false where somebody was faster."""
    found = await tx.execute(
        sa.update(api_keys)
        .where(_k.pid == pid, _k.workspace_id == workspace_id, _k.replaced_by.is_(None))
        .values(replaced_by=new_pid, version=_k.version + 1)
    )
    return found.rowcount == 1


async def page(
    tx: Connection, which: KeyFilter, sort: KeySort, limit: int, after: Position | None
) -> list[tuple[KeyRecord, Position]]:
    """The keys that come after a position, each with its own."""
    column = _SORT_COLUMNS[sort.removeprefix("-")]
    query = _SELECT.add_columns(column.label("_order")).where(*_conditions(which))
    order = sa.tuple_(column, _k.pid)
    if sort.startswith("-"):
        query = query.order_by(column.desc(), _k.pid.desc())
        query = query if after is None else query.where(order < after)
    else:
        query = query.order_by(column, _k.pid)
        query = query if after is None else query.where(order > after)
    found = []
    for row in (await tx.execute(query.limit(limit))).mappings():
        values = dict(row)
        position = (values.pop("_order"), values["pid"])
        found.append((KeyRecord(**values), position))
    return found


async def burnt_down(tx: Connection, now: int, limit: int) -> list[KeyRecord]:
    """Keys whose fuse has burnt down and was not carried out, the longest overdue first."""
    query = (
        _SELECT.where(
            _k.revoked_at.is_(None), burnt(FuseEnd.REVOKE, now) | burnt(FuseEnd.ENABLE, now)
        )
        .order_by(_k.disabled_until, _k.pid)
        .limit(limit)
    )
    return [KeyRecord(**row) for row in (await tx.execute(query)).mappings()]


async def find_request(tx: Connection, request_hash: bytes) -> IdempotencyRecord | None:
    """What the first request with this nonce left behind."""
    c = idempotency.c
    query = sa.select(c.request_hash, c.fingerprint, c.pid, c.answer, c.created_at).where(
        c.request_hash == request_hash
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else IdempotencyRecord(*row)


async def add_request(tx: Connection, request: IdempotencyRecord) -> None:
    """Remember a create request."""
    values = {name: getattr(request, name) for name in IdempotencyRecord.__slots__}
    await tx.execute(sa.insert(idempotency), values)


def _conditions(which: KeyFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [_k.workspace_id.in_(which.workspaces)]
    if which.integration_id is not None:
        found.append(_k.integration_id == which.integration_id)
    if which.statuses:
        found.append(sa.or_(*(status_is(status, which.now) for status in which.statuses)))
    if which.label_contains is not None:
        found.append(_text_matches(which.label_contains, which.pid_part))
    if which.unused_since is not None:
        found.append(_k.last_used_at < which.unused_since)
        found.append(_k.created_at < which.unused_since)
    if which.created_before is not None:
        found.append(_k.created_at < which.created_before)
    if which.created_by is not None:
        found.append(_k.created_by == which.created_by)
    if which.confirmed is not None:
        confirmed = _k.acknowledged_at.is_not(None) | (_k.last_used_at > 0)
        found.append(confirmed if which.confirmed else ~confirmed)
    if which.due is not None:
        due = _is_due(which.now)
        found.append(due if which.due else ~due)
    return found


def _is_due(now: int) -> sa.ColumnElement[bool]:
    """Whether a key in force is old enough for rotation, or soon will be."""
    old = _k.created_at + (_MAX_AGE - workspaces.c.warning_days) * DAY <= now
    in_force = status_is(KeyStatus.ACTIVE, now) | status_is(KeyStatus.DISABLED, now)
    return in_force & sa.func.coalesce(old, sa.false())


def _text_matches(label_part: str, pid_part: str | None) -> sa.ColumnElement[bool]:
    matches = containing(_k.label_skeleton, label_part)
    if pid_part:
        matches = matches | starting(_k.pid, pid_part) | ending(_k.pid, pid_part)
    return matches
