"""The conditions of a query of keys as SQL."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from keyconsole.core import durations, safetext
from keyconsole.core.credential import CROCKFORD, PID_LENGTH
from keyconsole.core.queries.keys import EVERY_KEY, KeyQuery
from keyconsole.service.clock import DAY, milliseconds
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.owners import has_left, named, owned_by
from keyconsole.service.store.patterns import (
    after,
    carries,
    containing,
    ending,
    glob,
    starting,
    tagged,
)
from keyconsole.service.store.status import Moment, status_is
from keyconsole.service.store.tables import integrations, usage_sources, workspaces
from keyconsole.wire import KeyStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyScope:
    """The keys of workspaces, or of one integration there, that a query asks for at `now`, in ms.

    `among` are the states that keys are in at all; none are all of them.
    """

    workspaces: Sequence[str]
    now: int
    query: KeyQuery = EVERY_KEY
    integration_id: str | None = None
    among: Sequence[KeyStatus] = ()

    @property
    def is_narrowed(self) -> bool:
        """Return True where more is asked for than every key of a workspace or an integration."""
        return bool(self.query or self.among)

    @property
    def finds_nothing(self) -> bool:
        """Return True where no key can match, so that the database need not be asked."""
        literal = (self.query.label or "").replace("*", "")
        return any(_is_longer_than_a_label(each) for each in (self.query.text or "", literal))

    @property
    def text(self) -> str | None:
        """The text that labels contain, as they are compared; None where it is any."""
        return safetext.skeleton(self.query.text or "") or None

    @property
    def pid_part(self) -> str | None:
        """Returns the part of a public key in the text; `None` if it cannot be one."""
        part = (self.text or "").removeprefix("kcp_").removeprefix("...")
        possible = 0 < len(part) <= PID_LENGTH and set(part) <= set(CROCKFORD)
        return part if possible else None

    def before(self, length: timedelta | None) -> int | None:
        """Returns the time that lies `length` before `now`, in ms; None for None."""
        return None if length is None else self.now - length // durations.INSTANT


def _is_longer_than_a_label(typed: str) -> bool:
    """Returns true for a text as typed that no label contains."""
    return len(safetext.normalize(typed)) > safetext.MAX_LABEL


def conditions(
    workspace_id: str, which: KeyScope, keys: sa.FromClause
) -> list[sa.ColumnElement[bool]]:
    """Returns the conditions of a scope on `keys`, which are some rows of `api_keys`."""
    c, query = keys.c, which.query
    found = [c.workspace_id == workspace_id]
    if which.integration_id is not None:
        found.append(c.integration_id == which.integration_id)
    if which.text is not None:
        found.append(_text_matches(which.text, which.pid_part, keys))
    if query.label is not None:
        found.append(glob(c.label_skeleton, safetext.skeleton(query.label)))
    found += _people(workspace_id, which, keys)
    if query.tag is not None:
        found.append(sa.func.coalesce(tagged(c.metadata, *query.tag), sa.false()))
    if (within := integrations_of(workspace_id, which)) is not None:
        # Asked of a row and not joined: PostgreSQL went through all integrations for each.
        found.append(sa.func.coalesce(c.integration_id.in_(within), sa.false()))
    if query.source is not None:
        u = usage_sources.c
        used = sa.select(u.pid).where(u.pid == c.pid, used_from(query.source, u.address))
        found.append(used.correlate(keys).exists())
    if query.scope is not None:
        found.append(c.scopes.is_(None) | carries(c.scopes, query.scope))
    if query.due:
        found.append(_is_due(which.now, keys))
    if which.among:
        found.append(sa.or_(*(status_is(status, which.now, keys) for status in which.among)))
    return [*found, *_states(which, keys), *_times(which, keys)]


def _people(
    workspace_id: str, which: KeyScope, keys: sa.FromClause
) -> Iterator[sa.ColumnElement[bool]]:
    """Yields the conditions of whoever made or owns a key."""
    query = which.query
    if query.created_by is not None:
        yield sa.or_(*named(query.created_by, keys.c.created_by))
    if query.owner is not None:
        yield sa.or_(*owned_by(query.owner, keys))
    if query.owner_left:
        yield from has_left(workspace_id, keys)
        yield _is_in_force(which.now, keys)


def _is_due(now: int, keys: sa.FromClause) -> sa.ColumnElement[bool]:
    """Returns the condition that a key is due for rotation, by the ages of its policy."""
    i, w = integrations.c, workspaces.c
    age = (
        sa.select(sa.func.coalesce(i.max_key_age_days, w.max_key_age_days) - w.warning_days)
        .where(i.id == keys.c.integration_id, w.id == keys.c.workspace_id)
        .correlate(keys)
        .scalar_subquery()
    )
    return sa.func.coalesce(due_for_rotation(now, age, keys), sa.false())


def due_for_rotation(
    now: Moment, days: sa.ColumnElement[int], keys: sa.FromClause
) -> sa.ColumnElement[bool]:
    """Returns the condition that a key in force is due for rotation after so many days.

    NULL where there is no policy.
    """
    return _is_in_force(now, keys) & (keys.c.created_at <= now - sa.cast(days, sa.BigInteger) * DAY)


def _is_in_force(now: Moment, keys: sa.FromClause) -> sa.ColumnElement[bool]:
    return status_is(KeyStatus.ACTIVE, now, keys) | status_is(KeyStatus.DISABLED, now, keys)


def _states(which: KeyScope, keys: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    states = [
        status_is(KeyStatus.ACTIVE, which.now, keys) & unconfirmed(keys)
        if status == "unconfirmed"
        else status_is(KeyStatus(status), which.now, keys)
        for status in which.query.statuses
    ]
    return [sa.or_(*states)] if states else []


def _times(which: KeyScope, keys: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    found = [keys.c.created_at < end for end in created_before(which)]
    found += [*expires(which, keys), *revoked(which, keys)]
    if which.query.never_expires:
        found.append(keys.c.expires_at.is_(None))
    if which.query.expires_within is not None:
        found.append(keys.c.revoked_at.is_(None))
    found += [keys.c.created_at >= start for start in created_from(which)]
    if (unused := which.before(which.query.unused_for)) is not None:
        found.append(keys.c.last_used_at < unused)
    return found


def created_before(which: KeyScope) -> list[int]:
    """Returns the times before which keys were made, in ms."""
    end = which.query.created_before
    ends = (which.before(which.query.unused_for), which.before(which.query.older_than),
            None if end is None else milliseconds(end))  # fmt: skip
    return [each for each in ends if each is not None]


def created_from(which: KeyScope) -> list[int]:
    """Returns the times from which on keys were made, in ms."""
    start = which.query.created_from
    starts = (which.before(which.query.younger_than),
              None if start is None else milliseconds(start))  # fmt: skip
    return [each for each in starts if each is not None]


def expires(which: KeyScope, keys: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """The limits of the time at which keys expire. One that is over is not within the next days."""
    query, at = which.query, keys.c.expires_at
    found = between(at, query.expires_from, query.expires_before)
    if query.expires_within is not None:
        found += [at > which.now, at <= which.now + query.expires_within // durations.INSTANT]
    return found


def revoked(which: KeyScope, keys: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """The limits of the time at which keys were revoked."""
    query, at = which.query, keys.c.revoked_at
    found = between(at, query.revoked_from, query.revoked_before)
    if (start := which.before(query.revoked_within)) is not None:
        found.append(at >= start)
    return found


def between(
    column: sa.ColumnElement[int], start: datetime | None, end: datetime | None
) -> list[sa.ColumnElement[bool]]:
    """From `start` until before `end`, in a column of ms; no condition where there is no limit."""
    found = [] if start is None else [column >= milliseconds(start)]
    return found if end is None else [*found, column < milliseconds(end)]


def _text_matches(
    label_part: str, pid_part: str | None, keys: sa.FromClause
) -> sa.ColumnElement[bool]:
    matches = containing(keys.c.label_skeleton, label_part)
    if pid_part:
        matches |= starting(keys.c.pid, pid_part) | ending(keys.c.pid, pid_part)
    return matches


def integrations_of(workspace_id: str, which: KeyScope) -> sa.Select[tuple[str]] | None:
    """Returns the query of the integrations that are asked for; None if any will do."""
    c, query = integrations.c, which.query
    if query.environment is query.integration is query.scope is None:
        return None
    found = sa.select(c.id).where(c.workspace_id == workspace_id)
    if query.environment is not None:
        begun = safetext.skeleton(query.environment)
        found = found.where(starting(sa.func.lower(c.environment), begun))
    if query.integration is not None:
        pattern = safetext.skeleton(query.integration)
        found = found.where(glob(c.id, pattern) | glob(c.name_skeleton, pattern))
    if query.scope is not None:
        found = found.where(carries(c.scopes, query.scope))
    return found


def used_from(source: str, column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Returns the condition of an address, or of its beginning before `.`, `:` or `*`."""
    start = source.rstrip("*")
    if source[-1] in ".:*":
        return (column >= start) & (column < after(start))
    return column == source


def unconfirmed(keys: sa.FromClause) -> sa.ColumnElement[bool]:
    """Returns the condition that nobody confirmed to have the secret, and nobody used it."""
    return keys.c.acknowledged_at.is_(None) & (keys.c.last_used_at == sa.literal_column("0"))


def is_postgresql(tx: Connection) -> bool:
    """Returns true for a transaction of PostgreSQL."""
    return tx.dialect.name == "postgresql"
