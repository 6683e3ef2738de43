"""`keyconsole audit list`: the newest first, or as they happen."""

import click

from keyconsole.cli.audit.which import Which, which_events
from keyconsole.cli.following import follow, follow_option
from keyconsole.cli.lists import Listing, write_list
from keyconsole.cli.options import list_options
from keyconsole.cli.session import Service, with_service
from keyconsole.text import columns


@click.command("list")
@which_events
@follow_option
@list_options(limit=100)
@with_service
async def list_events(service: Service, *, listing: Listing, which: Which, following: bool) -> None:
    """The events, the newest first.

    QUERY is what / takes in the console, such as: by:ops what:revoked since:7d on:kcp_…
    """
    if following:
        await follow(listing, await which.newer(service), columns.EVENTS)
    nothing = "There is no event." if which.is_any else "No event matches."
    await write_list(listing, await which.pages(service), columns.EVENTS, nothing=nothing)
