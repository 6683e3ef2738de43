"""The indexes that lead to the keys of a filter, and which of them leads to the fewest.

The planner of a database is left no choice of them: SQLite joined FTS5 along the index of labels,
125 s for no match among 1,000,000 keys. So each is counted, up to a cap, and nothing is read but
keys of the one workspace.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from keyconsole.core import safetext
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.label_tokens import TokenQuery, token_query
from keyconsole.service.store.owners import left_behind, named, owned_by
from keyconsole.service.store.patterns import longest_literal
from keyconsole.service.store.postgres import label_index as server
from keyconsole.service.store.selection import (
    KeyScope,
    created_before,
    created_from,
    expires,
    integrations_of,
    is_postgresql,
    revoked,
    unconfirmed,
    used_from,
)
from keyconsole.service.store.sqlite import label_index as file
from keyconsole.service.store.tables import api_keys, usage_sources, workspaces
from keyconsole.wire import KeyStatus

_k = api_keys.c
# Built once: every search for a text asks for it.
_NUMBER = sa.select(workspaces.c.number).where(workspaces.c.id == sa.bindparam("workspace_id"))


@dataclass(frozen=True, slots=True)
class AccessPath:
    """Some keys by an index: what they meet, and a query of one row for each."""

    met: sa.ColumnElement[bool]
    rows: sa.Select[Any]
    is_empty: bool = False
    """True if it was counted and led to no key."""


async def narrowest(
    tx: Connection, workspace_id: str, which: KeyScope, most: int
) -> AccessPath | None:
    """Returns the path to the fewest keys; None if each leads to more than `most`."""
    best, least = None, most + 1
    async for path in _paths(tx, workspace_id, which):
        query = sa.select(sa.func.count()).select_from(path.rows.limit(least).subquery())
        count = int((await tx.execute(query)).scalar_one())
        if not count:
            return replace(path, is_empty=True)
        if count < least:
            best, least = path, count
    return best


def scope_of(workspace_id: str, which: KeyScope) -> sa.ColumnElement[bool]:
    """Returns the condition of the integration or the workspace, which the indexes begin with."""
    if which.integration_id is not None:
        return _k.integration_id == which.integration_id
    return _k.workspace_id == workspace_id


async def _paths(tx: Connection, workspace_id: str, which: KeyScope) -> AsyncIterator[AccessPath]:
    texts = [] if which.text is None else [(which.text, which.pid_part)]
    if which.query.label is not None:
        texts.append((longest_literal(safetext.skeleton(which.query.label)), None))
    if texts:
        number = (await tx.execute(_NUMBER, {"workspace_id": workspace_id})).scalar_one()
        for asked in (token_query(number, *text) for text in texts):
            if asked is not None:
                yield _by_tokens(tx, asked)
    scope = scope_of(workspace_id, which)
    for each in _conditions(which):
        yield _by_columns(tx, scope, each)
    if (found := integrations_of(workspace_id, which)) is not None:
        # An integration that is asked for is of the workspace: `conditions` sees to it.
        yield _by_integrations(tx, found)
    if which.query.owner_left:
        yield _by_pids(sa.select(sa.union_all(*left_behind(workspace_id, _k.pid)).subquery().c.pid))
    if which.query.source is not None:
        u = usage_sources.c
        here = u.workspace_id == workspace_id
        yield _by_pids(sa.select(u.pid).where(here, used_from(which.query.source, u.address)))
    yield _by_columns(tx, scope, [sa.true()])


def _conditions(which: KeyScope) -> Iterator[list[sa.ColumnElement[bool]]]:
    """Yields for each filter its conditions, any of which suffices, each with an index."""
    if rare := _rare(which):
        yield rare
    if which.query.created_by is not None:
        yield named(which.query.created_by, _k.created_by)
    if which.query.owner is not None:
        yield owned_by(which.query.owner, api_keys)
    if (unused := which.before(which.query.unused_for)) is not None:
        yield [_k.last_used_at < unused]
    yield from ([_k.created_at < end] for end in created_before(which))
    yield from ([_k.created_at >= start] for start in created_from(which))
    yield from (
        [sa.and_(*found)] for found in (expires(which, api_keys), revoked(which, api_keys)) if found
    )


def _rare(which: KeyScope) -> list[sa.ColumnElement[bool]]:
    """Returns conditions, any of which suffices, for rare states, in the words of partial indexes.

    A disabled key may have become a revoked one since, by its deadline.
    """
    statuses = which.query.statuses
    if statuses == ("unconfirmed",):
        return [unconfirmed(api_keys)]
    if not statuses or KeyStatus.ACTIVE in statuses:
        return []
    found = [_k.disabled_at > sa.literal_column("0")]
    if KeyStatus.REVOKED in statuses:
        found.append(_k.revoked_at > sa.literal_column("0"))
    if KeyStatus.EXPIRED in statuses:
        found.append(_k.expires_at <= which.now)
        found.append(_k.expiry_seen_at > sa.literal_column("0"))
    if "unconfirmed" in statuses:
        found.append(unconfirmed(api_keys))
    return found


def _by_tokens(tx: Connection, asked: TokenQuery) -> AccessPath:
    if is_postgresql(tx):
        pids = server.pids(asked)
        return AccessPath(server.named(pids), pids)
    numbers = file.numbers(asked)
    return AccessPath(file.named(numbers), numbers)


def _by_columns(
    tx: Connection, scope: sa.ColumnElement[bool], conditions: Sequence[sa.ColumnElement[bool]]
) -> AccessPath:
    each = sa.union_all(*(sa.select(_k.pid).where(scope, one) for one in conditions)).subquery()
    path = _by_pids(sa.select(each.c.pid))
    if is_postgresql(tx):
        # It reads the rows that several indexes name in one go, and needs no pids for that.
        return AccessPath(scope & sa.or_(*conditions), path.rows)
    return path


def _by_integrations(tx: Connection, found: sa.Select[Any]) -> AccessPath:
    """Returns the path through integrations, which are found first.

    Joined, PostgreSQL went through all keys: it takes a third of the integrations to be found.
    """
    if not is_postgresql(tx):
        return _by_pids(sa.select(_k.pid).where(_k.integration_id.in_(found)))
    met = _k.integration_id == sa.any_(sa.func.array(found.scalar_subquery()))
    return AccessPath(met, sa.select(_k.pid).where(met))


def _by_pids(pids: sa.Select[Any]) -> AccessPath:
    return AccessPath(_k.pid.in_(pids), pids)
