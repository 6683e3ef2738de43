"""Queries: what was decided by the clock, stored so that no other clock undoes it."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import api_keys, idempotency, operator_tokens

_k, _t, _i = api_keys.c, operator_tokens.c, idempotency.c


async def is_any_due(tx: Connection, now: int, replays_before: int) -> bool:
    """Returns true if `see_expired` or `close_replays` would find something."""
    queries = (
        sa.select(_k.pid).where(_unseen(), _k.expires_at <= now),
        sa.select(_t.pid).where(_unseen_token(), _t.expires_at <= now),
        sa.select(_i.pid).where(_i.replay_closed_at.is_(None), _i.created_at <= replays_before),
        sa.select(_t.pid).where(_open_token(), _t.created_at <= replays_before),
    )
    for query in queries:
        if (await tx.execute(query.limit(1))).first() is not None:
            return True
    return False


async def is_any_expired(tx: Connection, now: int) -> bool:
    """Returns true if the expiry of a key has passed and was not seen yet."""
    query = sa.select(_k.pid).where(_unseen(), _k.expires_at <= now).limit(1)
    return (await tx.execute(query)).first() is not None


async def expiring(tx: Connection, now: int, spans: Iterable[int], limit: int) -> list[int]:
    """Returns how many keys expire within each span of `now`, from the first `limit` that do."""
    spans = tuple(spans)
    soonest = (
        sa.select(_k.expires_at)
        .where(_unseen(), _k.expires_at > now, _k.expires_at <= now + max(spans))
        .order_by(_k.expires_at)
        .limit(limit)
        .subquery()
    )
    counts = (
        sa.func.coalesce(sa.func.sum(sa.case((soonest.c.expires_at <= now + span, 1), else_=0)), 0)
        for span in spans
    )
    return [int(count) for count in (await tx.execute(sa.select(*counts))).one()]


async def see_expired(tx: Connection, now: int, limit: int) -> int:
    """Marks keys and tokens whose expiry has passed, at most `limit` of each; returns how many."""
    keys = sa.select(_k.pid).where(_unseen(), _k.expires_at <= now)
    keys = keys.order_by(_k.expires_at, _k.pid).limit(limit)
    tokens = sa.select(_t.pid).where(_unseen_token(), _t.expires_at <= now).limit(limit)
    return await _mark(
        tx, sa.update(api_keys).where(_k.pid.in_(keys), _unseen()).values(expiry_seen_at=now)
    ) + await _mark(
        tx, sa.update(operator_tokens).where(_t.pid.in_(tokens)).values(expiry_seen_at=now)
    )


async def see_expired_keys(tx: Connection, seen: Mapping[str, int]) -> None:
    """Marks keys that were seen expired, each at a time, unless their expiry was changed since."""
    await _see(tx, api_keys, _unseen(), seen)


async def see_expired_tokens(tx: Connection, seen: Mapping[str, int]) -> None:
    """Marks tokens that were seen expired, each at a time."""
    await _see(tx, operator_tokens, _unseen_token(), seen)


async def _see(
    tx: Connection, table: sa.Table, unseen: sa.ColumnElement[bool], seen: Mapping[str, int]
) -> None:
    at = sa.bindparam("at", type_=sa.BigInteger)
    await tx.execute(
        sa.update(table)
        .where(table.c.pid == sa.bindparam("key"), unseen, table.c.expires_at <= at)
        .values(expiry_seen_at=at),
        [{"key": pid, "at": when} for pid, when in sorted(seen.items())],
    )


async def close_replays(tx: Connection, now: int, created_before: int, limit: int) -> int:
    """Closes the windows that opened by then, at most `limit` of each kind; returns how many."""
    keys = sa.select(_i.request_hash).where(
        _i.replay_closed_at.is_(None), _i.created_at <= created_before
    )
    keys = keys.order_by(_i.created_at).limit(limit)
    tokens = sa.select(_t.pid).where(_open_token(), _t.created_at <= created_before).limit(limit)
    return await _mark(
        tx, sa.update(idempotency).where(_i.request_hash.in_(keys)).values(replay_closed_at=now)
    ) + await _mark(
        tx, sa.update(operator_tokens).where(_t.pid.in_(tokens)).values(replay_closed_at=now)
    )


async def _mark(tx: Connection, statement: sa.Update) -> int:
    return int((await tx.execute(statement)).rowcount)


async def close_replay(tx: Connection, request_hash: bytes, now: int) -> None:
    """Closes the window of one create request, of a key or a token."""
    for table in (idempotency, operator_tokens):
        await tx.execute(
            sa.update(table)
            .where(table.c.request_hash == request_hash, table.c.replay_closed_at.is_(None))
            .values(replay_closed_at=now)
        )


def _unseen() -> sa.ColumnElement[bool]:
    """Keys that expire and were not seen expired, in the words of their index."""
    return _k.expires_at.is_not(None) & _k.expiry_seen_at.is_(None) & _k.revoked_at.is_(None)


def _unseen_token() -> sa.ColumnElement[bool]:
    return _t.expires_at.is_not(None) & _t.expiry_seen_at.is_(None) & _t.revoked_at.is_(None)


def _open_token() -> sa.ColumnElement[bool]:
    return _t.request_hash.is_not(None) & _t.replay_closed_at.is_(None)
