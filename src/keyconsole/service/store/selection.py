"""A filter of keys, and what each key has to meet, as SQL."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from keyconsole.service.clock import DAY
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.patterns import after, containing, ending, starting
from keyconsole.service.store.status import status_is
from keyconsole.service.store.tables import integrations, usage_sources, workspaces
from keyconsole.wire import KeyStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFilter:
    """Which keys; nothing given is all of them. Times are milliseconds."""

    workspaces: Sequence[str]
    now: int
    integration_id: str | None = None
    statuses: Sequence[KeyStatus] = ()
    unconfirmed: bool = False
    label_contains: str | None = None
    pid_part: str | None = None
    unused_since: int | None = None
    created_before: int | None = None
    created_after: int | None = None
    environment: str | None = None
    source: str | None = None
    created_by: str | None = None
    confirmed: bool | None = None
    due: bool | None = None
    finds_nothing: bool = False
    """True where no key can match, so that the database need not be asked."""

    @property
    def is_narrowed(self) -> bool:
        """Return True where more is asked for than every key of a workspace or an integration."""
        return self != KeyFilter(
            workspaces=self.workspaces, now=self.now, integration_id=self.integration_id
        )


def conditions(
    workspace_id: str, which: KeyFilter, keys: sa.FromClause
) -> list[sa.ColumnElement[bool]]:
    """What each row of `keys`, some of `api_keys`, has to meet."""
    c = keys.c
    found = [c.workspace_id == workspace_id]
    if which.integration_id is not None:
        found.append(c.integration_id == which.integration_id)
    if which.label_contains is not None:
        found.append(_text_matches(which.label_contains, which.pid_part, keys))
    if which.created_by is not None:
        found.append(sa.or_(*created_by(which.created_by, c.created_by)))
    if which.environment is not None:
        within = in_environment(workspace_id, which.environment, c.integration_id)
        # Asked of a row and not joined: PostgreSQL went through all integrations for each.
        found.append(sa.func.coalesce(within, sa.false()))
    if which.source is not None:
        u = usage_sources.c
        used = sa.select(u.pid).where(u.pid == c.pid, used_from(which.source, u.address))
        found.append(used.exists())
    if which.due is not None:
        due = _is_due(which.now, keys)
        found.append(due if which.due else ~due)
    return [*found, *_states(which, keys), *_times(which, keys)]


def _is_due(now: int, keys: sa.FromClause) -> sa.ColumnElement[bool]:
    """Whether a key in force is old enough for rotation, or soon will be."""
    i, w = integrations.c, workspaces.c
    age = (
        sa.select(sa.func.coalesce(i.max_key_age_days, w.max_key_age_days) - w.warning_days)
        .where(i.id == keys.c.integration_id, w.id == keys.c.workspace_id)
        .scalar_subquery()
    )
    in_force = status_is(KeyStatus.ACTIVE, now, keys) | status_is(KeyStatus.DISABLED, now, keys)
    due_at = keys.c.created_at + sa.cast(age, sa.BigInteger) * DAY
    return in_force & sa.func.coalesce(due_at <= now, sa.false())


def _states(which: KeyFilter, keys: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    states = [status_is(status, which.now, keys) for status in which.statuses]
    if which.unconfirmed:
        states.append(status_is(KeyStatus.ACTIVE, which.now, keys) & unconfirmed(keys))
    found = [sa.or_(*states)] if states else []
    if which.confirmed is not None:
        found.append(~unconfirmed(keys) if which.confirmed else unconfirmed(keys))
    return found


def _times(which: KeyFilter, keys: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    used, created = keys.c.last_used_at, keys.c.created_at
    found = []
    if which.unused_since is not None:
        found += [used < which.unused_since, created < which.unused_since]
    if which.created_before is not None:
        found.append(created < which.created_before)
    if which.created_after is not None:
        found.append(created >= which.created_after)
    return found


def _text_matches(
    label_part: str, pid_part: str | None, keys: sa.FromClause
) -> sa.ColumnElement[bool]:
    matches = containing(keys.c.label_skeleton, label_part)
    if pid_part:
        matches |= starting(keys.c.pid, pid_part) | ending(keys.c.pid, pid_part)
    return matches


def created_by(account: str, column: sa.ColumnElement[str]) -> list[sa.ColumnElement[bool]]:
    """By an account, given with or without its domain: any of these. `A` is what follows `@`."""
    if "@" in account:
        return [column == account]
    return [column == account, (column >= f"{account}@") & (column < f"{account}A")]


def in_environment(
    workspace_id: str, environment: str, column: sa.ColumnElement[str]
) -> sa.ColumnElement[bool]:
    """In an integration of the workspace whose environment begins so."""
    c = integrations.c
    return column.in_(
        sa.select(c.id).where(
            c.workspace_id == workspace_id, starting(sa.func.lower(c.environment), environment)
        )
    )


def used_from(source: str, column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """An address, or one that begins so, where that ends with `.`, `:` or `*`."""
    start = source.rstrip("*")
    if source[-1] in ".:*":
        return (column >= start) & (column < after(start))
    return column == source


def unconfirmed(keys: sa.FromClause) -> sa.ColumnElement[bool]:
    """Nobody said to have its secret, and nobody used it."""
    return keys.c.acknowledged_at.is_(None) & (keys.c.last_used_at == sa.literal_column("0"))


def is_postgresql(tx: Connection) -> bool:
    """Return True for a transaction of PostgreSQL."""
    return tx.dialect.name == "postgresql"
