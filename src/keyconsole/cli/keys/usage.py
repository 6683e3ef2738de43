"""`keyconsole keys usage`: how much a key is used, from where, and with what."""

from datetime import UTC, datetime

import click

from keyconsole.cli import resolve
from keyconsole.cli.lists import when, write_item, write_table
from keyconsole.cli.options import json_option
from keyconsole.cli.session import Service, with_service
from keyconsole.core.usestate import WORDS
from keyconsole.text import columns
from keyconsole.text.usage import state_of


@click.command()
@click.argument("key")
@json_option
@with_service
async def usage(service: Service, *, key: str, as_json: bool) -> None:
    """Who uses a KEY: how often, from where, with what, and since when.

    With --json the hours of the last 30 days too, each with what was refused and why.
    """
    found = await service.client.usage((await resolve.key(service.client, key)).public_key)
    rows = [
        ("Public key", found.public_key),
        ("Last used", when(found.last_used_at)),
        ("In use", WORDS[state_of(found, datetime.now(UTC))]),
        ("Last minute", f"{found.last_minute:,}"),
        ("Last hour", f"{found.last_hour:,}"),
        ("Last day", f"{found.last_day:,}"),
    ]
    write_item(found, rows, as_json=as_json)
    if found.sources and not as_json:
        click.echo()
        write_table(found.sources, columns.SOURCES)
