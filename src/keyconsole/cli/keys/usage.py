"""`keyconsole keys usage`: how much a key is used, from where, and with what."""

from datetime import UTC, datetime

import click

from keyconsole.cli import resolve
from keyconsole.cli.lists import Form, Listing, when, write_csv, write_item, write_items
from keyconsole.cli.options import form_options
from keyconsole.cli.session import Service, with_service
from keyconsole.core.usestate import WORDS
from keyconsole.text import columns, export_files
from keyconsole.text.usage import state_of


@click.command()
@click.argument("key")
@form_options("--json", "--csv", "--plain")
@with_service
async def usage(service: Service, *, key: str, form: Form) -> None:
    """Who uses a KEY: how often, from where, with what, and since when.

    With --json the hours of the last 30 days too, each with what was refused and why; with --csv
    only from where and with what.
    """
    named = await resolve.key(service.client, key)
    found = await service.client.usage(named.public_key)
    if form is Form.CSV:
        write_csv(found.sources, export_files.SOURCES)
        return
    rows = [
        ("Public key", found.public_key),
        ("Last used", when(found.last_used_at)),
        ("In use", WORDS[state_of(found, datetime.now(UTC))]),
        ("Last minute", f"{found.last_minute:,}"),
        ("Last hour", f"{found.last_hour:,}"),
        ("Last day", f"{found.last_day:,}"),
    ]
    write_item(found, rows, as_json=form is Form.JSON)
    if found.sources and form is not Form.JSON:
        click.echo()
        write_items(Listing(form), found.sources, columns.sources_of(named.allowed_ips))
