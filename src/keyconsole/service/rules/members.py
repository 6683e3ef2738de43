"""Members of a workspace and their roles. One admin always stays.

An account that is a member elsewhere is invited, and listed as pending until it accepts.
"""

from collections.abc import Mapping, Sequence

from keyconsole.core.errors import field_problem, problem
from keyconsole.service.clock import moment, optional_moment
from keyconsole.service.ids import new_id
from keyconsole.service.rules import audit
from keyconsole.service.rules.context import RequestContext, not_found, one_workspace
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.rules.pages import Cursors, PageQuery
from keyconsole.service.rules.workspaces import ensure_account
from keyconsole.service.store import accounts, invitations, tokens
from keyconsole.service.store import members as store
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.members import MemberRecord
from keyconsole.service.store.tokens import Reach, SignIns
from keyconsole.wire import Member, MemberCreate, MemberPatch, Page, Permission, Role
from keyconsole.wire.base import Filter

_NEEDED = Permission.MEMBERS_WRITE


class MemberQuery(PageQuery):
    """The members that are asked for."""

    workspace: Filter | None = None


async def list_members(context: RequestContext, query: MemberQuery) -> Page[Member]:
    """Returns a page of members by address."""
    within = context.principal.workspaces_with(_NEEDED, query.workspace)
    cursors = Cursors(context.runtime.roots, "members", within)
    after = cursors.read(query.cursor, (str, str))
    async with context.runtime.store.search() as tx:
        found = await store.page(tx, within, query.limit + 1, after)
        rows, following = cursors.cut(
            found, query.limit, lambda last: (last.email, last.workspace_id)
        )
        items = await _to_wire(tx, context, rows)
    return Page[Member](items=items, next_cursor=following)


async def show_member(context: RequestContext, account_id: str, workspace: str | None) -> Member:
    """Returns one member."""
    async with context.runtime.store.read() as tx:
        member = await find_member(tx, context, account_id, workspace)
        return await _one_to_wire(tx, context, member)


async def add_member(context: RequestContext, asked: MemberCreate) -> tuple[Member, bool]:
    """Adds a member; returns them, and true if they are new. The same role again changes nothing.

    So the same request twice makes one member. An account that is a member of another workspace
    is invited: nobody else decides where it belongs. One that was invited and left every workspace
    since joins, as one that left before. Raises `member-exists` for another role.
    """
    workspace_id = one_workspace(context, asked.workspace_id, _NEEDED)
    errors = FieldErrors()
    email = errors.email("email", asked.email)
    errors.raise_if_any()
    async with context.runtime.store.write() as tx:
        await store.lock(tx, workspace_id)
        account_id = await ensure_account(tx, context.runtime, email)
        known = await store.find(tx, account_id, [workspace_id])
        is_elsewhere = await store.count_memberships(tx, account_id) > 0
        if known:
            same = _with_same_role(known[0], asked.role)
            if is_elsewhere or not same.pending:
                return await _one_to_wire(tx, context, same), False
            await store.remove(tx, account_id, workspace_id, pending=True)
        await (_invite if is_elsewhere else _join)(
            tx, context, account_id, workspace_id, asked.role
        )
        [added] = await store.find(tx, account_id, [workspace_id])
        action = "member.invited" if is_elsewhere else "member.added"
        await _record(tx, context, action, added, {"role": asked.role})
        return await _one_to_wire(tx, context, added), True


async def change_member(
    context: RequestContext, account_id: str, workspace: str | None, asked: MemberPatch
) -> Member:
    """Changes the role, from the very next request on. Raises `last-admin`."""
    async with context.runtime.store.write() as tx:
        before = await _locked_member(tx, context, account_id, workspace)
        if before.role == asked.role:
            return await _one_to_wire(tx, context, before)
        if not before.pending:
            await _refuse_last_admin(tx, before)
        await store.change_role(
            tx, account_id, before.workspace_id, asked.role, pending=before.pending
        )
        if not before.pending:
            await _refuse_lockout(tx, context, before)
        detail = {"role": {"from": before.role, "to": asked.role}, **_pending(before)}
        await _record(tx, context, "member.changed", before, detail)
        [after] = await store.find(tx, account_id, [before.workspace_id])
        return await _one_to_wire(tx, context, after)


async def remove_member(context: RequestContext, account_id: str, workspace: str | None) -> None:
    """Ends a membership, and revokes what signed them in to this workspace alone.

    With the last membership every token of theirs is revoked. It holds from the very next request
    on. A pending one is withdrawn. Raises `last-admin`.
    """
    async with context.runtime.store.write() as tx:
        member = await _locked_member(tx, context, account_id, workspace)
        if member.pending:
            await store.remove(tx, account_id, member.workspace_id, pending=True)
            detail = {"role": member.role, **_pending(member)}
            await _record(tx, context, "member.removed", member, detail)
            return
        await _refuse_last_admin(tx, member)
        revoked = await tokens.revoke_all(
            tx, account_id, member.workspace_id, context.now(), context.principal.name
        )
        await store.remove(tx, account_id, member.workspace_id, pending=False)
        await _refuse_lockout(tx, context, member)
        if await store.count_memberships(tx, account_id) == 0:
            # An old token for every workspace would be one for those that they join later.
            revoked += await tokens.revoke_all(
                tx, account_id, None, context.now(), context.principal.name
            )
        detail = {"role": member.role, "tokens_revoked": revoked}
        await _record(tx, context, "member.removed", member, detail)


