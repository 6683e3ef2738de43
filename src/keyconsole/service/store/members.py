"""Queries: who is a member of which workspace."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import accounts, memberships, workspaces


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRecord:
    """An account in one workspace."""

    account_id: str
    workspace_id: str
    email: str
    name: str
    role: str
    created_at: int


Position = tuple[str, str]
"""Where a page ended: email address and workspace."""

_m, _a = memberships.c, accounts.c
_SELECT = sa.select(
    _m.account_id, _m.workspace_id, _a.email, _a.name, _m.role, _m.created_at
).select_from(memberships.join(accounts))


async def find(tx: Connection, account_id: str, within: Sequence[str]) -> list[MemberRecord]:
    """The memberships of an account in these workspaces."""
    query = _SELECT.where(_m.account_id == account_id, _m.workspace_id.in_(within))
    rows = (await tx.execute(query.order_by(_m.workspace_id))).mappings()
    return [MemberRecord(**row) for row in rows]


async def page(
    tx: Connection, within: Sequence[str], limit: int, after: Position | None
) -> list[MemberRecord]:
    """The members of these workspaces by address that come after a position."""
    query = _SELECT.where(_m.workspace_id.in_(within))
    if after is not None:
        query = query.where(sa.tuple_(_a.email, _m.workspace_id) > after)
    query = query.order_by(_a.email, _m.workspace_id).limit(limit)
    return [MemberRecord(**row) for row in (await tx.execute(query)).mappings()]


async def lock(tx: Connection, workspace_id: str) -> None:
    """Let nobody else change who is in the workspace until this transaction has ended."""
    query = sa.select(workspaces.c.id).where(workspaces.c.id == workspace_id).with_for_update()
    (await tx.execute(query)).all()


async def count(tx: Connection, workspace_id: str, role: str) -> int:
    """How many members of the workspace have this role."""
    query = sa.select(sa.func.count()).where(_m.workspace_id == workspace_id, _m.role == role)
    return int((await tx.execute(query)).scalar_one())


async def change_role(tx: Connection, account_id: str, workspace_id: str, role: str) -> None:
    """Give a member another role."""
    await tx.execute(
        sa.update(memberships)
        .where(_m.account_id == account_id, _m.workspace_id == workspace_id)
        .values(role=role)
    )


async def remove(tx: Connection, account_id: str, workspace_id: str) -> None:
    """End a membership; the account stays, since the audit log names it."""
    await tx.execute(
        sa.delete(memberships).where(_m.account_id == account_id, _m.workspace_id == workspace_id)
    )
