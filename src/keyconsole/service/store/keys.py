"""Queries: keys by pid, by page and by label, and the idempotency rows of their creation."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from keyconsole.core.credentialtext.examined import mark
from keyconsole.service.clock import DAY
from keyconsole.service.store.damage import has_damage
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.patterns import carries
from keyconsole.service.store.status import status_is, transitioned
from keyconsole.service.store.tables import (
    accounts,
    api_keys,
    idempotency,
    integrations,
    workspaces,
)
from keyconsole.wire import FuseEnd, KeyStatus

MOST_COUNTED = 10_000
"""Keys after which counting stops, so that a write is not held up."""


class KeyRecord(NamedTuple):
    """A key as it is kept, without its verifier.

    A tuple, since a page is a hundred of them: a frozen dataclass takes ten times as long to make.
    """

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
    expiry_seen_at: int | None = None
    expiry_from: str | None = None
    names_examined: bytes | None = None
    scopes: list[str] | None = None
    integration_scopes: list[str] | None = None
    owner: str | None = None
    owner_account: str | None = None
    limits: dict[str, Any] | None = None

    @property
    def public_key(self) -> str:
        """The name of the key."""
        return f"kcp_{self.pid}"

    @property
    def owned_by(self) -> str:
        """The address or the name of its owner: whoever made it unless another one was named."""
        return self.created_by if self.owner is None else self.owner

    @property
    def is_damaged(self) -> bool:
        """True if a value of the row is not of the type of its column."""
        return has_damage(self)

    @property
    def is_examined(self) -> bool:
        """True if its label and metadata are known to hold no credential."""
        found = self.names_examined
        return found is not None and found == mark(self.label, self.metadata)

    @property
    def confirmed(self) -> bool:
        """True if its creator has the secret: they said so, or the key was used."""
        return self.acknowledged_at is not None or self.last_used_at > 0

    @property
    def rotate_by(self) -> int | None:
        """The time by which policy wants it replaced, in ms; None without one, or once revoked."""
        if self.max_age_days is None or self.revoked_at is not None:
            return None
        return self.created_at + self.max_age_days * DAY

    def rotates_soon(self, now: int) -> bool:
        """Returns true for a key in force that is due for rotation, now or within the warning."""
        if self.rotate_by is None or self.status(now) in (KeyStatus.REVOKED, KeyStatus.EXPIRED):
            return False
        return self.rotate_by - self.warning_days * DAY <= now

    def status(self, now: int) -> KeyStatus:
        """Returns the first that holds: revoked, expired, disabled, active."""
        if self.is_revoked(now):
            return KeyStatus.REVOKED
        if self.has_expired(now):
            return KeyStatus.EXPIRED
        if self.disabled_at is None or self.has_transitioned(FuseEnd.ENABLE, now):
            return KeyStatus.ACTIVE
        return KeyStatus.DISABLED

    def has_expired(self, now: int) -> bool:
        """Returns true if its expiry has passed, or was seen to have passed before."""
        is_past = self.expires_at is not None and self.expires_at <= now
        return is_past or self.expiry_seen_at is not None

    def is_revoked(self, now: int) -> bool:
        """True for a key that was revoked, by a request or by a scheduled transition."""
        return self.revoked_at is not None or self.has_transitioned(FuseEnd.REVOKE, now)

    def has_transitioned(self, end: FuseEnd, now: int) -> bool:
        """Returns true if its scheduled transition is due and leads to `end`."""
        is_due = self.disabled_until is not None and self.disabled_until <= now
        return is_due and self.disabled_then == end


@dataclass(frozen=True, slots=True)
class IdempotencyRecord:
    """The record of a create request: never its nonce, never the secret."""

    request_hash: bytes = field(repr=False)
    fingerprint: bytes = field(repr=False)
    pid: str
    answer: str
    created_at: int
    replay_closed_at: int | None = None


_k = api_keys.c
_MAX_AGE = sa.func.coalesce(integrations.c.max_key_age_days, workspaces.c.max_key_age_days)
_ELSEWHERE: dict[str, sa.ColumnElement[Any]] = {
    # Lists join them loosely, and either may be missing in a database that somebody spoilt.
    "integration_name": sa.func.coalesce(integrations.c.name, "").label("integration_name"),
    "integration_scopes": integrations.c.scopes.label("integration_scopes"),
    "max_age_days": _MAX_AGE.label("max_age_days"),
    "warning_days": sa.func.coalesce(workspaces.c.warning_days, 0).label("warning_days"),
    "owner_account": sa.select(accounts.c.id)
    .where(accounts.c.email == sa.func.coalesce(_k.owner, _k.created_by))
    .correlate(api_keys)
    .scalar_subquery()
    .label("owner_account"),
}
COLUMNS = [_ELSEWHERE[name] if name in _ELSEWHERE else _k[name] for name in KeyRecord._fields]
"""The columns of a `KeyRecord`, of a key, its integration and its workspace."""

_SELECT = sa.select(*COLUMNS).select_from(
    api_keys.join(integrations, integrations.c.id == _k.integration_id).join(
        workspaces, workspaces.c.id == _k.workspace_id
    )
)


def select_keys(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Returns the query of the keys that meet all conditions, by the columns of `KeyRecord`."""
    return _SELECT.where(*conditions)


