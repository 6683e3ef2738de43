"""`keyconsole keys review`: a finding of the label audit that somebody has looked at."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from keyconsole.cli import prompts, resolve, retrying
from keyconsole.cli.lists import exactly, fetching, items_of, write_document
from keyconsole.cli.options import json_option, reads
from keyconsole.cli.session import Service, with_service
from keyconsole.cli.table import write_rows
from keyconsole.core import durations
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.text.labels import WORDS

if TYPE_CHECKING:
    from keyconsole.wire import Key, LabelFinding, Review

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
    "--until",
    metavar="WHEN",
    default="90d",
    callback=reads(durations.ahead),
    help="90d, or 2027-01-31. Default: 90 days.",
)
@json_option
@with_service
async def review(
    service: Service, *, key: str, kinds: tuple[str, ...], until: datetime, as_json: bool
) -> None:
    """Say that a KEY is all right as it is: its findings rest until then, for everybody."""
    service.require_writing()
    found = await resolve.key(service.client, key)
    reviews = await _review(service, found, kinds, until)
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
    """Returns what is found about a key now, and does not rest."""
    fetch = fetching(service.client.label_audit.findings, query=KeyQuery(label=key.label))
    async for row in items_of(fetch):
        if row.key.public_key == key.public_key:
            return [each.finding for each in row.findings if each.review is None]
    return []
