"""Which keys of a workspace: a filter as SQL, once as ways in and once as what a row is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from keyconsole.service.clock import DAY
from keyconsole.service.store import search
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.patterns import after, containing, starting
from keyconsole.service.store.status import status_is
from keyconsole.service.store.tables import api_keys, integrations, usage_sources, workspaces
from keyconsole.wire import KeyStatus

_k = api_keys.c


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

    @property
    def is_text_alone(self) -> bool:
        """Whether a text is all that is asked for, of an integration or of any."""
        return self == KeyFilter(
            workspaces=self.workspaces,
            now=self.now,
            integration_id=self.integration_id,
            label_contains=self.label_contains,
            pid_part=self.pid_part,
        )


def scope_of(workspace_id: str, which: KeyFilter) -> sa.ColumnElement[bool]:
    """The keys of the integration, or of the workspace: what the orders have indexes for."""
    if which.integration_id is not None:
        return _k.integration_id == which.integration_id
    return _k.workspace_id == workspace_id


def ways_to(tx: Connection, workspace_id: str, which: KeyFilter) -> search.Ways:
    """The ways to these keys for which there is an index."""
    ways = search.Ways(tx, scope_of(workspace_id, which))
    if which.label_contains is not None:
        ways.by_text(which.label_contains, which.pid_part)
    if rare := _rare(which):
        ways.by(*rare)
    if which.created_by is not None:
        ways.by(*_made_by(which.created_by))
    if which.environment is not None:
        ways.add(sa.select(_k.pid).where(_within(workspace_id, which.environment)))
    if which.source is not None:
        ways.add(sa.select(usage_sources.c.pid).where(_from(which.source)))
    if which.unused_since is not None:
        ways.by(_k.last_used_at < which.unused_since)
        ways.by(_k.created_at < which.unused_since)
    if which.created_before is not None:
        ways.by(_k.created_at < which.created_before)
    if which.created_after is not None:
        ways.by(_k.created_at >= which.created_after)
    return ways


def _rare(which: KeyFilter) -> list[sa.ColumnElement[bool]]:
    """What holds of the keys in these states, in the words of the partial indexes; of any of them.

    A disabled key may carry a fuse that has revoked it meanwhile.
    """
    if which.confirmed is False or (which.unconfirmed and not which.statuses):
        return [_unconfirmed(api_keys)]
    if not which.statuses or KeyStatus.ACTIVE in which.statuses:
        return []
    found = [_k.disabled_at > sa.literal_column("0")]
    if KeyStatus.REVOKED in which.statuses:
        found.append(_k.revoked_at > sa.literal_column("0"))
    if KeyStatus.EXPIRED in which.statuses:
        found.append(_k.expires_at <= which.now)
        found.append(_k.expiry_seen_at > sa.literal_column("0"))
    if which.unconfirmed:
        found.append(_unconfirmed(api_keys))
    return found


def conditions(
    tx: Connection, workspace_id: str, which: KeyFilter, keys: sa.FromClause = api_keys
) -> list[sa.ColumnElement[bool]]:
    """What a row of `keys`, which may be some of them, is asked, one by one.

    No index is used for any of it.
    """
    integration_id = search.unindexed(tx, keys.c.integration_id)
    found = [search.unindexed(tx, keys.c.workspace_id) == workspace_id]
    if which.integration_id is not None:
        found.append(integration_id == which.integration_id)
    if which.label_contains is not None:
        found.append(_text_matches(tx, which.label_contains, which.pid_part, keys))
    if which.created_by is not None:
        made_by = _made_by(which.created_by, search.unindexed(tx, keys.c.created_by))
        found.append(sa.or_(*made_by))
    if which.environment is not None:
        within = _within(workspace_id, which.environment, integration_id)
        if search.is_postgresql(tx):
            # Asked of a row and not joined: it went through all integrations for each.
            within = sa.func.coalesce(within, sa.false())
        found.append(within)
    if which.source is not None:
        c = usage_sources.c
        found.append(sa.select(c.pid).where(c.pid == keys.c.pid, _from(which.source)).exists())
    if which.due is not None:
        due = _is_due(which.now, keys)
        found.append(due if which.due else ~due)
    return [*found, *_states(which, keys), *_times(tx, which, keys)]


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
    unconfirmed = _unconfirmed(keys)
    states = [status_is(status, which.now, keys) for status in which.statuses]
    if which.unconfirmed:
        states.append(status_is(KeyStatus.ACTIVE, which.now, keys) & unconfirmed)
    found = [sa.or_(*states)] if states else []
    if which.confirmed is not None:
        found.append(~unconfirmed if which.confirmed else unconfirmed)
    return found


def _times(tx: Connection, which: KeyFilter, keys: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    used = search.unindexed(tx, keys.c.last_used_at)
    created = search.unindexed(tx, keys.c.created_at)
    found = []
    if which.unused_since is not None:
        found += [used < which.unused_since, created < which.unused_since]
    if which.created_before is not None:
        found.append(created < which.created_before)
    if which.created_after is not None:
        found.append(created >= which.created_after)
    return found


def _text_matches(
    tx: Connection, label_part: str, pid_part: str | None, keys: sa.FromClause
) -> sa.ColumnElement[bool]:
    matches = containing(keys.c.label_skeleton, label_part)
    if pid_part:
        pid = keys.c.pid
        matches = matches | starting(pid, pid_part) | search.pid_ends(tx, pid, pid_part)
    return matches


def _made_by(
    account: str, column: sa.ColumnElement[str] = _k.created_by
) -> list[sa.ColumnElement[bool]]:
    """By an account, given with or without its domain: any of these. `A` is what follows `@`."""
    if "@" in account:
        return [column == account]
    return [column == account, (column >= f"{account}@") & (column < f"{account}A")]


def _within(
    workspace_id: str, environment: str, column: sa.ColumnElement[str] = _k.integration_id
) -> sa.ColumnElement[bool]:
    c = integrations.c
    return column.in_(
        sa.select(c.id).where(
            c.workspace_id == workspace_id, starting(sa.func.lower(c.environment), environment)
        )
    )


def _from(source: str) -> sa.ColumnElement[bool]:
    """Used from an address, or from one that begins so, where that ends with `.`, `:` or `*`."""
    address, start = usage_sources.c.address, source.rstrip("*")
    if source[-1] in ".:*":
        return (address >= start) & (address < after(start))
    return address == source


def _unconfirmed(keys: sa.FromClause) -> sa.ColumnElement[bool]:
    return keys.c.acknowledged_at.is_(None) & (keys.c.last_used_at == sa.literal_column("0"))