# Built once, here and below: to build a statement takes longer than to run it.
_FIND = _SELECT.where(
    _k.pid == sa.bindparam("pid"),
    _k.workspace_id.in_(sa.bindparam("workspaces", expanding=True)),
)


async def find(tx: Connection, pid: str, workspaces: Sequence[str]) -> KeyRecord | None:
    """Returns the key if it is in one of these workspaces, or None."""
    row = (await tx.execute(_FIND, {"pid": pid, "workspaces": workspaces})).one_or_none()
    return None if row is None else KeyRecord._make(row)


async def refresh(tx: Connection, key: KeyRecord) -> KeyRecord:
    """Re-reads the key."""
    asked = {"pid": key.pid, "workspaces": [key.workspace_id]}
    return KeyRecord._make((await tx.execute(_FIND, asked)).one())


_NOW = sa.bindparam("now", type_=sa.BigInteger)
_FIND_LABEL = _SELECT.where(
    _k.integration_id == sa.bindparam("integration_id"),
    _k.label_skeleton == sa.bindparam("label_skeleton"),
    _k.pid != sa.bindparam("besides"),
    status_is(KeyStatus.ACTIVE, _NOW) | status_is(KeyStatus.DISABLED, _NOW),
).limit(1)


async def find_label(
    tx: Connection, integration_id: str, label_skeleton: str, now: int, besides: str = ""
) -> KeyRecord | None:
    """Returns a key of the integration with this label that is neither revoked nor expired."""
    asked = {
        "integration_id": integration_id,
        "label_skeleton": label_skeleton,
        "besides": besides,
        "now": now,
    }
    row = (await tx.execute(_FIND_LABEL, asked)).one_or_none()
    return None if row is None else KeyRecord._make(row)


_ADD = sa.insert(api_keys)
ADD_ONE = _ADD.returning(
    *(_k[name] for name in KeyRecord._fields if name not in _ELSEWHERE),
    sa.select(accounts.c.id)
    .where(accounts.c.email == sa.bindparam("owned_by"))
    .scalar_subquery()
    .label("owner_account"),
)


async def add(tx: Connection, values: dict[str, Any], **known: Any) -> KeyRecord:
    """Adds a key; returns it, with what is `known` of its integration and its workspace."""
    owned_by = values["created_by"] if values["owner"] is None else values["owner"]
    row = (await tx.execute(ADD_ONE, values | {"owned_by": owned_by})).mappings().one()
    return KeyRecord(**row, **known)


async def add_all(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Adds many keys, each by the same columns."""
    await tx.execute(_ADD, rows)


async def update(tx: Connection, pid: str, workspace_id: str, changes: dict[str, Any]) -> None:
    """Changes columns of a key; every change increments its version."""
    await tx.execute(
        sa.update(api_keys)
        .where(_k.pid == pid, _k.workspace_id == workspace_id)
        .values(changes | {"version": _k.version + 1})
    )


async def claim_replacement(tx: Connection, pid: str, workspace_id: str, new_pid: str) -> bool:
    """Makes `new_pid` the successor of a key; returns false if it has one already."""
    found = await tx.execute(
        sa.update(api_keys)
        .where(_k.pid == pid, _k.workspace_id == workspace_id, _k.replaced_by.is_(None))
        .values(replaced_by=new_pid, version=_k.version + 1)
    )
    return found.rowcount == 1


async def due_transitions(tx: Connection, now: int, limit: int) -> list[KeyRecord]:
    """Returns the keys whose scheduled transition is due, the longest overdue first."""
    query = (
        _SELECT.where(
            # As the condition of the index has it: this is asked every few seconds.
            _k.revoked_at.is_(None),
            _k.disabled_until <= now,
            transitioned(FuseEnd.REVOKE, now) | transitioned(FuseEnd.ENABLE, now),
        )
        .order_by(_k.disabled_until, _k.pid)
        .limit(limit)
    )
    return [KeyRecord(**row) for row in (await tx.execute(query)).mappings()]


_FIND_REQUEST = sa.select(*(idempotency.c[name] for name in IdempotencyRecord.__slots__)).where(
    idempotency.c.request_hash == sa.bindparam("request_hash")
)
_ADD_REQUEST = sa.insert(idempotency)


async def find_request(tx: Connection, request_hash: bytes) -> IdempotencyRecord | None:
    """Returns the record of the first request with this nonce."""
    row = (await tx.execute(_FIND_REQUEST, {"request_hash": request_hash})).one_or_none()
    return None if row is None else IdempotencyRecord(*row)


async def add_request(tx: Connection, request: IdempotencyRecord) -> None:
    """Adds the record of a create request."""
    values = {name: getattr(request, name) for name in IdempotencyRecord.__slots__}
    await tx.execute(_ADD_REQUEST, values)


async def count_carrying(tx: Connection, integration_id: str, scopes: Sequence[str]) -> int:
    """Returns the number of living keys that carry one of these scopes; `MOST_COUNTED` at most."""
    living = sa.select(_k.pid).where(
        _k.integration_id == integration_id,
        _k.revoked_at.is_(None),
        _k.expiry_seen_at.is_(None),
        _k.scopes.is_(None) | sa.or_(*(carries(_k.scopes, each) for each in scopes)),
    )
    query = sa.select(sa.func.count()).select_from(living.limit(MOST_COUNTED).subquery())
    return int((await tx.execute(query)).scalar_one())
