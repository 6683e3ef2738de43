"""`keyconsole keys audit`: the living keys whose name or life somebody should look at."""

import click

from keyconsole.cli import resolve
from keyconsole.cli.keys import reading
from keyconsole.cli.lists import Listing, fetching, write_list
from keyconsole.cli.options import ServiceOptions, list_options, service_options
from keyconsole.cli.session import Service, ask
from keyconsole.core.errors import UsageError
from keyconsole.text import labels
from keyconsole.text.export_files import FINDINGS


@click.command()
@click.argument("query", nargs=-1)
@click.option("--integration", metavar="INTEGRATION", help="Only of this one, by id or name.")
@click.option(
    "--finding",
    "kinds",
    type=click.Choice(list(labels.WORDS)),
    multiple=True,
    help="Only this kind.",
)
@click.option("--reviewed", is_flag=True, help="Those that rest after a review, too.")
@list_options()
@service_options()
def audit(
    *,
    options: ServiceOptions,
    listing: Listing,
    query: tuple[str, ...],
    integration: str | None,
    kinds: tuple[str, ...],
    reviewed: bool,
) -> None:
    """Living keys with an unclear or look-alike name, unused, old, unconfirmed, ownerless.

    QUERY is what / takes in the console: only the keys that it asks for.
    """
    if len(kinds) > 1:
        raise UsageError("One --finding at a time, or none for every kind.")
    kind = kinds[0] if kinds else None
    typed = " ".join(query)
    reading.parsed(typed)

    async def conversation(service: Service) -> None:
        from keyconsole.wire import LabelFinding

        client = service.client
        workspace = await service.workspace_id()
        asked = typed
        if integration:
            asked = f"{typed} integration:{await resolve.integration_id(client, integration)}"
        fetch = fetching(
            client.label_audit.findings,
            query=reading.parsed(asked),
            workspace=workspace,
            finding=LabelFinding(kind) if kind else None,
            reviewed=reviewed,
        )
        hidden, nothing = () if reviewed else ("rests",), "There is nothing to look at."
        await write_list(listing, fetch, FINDINGS, without=hidden, nothing=nothing, what="key")

    ask(options, conversation)
