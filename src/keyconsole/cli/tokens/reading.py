"""`keyconsole tokens list`: look, and change nothing."""

from typing import TYPE_CHECKING

import click

from keyconsole.cli.lists import Listing, write_list
from keyconsole.cli.members import find, workspace_option
from keyconsole.cli.options import ServiceOptions, list_options, service_options
from keyconsole.cli.session import Service, ask
from keyconsole.text import columns

if TYPE_CHECKING:
    from keyconsole.wire import Page, Token

_STATUS = click.Choice(["active", "expired", "revoked"])


@click.command("list")
@click.option("--member", metavar="MEMBER", help="Only theirs, by address or account.")
@click.option("--status", type=_STATUS, help="Only in this state.")
@workspace_option
@list_options()
@service_options()
def list_tokens(
    *,
    options: ServiceOptions,
    listing: Listing,
    member: str | None,
    status: str | None,
    workspace: str | None,
) -> None:
    """The operator tokens, newest first. Their values are nowhere."""

    async def conversation(service: Service) -> None:
        from keyconsole.wire import TokenStatus

        where = workspace or await service.workspace_id()
        account = (await find(service, member, workspace)).account_id if member else None

        async def page(cursor: str | None, limit: int) -> "Page[Token]":
            return await service.client.tokens.page(
                workspace=where,
                account=account,
                status=TokenStatus(status) if status else None,
                cursor=cursor,
                limit=limit,
            )

        nothing = "No token matches." if member or status else "There is no token."
        await write_list(listing, page, columns.TOKENS, nothing=nothing)

    ask(options, conversation)
