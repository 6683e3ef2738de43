"""Queries: who is a member of which workspace, and who is invited to it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import (
    accounts,
    invitations,
    memberships,
    operator_tokens,
    workspaces,
)


class MemberRecord(NamedTuple):
    """An account in one workspace; `pending` until it has accepted the invitation."""

    account_id: str
    workspace_id: str
    email: str
    name: str
    role: str
    created_at: int
    pending: bool = False


LOCAL = "@localhost"
"""The end of the address of whoever opens the console on a machine of their own."""

Position = tuple[str, str]
"""The end of a page: email address and workspace."""

_m, _a, _i, _t = memberships.c, accounts.c, invitations.c, operator_tokens.c
_people = sa.union_all(
    sa.select(
        _m.account_id,
        _m.workspace_id,
        _a.email,
        _a.name,
        _m.role,
        _m.created_at,
        sa.false().label("pending"),
    ).select_from(memberships.join(accounts)),
    sa.select(
        _i.account_id,
        _i.workspace_id,
        _a.email,
        # The name was given elsewhere: until they accept, nothing of that is told here.
        _a.email.label("name"),
        _i.role,
        _i.created_at,
        sa.true().label("pending"),
    ).select_from(invitations.join(accounts)),
).subquery()
_p = _people.c
_SELECT = sa.select(*_p)


async def find(tx: Connection, account_id: str, within: Sequence[str]) -> list[MemberRecord]:
    """Returns the memberships of an account in these workspaces, pending ones too."""
    query = _SELECT.where(_p.account_id == account_id, _p.workspace_id.in_(within))
    rows = (await tx.execute(query.order_by(_p.workspace_id))).mappings()
    return [MemberRecord(**row) for row in rows]


async def is_member(tx: Connection, email: str, workspace_id: str) -> bool:
    """Returns true if the account with this address is a member; who is only invited is none."""
    query = sa.select(_m.account_id).select_from(memberships.join(accounts))
    found = query.where(_a.email == email, _m.workspace_id == workspace_id)
    return (await tx.execute(found)).first() is not None


async def page(
    tx: Connection, within: Sequence[str], limit: int, after: Position | None
) -> list[MemberRecord]:
    """Returns the members of these workspaces by address after a position, pending ones too."""
    query = _SELECT.where(_p.workspace_id.in_(within))
    if after is not None:
        query = query.where(sa.tuple_(_p.email, _p.workspace_id) > after)
    query = query.order_by(_p.email, _p.workspace_id).limit(limit)
    return [MemberRecord(**row) for row in (await tx.execute(query)).mappings()]


async def lock(tx: Connection, workspace_id: str) -> None:
    """Locks the members of a workspace until the transaction has ended."""
    query = sa.select(workspaces.c.id).where(workspaces.c.id == workspace_id).with_for_update()
    (await tx.execute(query)).all()


async def count(tx: Connection, workspace_id: str, role: str) -> int:
    """Counts the members of the workspace with this role, without those who are only invited."""
    query = sa.select(sa.func.count()).where(_m.workspace_id == workspace_id, _m.role == role)
    return int((await tx.execute(query)).scalar_one())


async def count_memberships(tx: Connection, account_id: str) -> int:
    """Counts the workspaces that an account is a member of."""
    query = sa.select(sa.func.count()).where(_m.account_id == account_id)
    return int((await tx.execute(query)).scalar_one())


async def has_role(
    tx: Connection, account_ids: Iterable[str], workspace_id: str, role: str
) -> bool:
    """Returns true if one of the accounts is a member of the workspace with this role."""
    query = sa.select(_m.account_id).where(
        _m.account_id.in_(list(account_ids)), _m.workspace_id == workspace_id, _m.role == role
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def can_sign_in(
    tx: Connection, workspace_id: str, role: str, now: int, account_id: str | None = None
) -> bool:
    """Returns true if a member with this role, or this one, can sign in to the workspace.

    They have a live token for it, or are the person of a machine, whose console needs none.
    """
    has_token = sa.exists().where(
        _t.account_id == _m.account_id,
        _t.workspace_id.is_(None) | (_t.workspace_id == workspace_id),
        _t.revoked_at.is_(None),
        _t.expires_at.is_(None) | (_t.expires_at > now),
        _t.expiry_seen_at.is_(None),
    )
    query = (
        sa.select(_m.account_id)
        .select_from(memberships.join(accounts))
        .where(
            _m.workspace_id == workspace_id,
            _m.role == role,
            has_token | _a.email.endswith(LOCAL),
        )
    )
    if account_id is not None:
        query = query.where(_m.account_id == account_id)
    return (await tx.execute(query.limit(1))).first() is not None


async def change_role(
    tx: Connection, account_id: str, workspace_id: str, role: str, *, pending: bool
) -> None:
    """Changes the role of a member, or the one that a pending invitation offers."""
    table = invitations if pending else memberships
    await tx.execute(
        sa.update(table)
        .where(table.c.account_id == account_id, table.c.workspace_id == workspace_id)
        .values(role=role)
    )


async def remove(tx: Connection, account_id: str, workspace_id: str, *, pending: bool) -> None:
    """Ends a membership, or a pending invitation. The account stays: the audit log names it."""
    table = invitations if pending else memberships
    await tx.execute(
        sa.delete(table).where(
            table.c.account_id == account_id, table.c.workspace_id == workspace_id
        )
    )
