"""The account and the workspace that an operator token is for, and who may make it.

A token that an admin hands out is *confined*: it speaks for its account in that workspace alone.
So no admin gets from their workspace into another one of the same person.
"""

from keyconsole.core.errors import problem
from keyconsole.service.rules.context import RequestContext, not_found, one_workspace
from keyconsole.service.rules.members import admin_can_sign_in
from keyconsole.service.store import accounts, members
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tokens import TokenCard
from keyconsole.wire import Permission, Role, TokenCreate

_NEEDED = Permission.MEMBERS_WRITE


async def authorize_creating(context: RequestContext) -> None:
    """Decides permission before the body is read; raises `permission-denied`.

    Whoever is a member of several workspaces may make a token for themselves in each of them.
    """
    if not context.principal.is_confined:
        async with context.runtime.store.read() as tx:
            if await members.count_memberships(tx, context.principal.account.id) > 1:
                return
    context.principal.workspaces_with(_NEEDED)


async def whose(tx: Connection, context: RequestContext, asked: TokenCreate) -> tuple[str, str]:
    """Returns the account and the workspace that a token is for.

    An admin makes them for the members of the workspace that they administer. A person makes
    them for themselves wherever they are a member, unless their own token is confined.
    Raises `member-pending` for somebody who has not accepted.
    """
    me = context.principal.account.id
    account_id = asked.account_id or me
    if account_id == me and asked.workspace_id is not None and not context.principal.is_confined:
        found = await members.find(tx, me, [asked.workspace_id])
        if found and not found[0].pending:
            return me, asked.workspace_id
    workspace_id = one_workspace(context, asked.workspace_id, _NEEDED)
    found = await members.find(tx, account_id, [workspace_id])
    if not found:
        raise not_found()
    if found[0].pending:
        raise problem("member-pending", "They have not accepted the invitation: no token yet.")
    return account_id, workspace_id


async def is_confined(
    tx: Connection, context: RequestContext, account_id: str, workspace_id: str
) -> bool:
    """Returns true unless a person renews their own token for the workspace that it is for.

    So neither an admin nor whoever finds a token that was made for one workspace gets from it
    into another.
    """
    principal = context.principal
    if principal.is_confined or account_id != principal.account.id:
        return True
    if principal.is_everywhere:
        return await members.count_memberships(tx, account_id) > 1
    return principal.workspaces != [workspace_id]


async def refuse_lockout(tx: Connection, context: RequestContext, token: TokenCard) -> None:
    """Raises `last-token` for the token without which no admin can sign in to a workspace."""
    for workspace_id in await reached(tx, token):
        is_admin = await members.has_role(tx, [token.account_id], workspace_id, Role.ADMIN)
        if is_admin and not await admin_can_sign_in(tx, context, workspace_id):
            raise problem(
                "last-token",
                "This is the last token of the last admin: without it nobody administers the "
                "workspace. Make another first, or say that it is meant with ?last=yes. Whoever "
                "runs the service can then make one with keyconsole service init, for the same "
                "workspace and account.",
            )


async def reached(tx: Connection, token: TokenCard) -> list[str]:
    """Returns the workspaces that a token signs in to."""
    if token.workspace_id is not None:
        return [token.workspace_id]
    account = await accounts.find_account(tx, token.account_id)
    return [] if account is None else [each.workspace_id for each in account.memberships]
