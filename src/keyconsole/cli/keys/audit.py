"""`keyconsole keys audit`: the living keys whose name or life somebody should look at."""

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from keyconsole.cli import resolve
from keyconsole.cli.keys import reading
from keyconsole.cli.lists import Column, Listing, write_list
from keyconsole.cli.options import ServiceOptions, list_options, service_options
from keyconsole.cli.output_file import Takeaway, output_options, write_file
from keyconsole.cli.session import Service, ask
from keyconsole.core.errors import UsageError
from keyconsole.text import labels
from keyconsole.text.export_files import FINDINGS

if TYPE_CHECKING:
    from keyconsole.client.pages import Fetch
    from keyconsole.wire import AuditedKey, Page

_MOMENT = timedelta(milliseconds=1)
"""Before the end of a day, so that the day itself is named."""


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
@output_options
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
    output: Takeaway | None,
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
        fetch = await _fetching(service, typed, integration, kind, reviewed=reviewed)
        if output is not None:
            await write_file(output, listing, fetch, FINDINGS)
        else:
            columns = _columns(reviewed=reviewed)
            await write_list(listing, fetch, columns, nothing="There is nothing to look at.")

    ask(options, conversation)


async def _fetching(
    service: Service,
    typed: str,
    integration: str | None,
    kind: str | None,
    *,
    reviewed: bool,
) -> "Fetch[AuditedKey]":
    from keyconsole.wire import LabelFinding

    client = service.client
    workspace = await service.workspace_id()
    if integration:
        typed = f"{typed} integration:{await resolve.integration_id(client, integration)}"
    asked = reading.parsed(typed)

    async def page(cursor: str | None, limit: int) -> "Page[AuditedKey]":
        return await client.label_audit.findings(
            asked,
            workspace=workspace,
            finding=LabelFinding(kind) if kind else None,
            reviewed=reviewed,
            cursor=cursor,
            limit=limit,
        )

    return page


def _reviews(row: "AuditedKey") -> str:
    """Which findings rest until when, who said so, and when."""
    return "; ".join(
        f"{each.finding} until {review.until - _MOMENT:%F} ({review.by}, {review.at:%F})"
        for each in row.findings
        if (review := each.review) is not None
    )


def _columns(*, reviewed: bool) -> list[Column["AuditedKey"]]:
    rest: list[Column[AuditedKey]] = [Column("RESTS", lambda row: _reviews(row))]
    return [
        Column("PUBLIC KEY", lambda row: row.key.public_key),
        Column("LABEL", lambda row: row.key.label),
        Column("FOUND", lambda row: " ".join(each.finding for each in row.findings)),
        *(rest if reviewed else ()),
        Column("INTEGRATION", lambda row: row.key.integration_name, may_go=True),
        Column("BY", lambda row: row.key.created_by, may_go=True),
    ]
