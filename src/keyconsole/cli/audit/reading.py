"""`keyconsole audit list`: the newest first."""

from typing import TYPE_CHECKING

import click

from keyconsole.cli.audit.which import Which, which_events
from keyconsole.cli.lists import Column, Listing, when, write_list
from keyconsole.cli.options import ServiceOptions, list_options, service_options
from keyconsole.cli.talking import Service, ask

if TYPE_CHECKING:
    from keyconsole.wire import AuditEvent


@click.command("list")
@which_events
@list_options(limit=100)
@service_options()
def list_events(*, options: ServiceOptions, listing: Listing, which: Which) -> None:
    """The events, the newest first."""

    async def conversation(service: Service) -> None:
        nothing = "There is no event." if which.is_any else "No event matches."
        await write_list(listing, await which.pages(service), _columns(), nothing=nothing)

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
