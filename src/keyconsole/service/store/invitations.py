"""Queries: accounts that are asked to join a workspace, and have not answered yet."""

from typing import NamedTuple

import sqlalchemy as sa

from keyconsole.service.store.accounts import MembershipRecord
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import invitations, memberships, workspaces


class InvitationRecord(NamedTuple):
    """An invitation as its account sees it."""

    id: str
    account_id: str
    workspace_id: str
    workspace: str
    role: str
    invited_by: str
    created_at: int


Position = tuple[int, str]
"""The end of a page: time and id."""

_i, _m = invitations.c, memberships.c
_SELECT = sa.select(
    _i.id,
    _i.account_id,
    _i.workspace_id,
    workspaces.c.name.label("workspace"),
    _i.role,
    _i.invited_by,
    _i.created_at,
).select_from(invitations.join(workspaces))


async def find(tx: Connection, invitation_id: str, account_id: str) -> InvitationRecord | None:
    """Returns the invitation of an account if it is still open."""
    query = _SELECT.where(_i.id == invitation_id, _i.account_id == account_id)
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else InvitationRecord(**row)


async def find_accepted(
    tx: Connection, invitation_id: str, account_id: str
) -> MembershipRecord | None:
    """Returns the membership that an account got by this invitation, while it lasts."""
    query = (
        sa.select(workspaces.c.id, workspaces.c.name, _m.role)
        .select_from(memberships.join(workspaces))
        .where(_m.invitation_id == invitation_id, _m.account_id == account_id)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else MembershipRecord(*row)


async def page(
    tx: Connection, account_id: str, limit: int, after: Position | None
) -> list[InvitationRecord]:
    """Returns the open invitations of an account, newest first, that come after a position."""
    query = _SELECT.where(_i.account_id == account_id)
    if after is not None:
        query = query.where(sa.tuple_(_i.created_at, _i.id) < after)
    query = query.order_by(_i.created_at.desc(), _i.id.desc()).limit(limit)
    return [InvitationRecord(**row) for row in (await tx.execute(query)).mappings()]


async def add(
    tx: Connection,
    invitation_id: str,
    account_id: str,
    workspace_id: str,
    *,
    role: str,
    invited_by: str,
    now: int,
) -> None:
    """Adds an invitation. An account has at most one open invitation to a workspace."""
    await tx.execute(
        sa.insert(invitations).values(
            id=invitation_id,
            account_id=account_id,
            workspace_id=workspace_id,
            role=role,
            invited_by=invited_by,
            created_at=now,
        )
    )
