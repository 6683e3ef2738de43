"""`keyconsole keys review`: a finding of the label audit that somebody has looked at."""

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from keyconsole.cli import prompts, resolve, retrying
from keyconsole.cli.lists import exactly, write_document
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.session import Service, ask
from keyconsole.cli.table import write_rows
from keyconsole.client.pages import pages
from keyconsole.core import durations
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.text.labels import WORDS

if TYPE_CHECKING:
    from keyconsole.wire import AuditedKey, Key, LabelFinding, Page, Review

Reviews = dict["LabelFinding", "Review"]


@click.command()
@click.argument("key")
@click.option(
    "--finding",
    "kinds",
    type=click.Choice(list(WORDS)),
    multiple=True,
    help="Only this one; again for another. Default: all that there are.",
)
@click.option(
    "--until", metavar="WHEN", default="90d", help="90d, or 2027-01-31. Default: 90 days."
)
@json_option
@service_options()
def review(
    *, options: ServiceOptions, key: str, kinds: tuple[str, ...], until: str, as_json: bool
) -> None:
    """Say that a KEY is all right as it is: its findings rest until then, for everybody."""
    moment = durations.ahead(until, datetime.now(UTC), "--until")

    async def conversation(service: Service) -> tuple["Key", Reviews]:
        service.require_writing()
        found = await resolve.key(service.client, key)
        return found, await _review(service, found, kinds, moment)

    found, reviews = ask(options, conversation)
    if as_json:
        rest = {name: each.model_dump(mode="json") for name, each in reviews.items()}
        write_document({"public_key": found.public_key, "label": found.label, "reviews": rest})
    elif reviews:
        rows = [(name, exactly(each.until), each.by) for name, each in reviews.items()]
        write_rows([("FINDING", "RESTS UNTIL", "BY"), *rows])
    else:
        prompts.tell(f"Nothing was found about {found.label}.")


async def _review(service: Service, key: "Key", kinds: tuple[str, ...], until: datetime) -> Reviews:
    from keyconsole.wire import LabelFinding, ReviewRequest

    wanted = [LabelFinding(kind) for kind in kinds] or await _findings(service, key)
    client = service.client.label_audit
    reviews: Reviews = {}
    for each in wanted:
        request = ReviewRequest(finding=each, until=until)
        reviews[each] = await retrying.send(partial(client.review, key.public_key, request))
    return reviews


async def _findings(service: Service, key: "Key") -> list["LabelFinding"]:
    """What is found about a key now, and does not rest."""

    async def page(cursor: str | None, limit: int) -> "Page[AuditedKey]":
        return await service.client.label_audit.findings(
            KeyQuery(label=key.label), cursor=cursor, limit=limit
        )

    async for part in pages(page):
        for row in part.items:
            if row.key.public_key == key.public_key:
                return [each.finding for each in row.findings if each.review is None]
    return []
