"""`keyconsole tokens list`: look, and change nothing."""

import click

from keyconsole.cli.lists import Listing, fetching, write_list
from keyconsole.cli.members import find, workspace_option
from keyconsole.cli.options import list_options
from keyconsole.cli.session import Service, with_service
from keyconsole.text import export_files

_STATUS = click.Choice(["active", "expired", "revoked"])


@click.command("list")
@click.option("--member", metavar="MEMBER", help="Only theirs, by address or account.")
@click.option("--status", type=_STATUS, help="Only in this state.")
@workspace_option
@list_options()
@with_service
async def list_tokens(
    service: Service,
    *,
    listing: Listing,
    member: str | None,
    status: str | None,
    workspace: str | None,
) -> None:
    """The operator tokens, newest first. Their values are nowhere."""
    from keyconsole.wire import TokenStatus

    fetch = fetching(
        service.client.tokens.page,
        workspace=await service.workspace_id(workspace),
        account=(await find(service, member, workspace)).account_id if member else None,
        status=TokenStatus(status) if status else None,
    )
    nothing = "No token matches." if member or status else "There is no token."
    await write_list(listing, fetch, export_files.TOKENS, nothing=nothing, what="token")
