"""`keyconsole invitations`: the workspaces that you are asked to join."""

import shlex
from typing import TYPE_CHECKING

import click

from keyconsole.cli import retrying
from keyconsole.cli.group import CommandsFirst
from keyconsole.cli.lists import Listing, write_document, write_item, write_list
from keyconsole.cli.options import ServiceOptions, json_option, list_options, service_options
from keyconsole.cli.prompts import tell
from keyconsole.cli.session import Service, ask
from keyconsole.client.pages import PAGE
from keyconsole.core.errors import NotFoundError, problem
from keyconsole.core.safetext import show
from keyconsole.text import columns

if TYPE_CHECKING:
    from keyconsole.wire import Invitation, Membership, Page


@click.group(cls=CommandsFirst, options_metavar="", subcommand_metavar="COMMAND")
def invitations() -> None:
    """The workspaces that you are asked to join; nobody else can answer for you.

    An invitation changes nothing until you accept it.
    """


@invitations.command("list")
@list_options()
@service_options()
def list_invitations(*, options: ServiceOptions, listing: Listing) -> None:
    """The open invitations, newest first."""

    async def conversation(service: Service) -> None:
        async def page(cursor: str | None, limit: int) -> "Page[Invitation]":
            return await service.client.invitations.page(cursor=cursor, limit=limit)

        await write_list(listing, page, columns.INVITATIONS, nothing="There is no invitation.")

    ask(options, conversation)


@invitations.command()
@click.argument("invitation")
@json_option
@service_options()
def accept(*, options: ServiceOptions, invitation: str, as_json: bool) -> None:
    """Join the workspace of an INVITATION, by its id inv_… or the workspace's name.

    The token that you are signed in with stays in its workspace: another one signs in there.
    """

    async def conversation(service: Service) -> "Membership":
        service.require_writing()
        found = await _id_of(service, invitation)
        return await retrying.send(lambda: service.client.invitations.accept(found))

    joined = ask(options, conversation)
    rows = [
        ("Workspace", joined.workspace),
        ("Id", joined.workspace_id),
        ("Role", joined.role),
        ("May", ", ".join(joined.permissions)),
    ]
    write_item(joined, rows, as_json=as_json)
    command = f"keyconsole tokens create --workspace {shlex.quote(joined.workspace_id)}"
    tell(f"A token for it: {command}\nWhere that is not permitted, its admin makes one for you.")


@invitations.command()
@click.argument("invitation")
@json_option
@service_options()
def decline(*, options: ServiceOptions, invitation: str, as_json: bool) -> None:
    """Decline an INVITATION, by its id inv_… or the workspace's name. You can be invited again."""

    async def conversation(service: Service) -> "Invitation":
        service.require_writing()
        found = await _find(service, invitation)
        await _decline(service, found.id)
        return found

    declined = ask(options, conversation)
    if as_json:
        write_document({"id": declined.id, "workspace": declined.workspace, "declined": True})
    else:
        click.echo(declined.id)
    tell(f"Declined: you do not join {declined.workspace}.")


async def _id_of(service: Service, argument: str) -> str:
    """The id that an argument names; an accepted invitation is found by its id alone."""
    if argument.startswith("inv_"):
        return argument
    return (await _find(service, argument)).id


async def _find(service: Service, argument: str) -> "Invitation":
    """The open invitation of this id or workspace; raises `NotFoundError`."""
    cursor = None
    while True:
        page = await service.client.invitations.page(cursor=cursor, limit=PAGE)
        for each in page.items:
            if argument in (each.id, each.workspace_id, each.workspace):
                return each
        cursor = page.next_cursor
        if cursor is None:
            raise problem("not-found", f"There is no invitation {show(argument)[:100]}.")


async def _decline(service: Service, invitation_id: str) -> None:
    """Decline it; one that a lost request declined already is not found by the next."""
    times = 0

    async def request() -> None:
        nonlocal times
        times += 1
        try:
            await service.client.invitations.decline(invitation_id)
        except NotFoundError:
            if times == 1:
                raise

    await retrying.send(request)
