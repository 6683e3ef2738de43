"""`keyconsole keys refusals`: who still presents keys that are refused."""

from typing import TYPE_CHECKING

import click

from keyconsole.cli import finding, spans
from keyconsole.cli.lists import Column, Listing, when, write_list
from keyconsole.cli.options import ServiceOptions, list_options, service_options
from keyconsole.cli.talking import Service, ask

if TYPE_CHECKING:
    from keyconsole.wire import Page, Refusal


@click.command()
@click.option("--since", metavar="WHEN", help="Only since then: 2h, 7d, or 2027-01-31T06:00Z.")
@click.option("--key", metavar="KEY", help="Only of this one, by public key or label.")
@click.option("--integration", metavar="INTEGRATION", help="Only of this one, by id or name.")
@list_options()
@service_options()
def refusals(
    *,
    options: ServiceOptions,
    listing: Listing,
    since: str | None,
    key: str | None,
    integration: str | None,
) -> None:
    """Who presents keys that are refused: from where, with what, how often, since when.

    The reason credential-invalid means a forged or mistyped value: the name of a key, and not
    its secret.
    """
    moment = spans.ago(since, "--since")

    async def conversation(service: Service) -> None:
        client = service.client
        workspace = await service.workspace_id()
        only = await finding.integration_id(client, integration) if integration else None
        named = (await finding.key(client, key)).public_key if key else None

        async def page(cursor: str | None, limit: int) -> "Page[Refusal]":
            return await client.refusals(
                since=moment,
                integration=only,
                key=named,
                workspace=workspace,
                cursor=cursor,
                limit=limit,
            )

        await write_list(listing, page, _columns(), nothing="Nobody presents a refused key.")

    ask(options, conversation)


def _columns() -> list[Column["Refusal"]]:
    return [
        Column("PUBLIC KEY", lambda row: row.public_key),
        Column("LABEL", lambda row: row.label),
        Column("REASON", lambda row: row.reason),
        Column("FROM", lambda row: row.address),
        Column("WITH", lambda row: row.agent, may_go=True),
        Column("TIMES", lambda row: str(row.count)),
        Column("LAST", lambda row: when(row.last_at)),
        Column("SINCE", lambda row: when(row.first_at), may_go=True),
    ]
