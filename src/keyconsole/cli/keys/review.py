"""`keyconsole keys review`: a finding of the label audit that somebody has looked at."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

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
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
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
    service: Service,
    *,
    keys: tuple[str, ...],
    kinds: tuple[str, ...],
    until: datetime,
    as_json: bool,
) -> None:
    """Say that each KEY is all right as it is: its findings rest until then, for everybody."""
    service.require_writing()
    found = [await resolve.key(service.client, key) for key in keys]
    reviewed = [(key, await _review(service, key, kinds, until)) for key in found]
    if as_json:
        items = [_document(key, reviews) for key, reviews in reviewed]
        write_document(items[0] if len(items) == 1 else {"items": items})
        return
    for key, reviews in reviewed:
        if not reviews:
            prompts.tell(f"Nothing was found about {key.label}.")
    rows = [
        (key.label, name, exactly(each.until), each.by)
        for key, reviews in reviewed
        for name, each in reviews.items()
    ]
    if rows:
        write_rows([("KEY", "FINDING", "RESTS UNTIL", "BY"), *rows])


def _document(key: "Key", reviews: Reviews) -> dict[str, Any]:
    rest = {name: each.model_dump(mode="json") for name, each in reviews.items()}
    return {"public_key": key.public_key, "label": key.label, "reviews": rest}


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
