"""Invitations: an account that exists joins another workspace only if it accepts.

Until then the invitation grants nothing, and nobody but the account can answer it.
"""

from keyconsole.service.clock import moment
from keyconsole.service.rules import audit
from keyconsole.service.rules.calls import Call, not_found
from keyconsole.service.rules.pages import Cursors
from keyconsole.service.rules.principals import permissions_of
from keyconsole.service.store import accounts, members, tokens
from keyconsole.service.store import invitations as store
from keyconsole.service.store.accounts import MembershipRecord
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.invitations import InvitationRecord
from keyconsole.wire import Invitation, Membership, Page, Role


async def list_invitations(call: Call, *, limit: int, cursor: str | None) -> Page[Invitation]:
    """Returns the open invitations of the account, newest first."""
    account_id = call.actor.account.id
    cursors = Cursors(call.runtime.roots, "invitations", account_id)
    after = cursors.read(cursor, (int, str))
    async with call.runtime.store.read() as tx:
        may = await _may_answer(tx, call)
        found = await store.page(tx, account_id, limit + 1, after) if may else []
    last = found[limit - 1] if len(found) > limit else None
    return Page[Invitation](
        items=[_to_wire(each) for each in found[:limit]],
        next_cursor=last and cursors.write((last.created_at, last.id)),
    )


async def accept(call: Call, invitation_id: str) -> Membership:
    """Makes the account a member, and returns the membership. Repeating it returns it again.

    Raises `not-found` for an invitation of another account, or one that was withdrawn or declined.
    """
    account_id = call.actor.account.id
    async with call.runtime.store.write() as tx:
        if not await _may_answer(tx, call):
            raise not_found()
        if accepted := await store.find_accepted(tx, invitation_id, account_id):
            return membership_of(accepted)
        found = await _locked(tx, invitation_id, account_id)
        await store.remove(tx, account_id, found.workspace_id)
        await accounts.add_membership(
            tx, account_id, found.workspace_id, found.role, call.now(), invitation_id=found.id
        )
        await _record(tx, call, "member.accepted", found)
    return membership_of(MembershipRecord(found.workspace_id, found.workspace, found.role))


async def decline(call: Call, invitation_id: str) -> None:
    """Ends the invitation; the account may be invited again. Raises `not-found` as `accept`."""
    account_id = call.actor.account.id
    async with call.runtime.store.write() as tx:
        if not await _may_answer(tx, call):
            raise not_found()
        found = await _locked(tx, invitation_id, account_id)
        await store.remove(tx, account_id, found.workspace_id)
        await _record(tx, call, "member.declined", found)


def membership_of(record: MembershipRecord) -> Membership:
    """The membership as it is told to its account."""
    return Membership(
        workspace_id=record.workspace_id,
        workspace=record.workspace,
        role=Role(record.role),
        permissions=sorted(permissions_of(record.role)),
    )


async def _may_answer(tx: Connection, call: Call) -> bool:
    """Returns true if the token may speak for the account beyond its own workspace.

    A confined one was handed out by an admin, who may have kept a copy. It counts only while the
    account has no other: a person whose tokens all came from admins can still join.
    """
    if not call.actor.is_confined:
        return True
    return not await tokens.has_unconfined(tx, call.actor.account.id, call.now())


async def _locked(tx: Connection, invitation_id: str, account_id: str) -> InvitationRecord:
    """The open invitation while nobody else can change who is in the workspace."""
    if found := await store.find(tx, invitation_id, account_id):
        await members.lock(tx, found.workspace_id)
        found = await store.find(tx, invitation_id, account_id)
    if found is None:
        raise not_found()
    return found


async def _record(tx: Connection, call: Call, action: str, invitation: InvitationRecord) -> None:
    await audit.record(
        tx,
        call,
        action,
        workspace_id=invitation.workspace_id,
        target=invitation.account_id,
        target_name=call.actor.name,
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
