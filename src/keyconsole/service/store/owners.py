"""Queries: keys by their owner, and keys whose owner is no member any more."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from keyconsole.core import safetext
from keyconsole.service.store.tables import accounts, api_keys, memberships

_k = api_keys.c
Workspace = str | sa.BindParameter[str]


def named(account: str, column: sa.ColumnElement[str]) -> list[sa.ColumnElement[bool]]:
    """Returns conditions, any of which suffices, for an account with or without its domain."""
    if "@" in account:
        return [column == account]
    return [column == account, (column >= f"{account}@") & (column < f"{account}A")]


def owned_by(owner: str, keys: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """Returns conditions, any of which suffices, for an account or a team, each with an index."""
    c = keys.c
    team = c.owner_skeleton == safetext.skeleton(owner)
    makers = (c.owner.is_(None) & each for each in named(owner, c.created_by))
    return [*named(owner, c.owner_skeleton), team, *makers]


def has_left(workspace_id: Workspace, keys: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """Returns conditions, all of which hold for a key of an account that is no member any more."""
    c = keys.c
    owner = sa.func.coalesce(c.owner, c.created_by)
    return [owner.not_in(_members(workspace_id)), c.owner.is_(None) | c.owner.contains("@")]


def left_behind(
    workspace_id: Workspace, *columns: sa.ColumnElement[Any]
) -> Sequence[sa.Select[Any]]:
    """Returns the queries of the keys, not revoked nor seen expired, whose owner is gone.

    One is of those that their makers own, one of those with another owner. The names of owners are
    read one after the other, each by one step in an index, however many keys each has.
    """
    here, members = _k.workspace_id == workspace_id, _members(workspace_id)
    made_here = [here, _k.revoked_at.is_(None), _k.expiry_seen_at.is_(None), _k.owner.is_(None)]
    owned_here = [here, _k.owner_skeleton.is_not(None)]
    makers = _each(_k.created_by, "makers", made_here).c.name
    owners = _each(_k.owner_skeleton, "owners", owned_here).c.name
    # Asked with IN: SQLite joined from all keys to the few names.
    gone = sa.select(makers).where(makers.not_in(members))
    gone_owners = sa.select(owners).where(owners.contains("@"), owners.not_in(members))
    return (
        sa.select(*columns).where(_k.created_by.in_(gone), *made_here),
        sa.select(*columns).where(
            _k.owner_skeleton.in_(gone_owners),
            *owned_here,
            _k.revoked_at.is_(None),
            _k.expiry_seen_at.is_(None),
        ),
    )


def _members(workspace_id: Workspace) -> sa.Select[tuple[str]]:
    m, a = memberships.c, accounts.c
    query = sa.select(a.email).join(memberships, m.account_id == a.id)
    return query.where(m.workspace_id == workspace_id)


def _each(
    column: sa.Column[Any], name: str, conditions: Sequence[sa.ColumnElement[bool]]
) -> sa.CTE:
    """Returns the different values of a column, each found past all rows of the one before."""

    def first(*beyond: sa.ColumnElement[bool]) -> sa.Select[Any]:
        return sa.select(column).where(*conditions, *beyond).order_by(column).limit(1)

    found = sa.select(first().scalar_subquery().label("name")).cte(name, recursive=True)
    following = first(column > found.c.name).correlate(found).scalar_subquery()
    return found.union_all(sa.select(following).where(found.c.name.is_not(None)))
