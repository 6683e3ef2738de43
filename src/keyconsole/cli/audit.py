"""`keyconsole audit`: who did what, the newest first."""

from typing import TYPE_CHECKING

import click

from keyconsole.cli import finding
from keyconsole.cli.group import CommandsFirst
from keyconsole.cli.lists import Column, Listing, when, write_list
from keyconsole.cli.options import ServiceOptions, list_options, service_options
from keyconsole.cli.talking import Service, ask

if TYPE_CHECKING:
    from keyconsole.wire import AuditEvent, Page


@click.group(cls=CommandsFirst, options_metavar="", subcommand_metavar="COMMAND")
def audit() -> None:
    """Who did what, and when."""


@audit.command("list")
@click.option("--integration", metavar="INTEGRATION", help="Only about this one, by id or name.")
@click.option("--key", metavar="KEY", help="Only about this key.")
@list_options(limit=100)
@service_options()
def list_events(
    *, options: ServiceOptions, listing: Listing, integration: str | None, key: str | None
) -> None:
    """The events, the newest first."""

    async def conversation(service: Service) -> None:
        client = service.client
        workspace = await service.workspace_id()
        only = await finding.integration_id(client, integration) if integration else None
        target = (await finding.key(client, key)).public_key if key else None

        async def page(cursor: str | None, limit: int) -> "Page[AuditEvent]":
            return await client.audit(
                integration=only, target=target, workspace=workspace, cursor=cursor, limit=limit
            )

        nothing = "No event matches." if integration or key else "There is no event."
        await write_list(listing, page, _columns(), nothing=nothing)

    ask(options, conversation)


def _columns() -> list[Column["AuditEvent"]]:
    return [
        Column("EVENT", lambda event: str(event.sequence)),
        Column("AT", lambda event: when(event.at)),
        Column("ACTION", lambda event: event.action),
        Column("BY", lambda event: event.actor),
        Column("TARGET", lambda event: event.target),
        Column("NAME", lambda event: event.target_name, may_go=True),
        Column("REQUEST", lambda event: event.request_id, may_go=True),
    ]
