"""Queries: operator tokens as their workspaces see them. Their values are nowhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import accounts, operator_tokens
from keyconsole.service.store.upserts import is_before
from keyconsole.wire import TokenStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCard:
    """An operator token as it is kept, without its verifier."""

    pid: str
    account_id: str
    email: str
    workspace_id: str | None
    root_id: str
    label: str | None
    created_at: int
    created_by: str | None
    expires_at: int | None
    last_used_at: int
    revoked_at: int | None
    revoked_by: str | None
    fingerprint: bytes | None = field(repr=False)
    expiry_seen_at: int | None = None
    replay_closed_at: int | None = None
    confined: bool = False

    def status(self, now: int) -> TokenStatus:
        """Returns the first that holds: revoked, expired, active."""
        if self.revoked_at is not None:
            return TokenStatus.REVOKED
        expired = self.expires_at is not None and self.expires_at <= now
        expired = expired or self.expiry_seen_at is not None
        return TokenStatus.EXPIRED if expired else TokenStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class Reach:
    """The tokens that somebody may know of: those of workspaces, and their own that reach them all.

    A token that signs in to every workspace of an account is nobody else's business: to find it
    would tell of workspaces that are not theirs.
    """

    workspaces: Sequence[str]
    own: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFilter:
    """The tokens within reach that are asked for; without a filter all of them."""

    reach: Reach
    now: int
    account_id: str | None = None
    statuses: Sequence[TokenStatus] = ()


class SignIns(NamedTuple):
    """The tokens of an account that are active, how many, and the last use of any, 0 for none."""

    active: int = 0
    last_used_at: int = 0


Position = tuple[int, str]
"""The end of a page: time of creation, and pid."""

_t = operator_tokens.c
_COLUMNS = [accounts.c.email if name == "email" else _t[name] for name in TokenCard.__slots__]
_SELECT = sa.select(*_COLUMNS).select_from(operator_tokens.join(accounts))


async def find(tx: Connection, pid: str, reach: Reach) -> TokenCard | None:
    """Returns the token if it is within reach."""
    return await _one(tx, _SELECT.where(_t.pid == pid, _is_within(reach)))


async def find_request(tx: Connection, request_hash: bytes) -> TokenCard | None:
    """Returns the token that the first request with this nonce made."""
    return await _one(tx, _SELECT.where(_t.request_hash == request_hash))


async def page(
    tx: Connection, which: TokenFilter, limit: int, after: Position | None
) -> list[TokenCard]:
    """Returns the tokens, newest first, that come after a position."""
    query = _SELECT.where(_is_within(which.reach))
    if which.account_id is not None:
        query = query.where(_t.account_id == which.account_id)
    if which.statuses:
        query = query.where(sa.or_(*(_status_is(each, which.now) for each in which.statuses)))
    if after is not None:
        query = query.where(sa.tuple_(_t.created_at, _t.pid) < after)
    query = query.order_by(_t.created_at.desc(), _t.pid.desc()).limit(limit)
    return [TokenCard(**row) for row in (await tx.execute(query)).mappings()]


async def sign_ins(
    tx: Connection, account_ids: Sequence[str], reach: Reach, now: int
) -> dict[tuple[str, str | None], SignIns]:
    """Returns what signs accounts in, by account and workspace; none for all of its workspaces."""
    active = sa.case((_status_is(TokenStatus.ACTIVE, now), 1), else_=0)
    query = (
        sa.select(_t.account_id, _t.workspace_id, sa.func.sum(active), sa.func.max(_t.last_used_at))
        .where(_t.account_id.in_(account_ids), _is_within(reach))
        .group_by(_t.account_id, _t.workspace_id)
    )
    return {
        (account, workspace): SignIns(int(count), last)
        for account, workspace, count, last in await tx.execute(query)
    }


async def add(tx: Connection, values: dict[str, Any]) -> None:
    """Adds a token, by its columns."""
    await tx.execute(sa.insert(operator_tokens), values)


async def revoke(tx: Connection, pid: str, reach: Reach, now: int, by: str) -> None:
    """Revokes a token for ever."""
    await tx.execute(
        sa.update(operator_tokens)
        .where(_t.pid == pid, _is_within(reach), _t.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by=by)
    )


async def revoke_all(
    tx: Connection, account_id: str, workspace_id: str | None, now: int, by: str
) -> int:
    """Revokes the tokens of an account for this workspace, or those for all; returns how many."""
    done = await tx.execute(
        sa.update(operator_tokens)
        .where(
            _t.account_id == account_id,
            _t.workspace_id == workspace_id,
            _t.revoked_at.is_(None),
        )
        .values(revoked_at=now, revoked_by=by)
    )
    return int(done.rowcount)


async def has_unconfined(tx: Connection, account_id: str, now: int) -> bool:
    """Returns true if an account has a live token that nobody else made for it."""
    query = sa.select(_t.pid).where(
        _t.account_id == account_id, ~_t.confined, _status_is(TokenStatus.ACTIVE, now)
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def move_last_use(tx: Connection, used: Mapping[str, int], future: int | None = None) -> None:
    """Sets the last use of tokens. It moves forward, or back from a time after `future`."""
    at = sa.bindparam("at", type_=sa.BigInteger)
    await tx.execute(
        sa.update(operator_tokens)
        .where(_t.pid == sa.bindparam("token"), is_before(_t.last_used_at, at, future))
        .values(last_used_at=at),
        [{"token": pid, "at": moment} for pid, moment in sorted(used.items())],
    )


async def _one(tx: Connection, query: sa.Select[Any]) -> TokenCard | None:
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else TokenCard(**row)


def _is_within(reach: Reach) -> sa.ColumnElement[bool]:
    within = _t.workspace_id.in_(reach.workspaces)
    if reach.own is None:
        return within
    return within | (_t.workspace_id.is_(None) & (_t.account_id == reach.own))


def _status_is(status: TokenStatus, now: int) -> sa.ColumnElement[bool]:
    unrevoked = _t.revoked_at.is_(None)
    match status:
        case TokenStatus.REVOKED:
            return _t.revoked_at.is_not(None)
        case TokenStatus.EXPIRED:
            return unrevoked & ((_t.expires_at <= now) | _t.expiry_seen_at.is_not(None))
        case TokenStatus.ACTIVE:
            unexpired = _t.expires_at.is_(None) | (_t.expires_at > now)
            return unrevoked & unexpired & _t.expiry_seen_at.is_(None)
