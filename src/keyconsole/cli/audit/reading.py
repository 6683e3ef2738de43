"""`keyconsole audit list`: the newest first, or as they happen."""

import click

from keyconsole.cli.audit.which import Which, which_events
from keyconsole.cli.following import follow, follow_option
from keyconsole.cli.lists import Form, Listing, write_list
from keyconsole.cli.options import list_options
from keyconsole.cli.session import Service, with_service
from keyconsole.text import columns, export_files


@click.command("list")
@which_events
@click.option("--each", is_flag=True, help="Each event of a bulk revoke, in a table too.")
@follow_option
@list_options(limit=100)
@with_service
async def list_events(
    service: Service, *, listing: Listing, which: Which, each: bool, following: bool
) -> None:
    """The events, the newest first; in a table each bulk revoke is one line.

    QUERY is what / takes in the console, such as: by:ops what:revoked since:7d gateway. The events
    of a bulk revoke are those of bulk:rev_…, and a text is looked for in the newest 5,000.
    """
    if following:
        each_alone = columns.without(columns.EVENTS, "together")
        await follow(listing, await which.newer(service), each_alone)
    nothing = "There is no event." if which.is_any else "No event matches."
    grouped = listing.form in (Form.TABLE, Form.PLAIN) and not (each or listing.output)
    hidden = [
        *([] if grouped else ["together"]),
        *(["integration_name"] if which.integration else []),
    ]
    await write_list(
        listing,
        await which.pages(service, grouped=grouped),
        export_files.EVENTS,
        without=hidden,
        nothing=nothing,
        what="event",
    )
