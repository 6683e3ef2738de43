"""`keyconsole keys audit`: the living keys whose name or life somebody should look at."""

from typing import TYPE_CHECKING

import click

from keyconsole.cli import resolve
from keyconsole.cli.keys import reading
from keyconsole.cli.lists import Form, Listing, fetching, write_document, write_list
from keyconsole.cli.options import ServiceOptions, list_options, service_options
from keyconsole.cli.session import Service, ask
from keyconsole.cli.table import write_rows
from keyconsole.core.errors import UsageError
from keyconsole.text import labels
from keyconsole.text.export_files import FINDINGS

if TYPE_CHECKING:
    from keyconsole.wire import FindingCounts


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
@click.option("--count", is_flag=True, help="Only how many keys have each kind.")
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
    count: bool,
    reviewed: bool,
) -> None:
    """Living keys with an unclear or look-alike name, unused, old, unconfirmed, ownerless.

    QUERY is what / takes in the console: only the keys that it asks for.
    """
    if len(kinds) > 1:
        raise UsageError("One --finding at a time, or none for every kind.")
    if count and (kinds or listing.output):
        raise UsageError("--count counts every kind, and goes with no --finding and no --output.")
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
        if count:
            found = await client.label_audit.count(
                reading.parsed(asked), workspace=workspace, reviewed=reviewed
            )
            _write_counts(found, listing.form)
            return
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


def _write_counts(found: "FindingCounts", form: Form) -> None:
    if form is not Form.TABLE:
        write_document(found)
        return
    kinds = [(labels.WORDS[kind], f"{keys}") for kind, keys in found.by_finding.items() if keys]
    write_rows([("FINDING", "KEYS"), *kinds, ("any", f"{found.keys}")])
    if not found.is_complete:
        click.echo("There are more keys than are counted, so these are at least.", err=True)
