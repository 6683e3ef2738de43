"""Queries: workspaces, accounts, their memberships and operator tokens, root keys seen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import (
    accounts,
    memberships,
    operator_tokens,
    root_keys,
    workspaces,
)


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """An operator token as it is kept: in the table, or in memory for the embedded service."""

    account_id: str
    root_id: str
    verifier: bytes = field(repr=False)
    revoked_at: int | None = None
    workspace_id: str | None = None
    expires_at: int | None = None
    last_used_at: int = 0
    expiry_seen_at: int | None = None
    is_confined: bool = False
    """Made for its account by somebody else, or for another workspace than the one it came from."""

    def has_expired(self, now: int) -> bool:
        """Returns true if its expiry has passed, or was seen to have passed before."""
        is_past = self.expires_at is not None and self.expires_at <= now
        return is_past or self.expiry_seen_at is not None


class MembershipRecord(NamedTuple):
    """A role in a workspace."""

    workspace_id: str
    workspace: str
    role: str


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account and where it is a member."""

    id: str
    email: str
    name: str
    memberships: tuple[MembershipRecord, ...]


_ACCOUNT = (
    accounts.c.id,
    accounts.c.email,
    accounts.c.name,
    workspaces.c.id,
    workspaces.c.name,
    memberships.c.role,
)
_TOKEN = tuple(
    operator_tokens.c["confined" if name == "is_confined" else name]
    for name in TokenRecord.__slots__
)


# Built once: every request asks for it.
_FIND_TOKEN = (
    sa.select(*_TOKEN, *_ACCOUNT)
    .select_from(operator_tokens.join(accounts).outerjoin(memberships).outerjoin(workspaces))
    .where(operator_tokens.c.pid == sa.bindparam("pid"))
    .order_by(workspaces.c.name_skeleton)
)


async def find_token(tx: Connection, pid: str) -> tuple[TokenRecord, AccountRecord] | None:
    """Returns the operator token with this pid and its account, in one query."""
    rows = (await tx.execute(_FIND_TOKEN, {"pid": pid})).all()
    if not rows:
        return None
    account = _account(row[len(_TOKEN) :] for row in rows)
    return TokenRecord(*rows[0][: len(_TOKEN)]), account


async def find_account(tx: Connection, account_id: str) -> AccountRecord | None:
    """Returns an account with its memberships, in the order of the workspaces' names."""
    query = (
        sa.select(*_ACCOUNT)
        .select_from(accounts.outerjoin(memberships).outerjoin(workspaces))
        .where(accounts.c.id == account_id)
        .order_by(workspaces.c.name_skeleton)
    )
    rows = (await tx.execute(query)).all()
    return _account(rows) if rows else None


def _account(rows: Iterable[Sequence[Any]]) -> AccountRecord:
    """Returns the account of rows that have `_ACCOUNT`, one for each membership."""
    every = list(rows)
    account, email, name = every[0][:3]
    members = tuple(MembershipRecord(*row[3:]) for row in every if row[3] is not None)
    return AccountRecord(account, email, name, members)


async def find_account_id(tx: Connection, email: str) -> str | None:
    """Returns the account of this address, or the oldest whose address differs in case alone."""
    c = accounts.c
    query = (
        sa.select(c.id)
        .where((c.email == email) | (sa.func.lower(c.email) == sa.func.lower(email)))
        .order_by(c.email != email, c.created_at, c.id)
        .limit(1)
    )
    return (await tx.execute(query)).scalar_one_or_none()


async def find_workspace_id(tx: Connection, name_skeleton: str) -> str | None:
    """Returns the workspace of this name, compared as labels are."""
    query = sa.select(workspaces.c.id).where(workspaces.c.name_skeleton == name_skeleton)
    return (await tx.execute(query)).scalar_one_or_none()


async def workspace_names(tx: Connection) -> list[tuple[str, str]]:
    """Returns id and name of every workspace, the oldest first."""
    query = sa.select(workspaces.c.id, workspaces.c.name)
    rows = await tx.execute(query.order_by(workspaces.c.created_at, workspaces.c.id))
    return [(row[0], row[1]) for row in rows]


async def add_workspace(
    tx: Connection, workspace_id: str, name: str, name_skeleton: str, now: int
) -> None:
    """Adds a workspace."""
    await tx.execute(
        sa.insert(workspaces).values(
            id=workspace_id,
            name=name,
            name_skeleton=name_skeleton,
            created_at=now,
            number=sa.select(
                sa.func.coalesce(sa.func.max(workspaces.c.number), 0) + 1
            ).scalar_subquery(),
        )
    )


async def add_account(tx: Connection, account_id: str, email: str, name: str, now: int) -> None:
    """Adds an account."""
    await tx.execute(
        sa.insert(accounts).values(id=account_id, email=email, name=name, created_at=now)
    )


async def add_membership(
    tx: Connection,
    account_id: str,
    workspace_id: str,
    role: str,
    now: int = 0,
    *,
    invitation_id: str | None = None,
) -> None:
    """Adds an account to a workspace, perhaps by an invitation."""
    await tx.execute(
        sa.insert(memberships).values(
            account_id=account_id,
            workspace_id=workspace_id,
            role=role,
            created_at=now,
            invitation_id=invitation_id,
        )
    )


async def add_token(tx: Connection, pid: str, token: TokenRecord, now: int) -> None:
    """Adds an operator token: its verifier, never its value."""
    await tx.execute(
        sa.insert(operator_tokens).values(
            pid=pid,
            account_id=token.account_id,
            workspace_id=token.workspace_id,
            root_id=token.root_id,
            verifier=token.verifier,
            created_at=now,
        )
    )


async def seen_roots(tx: Connection) -> set[str]:
    """Returns the ids of every root key this database was ever written with."""
    return set((await tx.execute(sa.select(root_keys.c.id))).scalars())


async def add_root(tx: Connection, root_id: str, now: int) -> None:
    """Adds a root key by its id."""
    await tx.execute(sa.insert(root_keys).values(id=root_id, first_seen_at=now))