async def authorize(context: RequestContext, account_id: str, workspace: str | None) -> None:
    """Decides permission and existence before the body is read."""
    async with context.runtime.store.read() as tx:
        await find_member(tx, context, account_id, workspace)


async def find_member(
    tx: Connection, context: RequestContext, account_id: str, workspace: str | None
) -> MemberRecord:
    """Returns the member, in a workspace that the principal administers.

    Raises `not-found`, `permission-denied`, and `request-invalid` where an account is a member
    of several of them.
    """
    within = [each for each in context.principal.workspaces if workspace in (None, each)]
    found = await store.find(tx, account_id, within)
    if not found:
        raise not_found("member with this id")
    allowed = [m for m in found if _NEEDED in context.principal.permissions(m.workspace_id)]
    if not allowed:
        context.principal.require(_NEEDED, found[0].workspace_id)
    if len(allowed) > 1:
        sentence = "They are a member of several of your workspaces: say of which one."
        raise field_problem("workspace", "required", sentence)
    return allowed[0]


async def _locked_member(
    tx: Connection, context: RequestContext, account_id: str, workspace: str | None
) -> MemberRecord:
    """Locks the members of a workspace, and returns the member."""
    member = await find_member(tx, context, account_id, workspace)
    await store.lock(tx, member.workspace_id)
    return await find_member(tx, context, account_id, member.workspace_id)


async def _join(
    tx: Connection, context: RequestContext, account_id: str, workspace_id: str, role: Role
) -> None:
    await accounts.add_membership(tx, account_id, workspace_id, role, context.now())


async def _invite(
    tx: Connection, context: RequestContext, account_id: str, workspace_id: str, role: Role
) -> None:
    await invitations.add(
        tx,
        new_id("inv"),
        account_id,
        workspace_id,
        role=role,
        invited_by=context.principal.name,
        now=context.now(),
    )


def _pending(member: MemberRecord) -> dict[str, bool]:
    """Returns the part of a detail that marks a member who has not accepted."""
    return {"pending": True} if member.pending else {}


def _with_same_role(member: MemberRecord, role: Role) -> MemberRecord:
    if member.role != role:
        state = "invited" if member.pending else "a member"
        sentence = f"They are {state} already, as {member.role}: change that instead."
        raise field_problem("email", "taken", sentence, code="member-exists")
    return member


async def _refuse_last_admin(tx: Connection, member: MemberRecord) -> None:
    """Raises `last-admin` for the only admin: nobody could undo the change."""
    if member.role == Role.ADMIN and await store.count(tx, member.workspace_id, Role.ADMIN) == 1:
        raise problem(
            "last-admin",
            "This is the last admin of the workspace: make somebody else an admin first.",
        )


async def _refuse_lockout(tx: Connection, context: RequestContext, before: MemberRecord) -> None:
    """Raises `last-admin` if the admins who are left have no token to sign in with."""
    if before.role == Role.ADMIN and not await admin_can_sign_in(tx, context, before.workspace_id):
        raise problem(
            "last-admin",
            "No other admin of the workspace has a token to sign in with: make one for them first.",
        )


async def admin_can_sign_in(tx: Connection, context: RequestContext, workspace_id: str) -> bool:
    """Returns true if an admin of the workspace has a live token, or runs this process."""
    in_memory = {each.account_id for each in context.runtime.tokens.values()}
    if await store.has_role(tx, in_memory, workspace_id, Role.ADMIN):
        return True
    return await store.can_sign_in(tx, workspace_id, Role.ADMIN, context.now())


async def _record(
    tx: Connection,
    context: RequestContext,
    action: str,
    member: MemberRecord,
    detail: Mapping[str, object],
) -> None:
    await audit.record(
        tx,
        context,
        action,
        workspace_id=member.workspace_id,
        target=member.account_id,
        target_name=member.email,
        detail=detail,
    )


async def _one_to_wire(tx: Connection, context: RequestContext, member: MemberRecord) -> Member:
    [shown] = await _to_wire(tx, context, [member])
    return shown


async def _to_wire(
    tx: Connection, context: RequestContext, members: Sequence[MemberRecord]
) -> list[Member]:
    """Returns members with what signs them in, as far as the caller may know of it."""
    principal = context.principal
    reach = Reach(
        sorted({each.workspace_id for each in members}),
        principal.account.id if principal.is_everywhere else None,
    )
    accounts = [each.account_id for each in members]
    found = await tokens.sign_ins(tx, accounts, reach, context.now())
    return [_with_sign_ins(each, found) for each in members]


def _with_sign_ins(member: MemberRecord, found: Mapping[tuple[str, str | None], SignIns]) -> Member:
    here = found.get((member.account_id, member.workspace_id), SignIns())
    everywhere = found.get((member.account_id, None), SignIns())
    return Member(
        account_id=member.account_id,
        workspace_id=member.workspace_id,
        email=member.email,
        name=member.email.partition("@")[0] if member.pending else member.name,
        role=Role(member.role),
        created_at=moment(member.created_at),
        pending=member.pending,
        tokens=here.active + everywhere.active,
        last_seen_at=optional_moment(max(here.last_used_at, everywhere.last_used_at)),
    )
