"""Workspaces and the first account of each."""

from dataclasses import dataclass, field

from keyconsole.core import safetext
from keyconsole.core.errors import problem
from keyconsole.service.ids import new_id
from keyconsole.service.rules import audit
from keyconsole.service.rules.context import RequestContext
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.rules.principals import make_token
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import accounts, members
from keyconsole.service.store.engine import Connection
from keyconsole.wire import Role


@dataclass(frozen=True, slots=True)
class Founded:
    """A new workspace, its admin, and the admin's operator token, which is shown once."""

    workspace_id: str
    account_id: str
    operator_token: str = field(repr=False)


async def found_workspace(
    runtime: Runtime, workspace: str, email: str, *, new_token: bool = False
) -> Founded:
    """Creates a workspace with an admin and a token for them.

    If it exists and this is the account of an admin without a live token, they get a new one:
    so they come back who lost the last. `new_token` gives one to an admin who has others too.
    Raises `name-taken` otherwise, and changes nothing then.
    """
    name, email = _checked(workspace, email)
    async with runtime.store.write() as tx:
        workspace_id = await accounts.find_workspace_id(tx, safetext.skeleton(name))
        if workspace_id is None:
            workspace_id, account_id = await _found(tx, runtime, name, email)
            return (await _with_token(tx, runtime, workspace_id, account_id))[0]
        account_id = await _admin_without_token(
            tx, runtime, workspace_id, email, new_token=new_token
        )
        founded, pid = await _with_token(tx, runtime, workspace_id, account_id)
        await audit.record(
            tx,
            RequestContext.without_request(runtime, email),
            "token.created",
            workspace_id=workspace_id,
            target=f"tok_{pid}",
            target_name="",
            detail={"account": email, "by": "service init"},
        )
    return founded


async def _admin_without_token(
    tx: Connection, runtime: Runtime, workspace_id: str, email: str, *, new_token: bool
) -> str:
    """Returns the admin who may have a token of `service init`; raises `name-taken`."""
    account_id = await accounts.find_account_id(tx, email)
    if account_id is None or not await members.has_role(tx, [account_id], workspace_id, Role.ADMIN):
        raise problem(
            "name-taken", "There is a workspace of this name already; nothing was changed."
        )
    if not new_token and await members.can_sign_in(
        tx, workspace_id, Role.ADMIN, runtime.clock(), account_id
    ):
        raise problem(
            "name-taken",
            "There is a workspace of this name already, and this account has a token for it; "
            "nothing was changed. If the token is lost, --new-token makes another.",
        )
    return account_id


async def _with_token(
    tx: Connection, runtime: Runtime, workspace_id: str, account_id: str
) -> tuple[Founded, str]:
    """Returns a new token for an admin, and its pid."""
    token, pid, record = make_token(runtime.roots.newest, account_id, workspace_id)
    await accounts.add_token(tx, pid, record, runtime.clock())
    return Founded(workspace_id, account_id, token), pid


async def ensure_workspace(runtime: Runtime, workspace: str, email: str) -> str:
    """Returns the account of this address as a member of the workspace; creates what is missing."""
    name, email = _checked(workspace, email)
    async with runtime.store.write() as tx:
        workspace_id = await accounts.find_workspace_id(tx, safetext.skeleton(name))
        if workspace_id is None:
            return (await _found(tx, runtime, name, email))[1]
        account_id = await ensure_account(tx, runtime, email)
        account = await accounts.find_account(tx, account_id)
        if account is None or workspace_id not in {m.workspace_id for m in account.memberships}:
            await _join(tx, runtime, workspace_id, account_id, email)
        return account_id


def _checked(workspace: str, email: str) -> tuple[str, str]:
    errors = FieldErrors()
    name = errors.name("workspace", workspace, "A workspace name")
    address = errors.email("account", email)
    errors.raise_if_any()
    return name, address


async def _found(tx: Connection, runtime: Runtime, name: str, email: str) -> tuple[str, str]:
    workspace_id = new_id("ws")
    await accounts.add_workspace(tx, workspace_id, name, safetext.skeleton(name), runtime.clock())
    account_id = await ensure_account(tx, runtime, email)
    await audit.record(
        tx,
        RequestContext.without_request(runtime, email),
        "workspace.created",
        workspace_id=workspace_id,
        target=workspace_id,
        target_name=name,
    )
    await _join(tx, runtime, workspace_id, account_id, email)
    return workspace_id, account_id


async def ensure_account(tx: Connection, runtime: Runtime, email: str) -> str:
    """Returns the account of this address, created if it is missing."""
    known = await accounts.find_account_id(tx, email)
    if known is not None:
        return known
    account_id = new_id("acc")
    name = email.partition("@")[0]
    await accounts.add_account(tx, account_id, email, name, runtime.clock())
    return account_id


async def _join(
    tx: Connection, runtime: Runtime, workspace_id: str, account_id: str, email: str
) -> None:
    await members.remove(tx, account_id, workspace_id, pending=True)
    await accounts.add_membership(tx, account_id, workspace_id, Role.ADMIN, runtime.clock())
    await audit.record(
        tx,
        RequestContext.without_request(runtime, email),
        "member.added",
        workspace_id=workspace_id,
        target=account_id,
        target_name=email,
        detail={"role": Role.ADMIN},
    )
