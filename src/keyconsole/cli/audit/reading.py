"""`keyconsole audit list`: the newest first, or as they happen."""

from typing import TYPE_CHECKING

import click

from keyconsole.cli.audit.which import Which, which_events
from keyconsole.cli.following import follow, follow_option
from keyconsole.cli.lists import Column, Listing, exactly, when, write_list
from keyconsole.cli.options import ServiceOptions, list_options, service_options
from keyconsole.cli.session import Service, ask

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from keyconsole.wire import AuditEvent


@click.command("list")
@which_events
@follow_option
@list_options(limit=100)
@service_options()
def list_events(
    *, options: ServiceOptions, listing: Listing, which: Which, following: bool
) -> None:
    """The events, the newest first.

    QUERY is what / takes in the console, such as: by:ops what:revoked since:7d on:kcp_…
    """

    async def conversation(service: Service) -> None:
        if following:
            await follow(listing, await which.newer(service), _columns(exactly))
        nothing = "There is no event." if which.is_any else "No event matches."
        await write_list(listing, await which.pages(service), _columns(when), nothing=nothing)

    ask(options, conversation)


def _columns(at: "Callable[[datetime], str]") -> list[Column["AuditEvent"]]:
    return [
        Column("EVENT", lambda event: str(event.sequence)),
        Column("AT", lambda event: at(event.at)),
        Column("ACTION", lambda event: "damaged" if event.damaged else event.action),
        Column("BY", lambda event: event.actor),
        Column("TARGET", lambda event: event.target),
        Column("NAME", lambda event: event.target_name, may_go=True),
        Column("REQUEST", lambda event: event.request_id, may_go=True),
    ]
