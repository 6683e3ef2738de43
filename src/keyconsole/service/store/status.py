"""The status of a key as SQL: the first that holds of revoked, expired, disabled, active.

A scheduled transition counts from its time, whether it was run yet or not.
"""

import sqlalchemy as sa

from keyconsole.service.store.tables import api_keys
from keyconsole.wire import FuseEnd, KeyStatus

Moment = int | sa.BindParameter[int]
"""A time in milliseconds, or the parameter that it becomes of a statement that is built once."""


def status_is(
    status: KeyStatus, now: Moment, keys: sa.FromClause = api_keys
) -> sa.ColumnElement[bool]:
    """Returns the condition that a key, of some or all keys, has this status at `now`, in ms.

    Never NULL.
    """
    revoked = keys.c.revoked_at.is_not(None) | transitioned(FuseEnd.REVOKE, now, keys)
    expired = has_expired(now, keys)
    disabled = keys.c.disabled_at.is_not(None) & ~transitioned(FuseEnd.ENABLE, now, keys)
    match status:
        case KeyStatus.REVOKED:
            return revoked
        case KeyStatus.EXPIRED:
            return ~revoked & expired
        case KeyStatus.DISABLED:
            return ~revoked & ~expired & disabled
        case KeyStatus.ACTIVE:
            return ~revoked & ~expired & ~disabled


def has_expired(now: Moment, keys: sa.FromClause = api_keys) -> sa.ColumnElement[bool]:
    """Returns the condition that a key has expired, now or as seen before. Never NULL."""
    passed = sa.func.coalesce(keys.c.expires_at <= now, sa.false())
    return passed | keys.c.expiry_seen_at.is_not(None)


def transitioned(
    end: FuseEnd, now: Moment, keys: sa.FromClause = api_keys
) -> sa.ColumnElement[bool]:
    """Returns the condition that a key's transition is due and leads to `end`. Never NULL."""
    c = keys.c
    return sa.func.coalesce((c.disabled_until <= now) & (c.disabled_then == end), sa.false())
