"""`keyconsole members`: who may do what in a workspace. For admins."""

import shlex
from typing import TYPE_CHECKING

import click

from keyconsole.cli import prompts, retrying
from keyconsole.cli.group import CommandsFirst
from keyconsole.cli.lists import Listing, exactly, write_item, write_list
from keyconsole.cli.options import ServiceOptions, json_option, list_options, service_options
from keyconsole.cli.session import Service, ask
from keyconsole.client.pages import PAGE
from keyconsole.core.errors import KeyconsoleError, NotFoundError, problem
from keyconsole.core.safetext import show
from keyconsole.text import columns

if TYPE_CHECKING:
    from keyconsole.wire import Member, Page

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
@service_options()
def list_members(*, options: ServiceOptions, listing: Listing, workspace: str | None) -> None:
    """The members by address."""

    async def conversation(service: Service) -> None:
        where = workspace or await service.workspace_id()

        async def page(cursor: str | None, limit: int) -> "Page[Member]":
            return await service.client.members.page(workspace=where, cursor=cursor, limit=limit)

        await write_list(listing, page, columns.MEMBERS, nothing="There is no member.")

    ask(options, conversation)


@members.command()
@click.argument("email")
@click.option("--role", type=_ROLE, required=True, help="What they may do.")
@workspace_option
@json_option
@service_options()
def add(
    *, options: ServiceOptions, email: str, role: str, workspace: str | None, as_json: bool
) -> None:
    """Add the account EMAIL to the workspace, or invite it.

    No mail is sent. They sign in with a token that tokens create makes for them. Whoever is a
    member of another workspace is invited, and pending until they accept. Doing it twice adds or
    invites them once.
    """

    async def conversation(service: Service) -> "Member":
        from keyconsole.wire import MemberCreate, Role

        where = workspace or await service.workspace_id()
        request = MemberCreate(email=email, role=Role(role), workspace_id=where)
        return await retrying.send(lambda: service.client.members.add(request))

    added = ask(options, conversation)
    _write(added, as_json=as_json)
    if added.pending:
        prompts.tell(
            "Invited: they accept with keyconsole invitations accept, and may do nothing here "
            "before. To withdraw it: keyconsole members remove"
        )
    else:
        prompts.tell(f"A token for them: keyconsole tokens create {shlex.quote(added.email)}")


@members.command()
@click.argument("member")
@click.argument("role", type=_ROLE)
@workspace_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@service_options()
def role(
    *,
    options: ServiceOptions,
    member: str,
    role: str,
    workspace: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Give a MEMBER, by address or account, another ROLE.

    It holds from their very next request on. The last admin stays one. To step down yourself
    asks first.
    """

    async def conversation(service: Service) -> "Member":
        from keyconsole.wire import Role

        service.require_writing()
        found = await find(service, member, workspace)
        if found.role == "admin" and role != "admin" and await _is_me(service, found):
            prompts.require_yes(yes=yes, what="To step down")
            if not yes and not prompts.ask_yes("That is you. Stop being an admin?"):
                raise KeyconsoleError("Nothing was changed.")
        return await retrying.send(
            lambda: service.client.members.change_role(
                found.account_id, Role(role), workspace=found.workspace_id
            )
        )

    _write(ask(options, conversation), as_json=as_json)


@members.command()
@click.argument("member")
@workspace_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@service_options()
def remove(
    *, options: ServiceOptions, member: str, workspace: str | None, yes: bool, as_json: bool
) -> None:
    """Remove a MEMBER, by address or account, and revoke their tokens for this workspace.

    It holds from their very next request on; what they did stays in the audit log. The
    invitation of a pending one is withdrawn. The last admin cannot be removed.
    """
    prompts.require_yes(yes=yes, what="Removing a member")

    async def conversation(service: Service) -> "Member":
        service.require_writing()
        found = await find(service, member, workspace)
        if not yes:
            me = " That is you." if await _is_me(service, found) else ""
            state = "invited as " if found.pending else ""
            since = exactly(found.created_at)
            prompts.tell(f"{found.email}, {state}{found.role} since {since}.{me}")
            question = (
                "Withdraw the invitation?" if found.pending else "Remove them from the workspace?"
            )
            if not prompts.ask_yes(question):
                raise KeyconsoleError("Nothing was changed.")
        await _remove(service, found)
        return found

    removed = ask(options, conversation)
    _write(removed, as_json=as_json)
    if removed.pending:
        prompts.tell("Withdrawn: the invitation cannot be accepted any more.")
    else:
        prompts.tell("Removed: their tokens sign them in to this workspace no more.")


async def find(service: Service, argument: str, workspace: str | None) -> "Member":
    """The member of this address or account. Raises `NotFoundError` or `ConflictError`."""
    where, cursor = workspace or await service.workspace_id(), None
    found: list[Member] = []
    while True:
        page = await service.client.members.page(workspace=where, cursor=cursor, limit=PAGE)
        found += [each for each in page.items if argument in (each.email, each.account_id)]
        cursor = page.next_cursor
        if cursor is None:
            break
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


async def _remove(service: Service, member: "Member") -> None:
    """Remove them; whom a lost request removed already, the next one does not find."""
    times = 0

    async def request() -> None:
        nonlocal times
        times += 1
        try:
            await service.client.members.remove(member.account_id, workspace=member.workspace_id)
        except NotFoundError:
            if times == 1:
                raise

    await retrying.send(request)


def _write(item: "Member", *, as_json: bool) -> None:
    rows = [
        ("Email", item.email),
        ("Role", columns.role_word(item)),
        ("Since", exactly(item.created_at)),
        ("Account", item.account_id),
        ("Workspace", item.workspace_id),
    ]
    write_item(item, rows, as_json=as_json)
