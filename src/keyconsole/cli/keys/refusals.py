"""`keyconsole keys refusals`: who still presents keys that are refused."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from keyconsole.cli import resolve
from keyconsole.cli.following import ByMark, follow, follow_option, require_endless
from keyconsole.cli.lists import Listing, fetching, write_list
from keyconsole.cli.options import ServiceOptions, list_options, reads, service_options
from keyconsole.cli.session import Service, ask
from keyconsole.core import durations
from keyconsole.text import columns
from keyconsole.text.export_files import REFUSALS

if TYPE_CHECKING:
    from keyconsole.wire import Refusal

FOLLOWED_DAYS = 1


@click.command()
@click.option(
    "--since",
    metavar="WHEN",
    callback=reads(durations.ago),
    help="Only since then: 2h, 7d, or 2027-01-31T06:00Z.",
)
@click.option("--key", metavar="KEY", help="Only of this one, by public key or label.")
@click.option("--integration", metavar="INTEGRATION", help="Only of this one, by id or name.")
@follow_option
@list_options()
@service_options()
def refusals(
    *,
    options: ServiceOptions,
    listing: Listing,
    since: datetime | None,
    key: str | None,
    integration: str | None,
    following: bool,
) -> None:
    """Who presents keys that are refused: from where, with what, how often, since when.

    The reason credential-invalid means a forged or mistyped value: the name of a key, and not
    its secret.
    """
    if following:
        require_endless(listing)

    async def conversation(service: Service) -> None:
        client = service.client
        workspace = await service.workspace_id()
        only = await resolve.integration_id(client, integration) if integration else None
        named = (await resolve.key(client, key)).public_key if key else None
        moment = since
        if following and moment is None:
            # A followed list is read whole each time, so it begins a day ago.
            moment = (await client.me()).server_time - timedelta(days=FOLLOWED_DAYS)

        page = fetching(
            client.refusals, since=moment, integration=only, key=named, workspace=workspace
        )
        if following:
            await follow(listing, ByMark(page, mark), columns.REFUSALS)
        else:
            nothing = "Nobody presents a refused key."
            await write_list(listing, page, REFUSALS, nothing=nothing)

    ask(options, conversation)


def mark(row: "Refusal") -> tuple[object, ...]:
    """Returns a mark that changes as soon as somebody tries again.

    A source that others pushed out of the list is counted from one again.
    """
    return row.public_key, row.reason, row.address, row.agent, row.count, row.last_at
