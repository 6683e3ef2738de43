"""Invitations: an account that exists joins another workspace only if it accepts.

Until then the invitation grants nothing, and nobody but the account can answer it.
"""

from keyconsole.service.clock import moment
from keyconsole.service.rules import audit
from keyconsole.service.rules.context import RequestContext, not_found
from keyconsole.service.rules.pages import Cursors, PageQuery
from keyconsole.service.rules.principals import permissions_of
from keyconsole.service.store import accounts, members, tokens
from keyconsole.service.store import invitations as store
from keyconsole.service.store.accounts import MembershipRecord
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.invitations import InvitationRecord
from keyconsole.wire import Invitation, Membership, Page, Role


async def list_invitations(context: RequestContext, query: PageQuery) -> Page[Invitation]:
    """Returns the open invitations of the account, newest first."""
    account_id = context.principal.account.id
    cursors = Cursors(context.runtime.roots, "invitations", account_id)
    after = cursors.read(query.cursor, (int, str))
    async with context.runtime.store.read() as tx:
        may = await _may_answer(tx, context)
        found = await store.page(tx, account_id, query.limit + 1, after) if may else []
    rows, following = cursors.cut(found, query.limit, lambda last: (last.created_at, last.id))
    return Page[Invitation](items=[_to_wire(each) for each in rows], next_cursor=following)


async def accept(context: RequestContext, invitation_id: str) -> Membership:
    """Makes the account a member, and returns the membership. Repeating it returns it again.

    Raises `not-found` for an invitation of another account, or one that was withdrawn or declined.
    """
    account_id = context.principal.account.id
    async with context.runtime.store.write() as tx:
        if not await _may_answer(tx, context):
            raise not_found()
        if accepted := await store.find_accepted(tx, invitation_id, account_id):
            return membership_of(accepted)
        found = await _locked(tx, invitation_id, account_id)
        await members.remove(tx, account_id, found.workspace_id, pending=True)
        await accounts.add_membership(
            tx, account_id, found.workspace_id, found.role, context.now(), invitation_id=found.id
        )
        await _record(tx, context, "member.accepted", found)
    return membership_of(MembershipRecord(found.workspace_id, found.workspace, found.role))


async def decline(context: RequestContext, invitation_id: str) -> None:
    """Ends the invitation; the account may be invited again. Raises `not-found` as `accept`."""
    account_id = context.principal.account.id
    async with context.runtime.store.write() as tx:
        if not await _may_answer(tx, context):
            raise not_found()
        found = await _locked(tx, invitation_id, account_id)
        await members.remove(tx, account_id, found.workspace_id, pending=True)
        await _record(tx, context, "member.declined", found)


def membership_of(record: MembershipRecord) -> Membership:
    """Returns the membership as its account sees it."""
    return Membership(
        workspace_id=record.workspace_id,
        workspace=record.workspace,
        role=Role(record.role),
        permissions=sorted(permissions_of(record.role)),
    )


async def _may_answer(tx: Connection, context: RequestContext) -> bool:
    """Returns true if the token may speak for the account beyond its own workspace.

    A confined one was handed out by an admin, who may have kept a copy. It counts only while the
    account has no other: a person whose tokens all came from admins can still join.
    """
    if not context.principal.is_confined:
        return True
    return not await tokens.has_unconfined(tx, context.principal.account.id, context.now())


async def _locked(tx: Connection, invitation_id: str, account_id: str) -> InvitationRecord:
    """Returns the open invitation, and locks the members of its workspace."""
    if found := await store.find(tx, invitation_id, account_id):
        await members.lock(tx, found.workspace_id)
        found = await store.find(tx, invitation_id, account_id)
    if found is None:
        raise not_found()
    return found


async def _record(
    tx: Connection, context: RequestContext, action: str, invitation: InvitationRecord
) -> None:
    await audit.record(
        tx,
        context,
        action,
        workspace_id=invitation.workspace_id,
        target=invitation.account_id,
        target_name=context.principal.name,
        detail={"role": invitation.role},
    )


def _to_wire(invitation: InvitationRecord) -> Invitation:
    return Invitation(
        id=invitation.id,
        workspace_id=invitation.workspace_id,
        workspace=invitation.workspace,
        role=Role(invitation.role),
        invited_by=invitation.invited_by,
        created_at=moment(invitation.created_at),
    )
