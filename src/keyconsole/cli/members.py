"""`keyconsole members`: who may do what in a workspace. For admins."""

import shlex
from typing import TYPE_CHECKING

import click

from keyconsole.cli import prompts, retrying
from keyconsole.cli.group import CommandsFirst
from keyconsole.cli.lists import Listing, exactly, fetching, items_of, write_item, write_list
from keyconsole.cli.options import json_option, list_options, yes_option
from keyconsole.cli.session import Service, shows, with_service
from keyconsole.core.errors import problem
from keyconsole.core.safetext import show
from keyconsole.text import columns, export_files

if TYPE_CHECKING:
    from keyconsole.wire import Member

_ROLE = click.Choice(["viewer", "operator", "responder", "admin", "gateway"])

workspace_option = click.option(
    "--workspace", metavar="ID", help="Where, for admins of several workspaces."
)


@click.group(cls=CommandsFirst, options_metavar="", subcommand_metavar="COMMAND")
def members() -> None:
    """Who may do what in a workspace; for its admins.

    A viewer reads, a responder may revoke and disable too, an operator creates and changes as
    well, an admin does everything. A gateway may only ask whether keys are valid.
    """


@members.command("list")
@workspace_option
@list_options()
@with_service
async def list_members(service: Service, *, listing: Listing, workspace: str | None) -> None:
    """The members by address."""
    where = await service.workspace_id(workspace)
    fetch = fetching(service.client.members.page, workspace=where)
    await write_list(
        listing, fetch, export_files.MEMBERS, nothing="There is no member.", what="member"
    )


@members.command()
@click.argument("email")
@click.option("--role", type=_ROLE, required=True, help="What they may do.")
@workspace_option
@json_option
@with_service
async def add(
    service: Service, *, email: str, role: str, workspace: str | None, as_json: bool
) -> None:
    """Add the account EMAIL to the workspace, or invite it.

    No mail is sent. They sign in with a token that tokens create makes for them. Whoever is a
    member of another workspace is invited, and pending until they accept. Doing it twice adds or
    invites them once.
    """
    from keyconsole.wire import MemberCreate, Role

    where = await service.workspace_id(workspace)
    request = MemberCreate(email=email, role=Role(role), workspace_id=where)
    added = await retrying.send(lambda: service.client.members.add(request))
    write_item(added, _rows(added), as_json=as_json)
    if added.pending:
        prompts.tell(
            "Invited: they accept with keyconsole invitations accept, and may do nothing here "
            "before. To withdraw it: keyconsole members remove"
        )
    else:
        prompts.tell(f"A token for them: keyconsole tokens create {shlex.quote(added.email)}")


def _rows(item: "Member") -> list[tuple[str, str]]:
    return [
        ("Email", item.email),
        ("Role", columns.role_word(item)),
        ("Since", exactly(item.created_at)),
        ("Account", item.account_id),
        ("Workspace", item.workspace_id),
    ]


@members.command()
@click.argument("member")
@click.argument("role", type=_ROLE)
@workspace_option
@yes_option()
@shows(_rows)
async def role(
    service: Service, *, member: str, role: str, workspace: str | None, yes: bool
) -> "Member":
    """Give a MEMBER, by address or account, another ROLE.

    It holds from their very next request on. The last admin stays one. To step down yourself
    asks first.
    """
    from keyconsole.wire import Role

    service.require_writing()
    found = await find(service, member, workspace)
    if found.role == "admin" and role != "admin" and await _is_me(service, found):
        prompts.require_yes(yes=yes, what="To step down")
        if not yes:
            prompts.require("That is you. Stop being an admin?")
    return await retrying.send(
        lambda: service.client.members.change_role(
            found.account_id, Role(role), workspace=found.workspace_id
        )
    )


@members.command()
@click.argument("member")
@workspace_option
@yes_option("Removing a member")
@json_option
@with_service
async def remove(
    service: Service, *, member: str, workspace: str | None, yes: bool, as_json: bool
) -> None:
    """Remove a MEMBER, by address or account, and revoke their tokens for this workspace.

    It holds from their very next request on; what they did stays in the audit log. The
    invitation of a pending one is withdrawn. The last admin cannot be removed.
    """
    service.require_writing()
    found = await find(service, member, workspace)
    if not yes:
        me = " That is you." if await _is_me(service, found) else ""
        state = "invited as " if found.pending else ""
        prompts.tell(f"{found.email}, {state}{found.role} since {exactly(found.created_at)}.{me}")
        prompts.require(
            "Withdraw the invitation?" if found.pending else "Remove them from the workspace?"
        )
    await retrying.remove(
        lambda: service.client.members.remove(found.account_id, workspace=found.workspace_id)
    )
    write_item(found, _rows(found), as_json=as_json)
    if found.pending:
        prompts.tell("Withdrawn: the invitation cannot be accepted any more.")
    else:
        prompts.tell("Removed: their tokens sign them in to this workspace no more.")


async def find(service: Service, argument: str, workspace: str | None) -> "Member":
    """Returns the member of this address or account. Raises `ProblemError` for none or several."""
    where = await service.workspace_id(workspace)
    fetch = fetching(service.client.members.page, workspace=where)
    found = [each async for each in items_of(fetch) if argument in (each.email, each.account_id)]
    if not found:
        raise problem("not-found", f"There is no member {show(argument)[:100]}.")
    if len(found) > 1:
        raise problem(
            "name-taken",
            "They are a member of several of your workspaces; say which one with --workspace: "
            + ", ".join(each.workspace_id for each in found),
        )
    return found[0]


async def _is_me(service: Service, member: "Member") -> bool:
    return (await service.client.me()).account_id == member.account_id
