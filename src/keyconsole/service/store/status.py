"""The status of a key as SQL: the first that holds of revoked, expired, disabled, active.

A fuse that has burnt down counts as what it leads to, whether that was carried out yet or not.
"""

import sqlalchemy as sa

from keyconsole.service.store.tables import api_keys
from keyconsole.wire import FuseEnd, KeyStatus

_k = api_keys.c


def status_is(status: KeyStatus, now: int) -> sa.ColumnElement[bool]:
    """Whether a key has this status at `now`, in milliseconds. Never NULL."""
    revoked = _k.revoked_at.is_not(None) | burnt(FuseEnd.REVOKE, now)
    expired = sa.func.coalesce(_k.expires_at <= now, sa.false())
    disabled = _k.disabled_at.is_not(None) & ~burnt(FuseEnd.ENABLE, now)
    match status:
        case KeyStatus.REVOKED:
            return revoked
        case KeyStatus.EXPIRED:
            return ~revoked & expired
        case KeyStatus.DISABLED:
            return ~revoked & ~expired & disabled
        case KeyStatus.ACTIVE:
            return ~revoked & ~expired & ~disabled


def burnt(end: FuseEnd, now: int) -> sa.ColumnElement[bool]:
    """Whether a key carries a fuse that has burnt down to this end. Never NULL."""
    return sa.func.coalesce((_k.disabled_until <= now) & (_k.disabled_then == end), sa.false())
