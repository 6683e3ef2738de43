"""`keyconsole invitations`: the workspaces that you are asked to join."""

import shlex
from typing import TYPE_CHECKING

import click

from keyconsole.cli import retrying
from keyconsole.cli.group import CommandsFirst
from keyconsole.cli.lists import (
    Listing,
    fetching,
    items_of,
    write_document,
    write_item,
    write_list,
)
from keyconsole.cli.options import json_option, list_options
from keyconsole.cli.prompts import tell
from keyconsole.cli.session import Service, with_service
from keyconsole.core.errors import problem
from keyconsole.core.safetext import show
from keyconsole.text import export_files

if TYPE_CHECKING:
    from keyconsole.wire import Invitation


@click.group(cls=CommandsFirst, options_metavar="", subcommand_metavar="COMMAND")
def invitations() -> None:
    """The workspaces that you are asked to join; nobody else can answer for you.

    An invitation changes nothing until you accept it.
    """


@invitations.command("list")
@list_options()
@with_service
async def list_invitations(service: Service, *, listing: Listing) -> None:
    """The open invitations, newest first."""
    fetch = fetching(service.client.invitations.page)
    nothing = "There is no invitation."
    await write_list(listing, fetch, export_files.INVITATIONS, nothing=nothing, what="invitation")


@invitations.command()
@click.argument("invitation")
@json_option
@with_service
async def accept(service: Service, *, invitation: str, as_json: bool) -> None:
    """Join the workspace of an INVITATION, by its id inv_… or the workspace's name.

    The token that you are signed in with stays in its workspace: another one signs in there.
    """
    service.require_writing()
    # An accepted invitation is found by its id alone.
    is_id = invitation.startswith("inv_")
    found = invitation if is_id else (await _find(service, invitation)).id
    joined = await retrying.send(lambda: service.client.invitations.accept(found))
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
@with_service
async def decline(service: Service, *, invitation: str, as_json: bool) -> None:
    """Decline an INVITATION, by its id inv_… or the workspace's name. You can be invited again."""
    service.require_writing()
    declined = await _find(service, invitation)
    await retrying.remove(lambda: service.client.invitations.decline(declined.id))
    if as_json:
        write_document({"id": declined.id, "workspace": declined.workspace, "declined": True})
    else:
        click.echo(declined.id)
    tell(f"Declined: you do not join {declined.workspace}.")


async def _find(service: Service, argument: str) -> "Invitation":
    """Returns the open invitation of this id or workspace. Raises `NotFoundError`."""
    async for each in items_of(fetching(service.client.invitations.page)):
        if argument in (each.id, each.workspace_id, each.workspace):
            return each
    raise problem("not-found", f"There is no invitation {show(argument)[:100]}.")
