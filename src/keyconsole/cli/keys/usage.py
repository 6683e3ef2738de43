"""`keyconsole keys usage`: how much a key is used, from where, and with what."""

import click

from keyconsole.cli import resolve
from keyconsole.cli.lists import Form, Listing, when, write_csv, write_item, write_items
from keyconsole.cli.options import form_options
from keyconsole.cli.session import Service, with_service
from keyconsole.cli.use_over_time import (
    hours_of,
    series_of_key,
    series_options,
    total_rows,
    write_series,
)
from keyconsole.core.usestate import WORDS
from keyconsole.text import columns, export_files, times, use
from keyconsole.text.usage import state_of


@click.command()
@click.argument("key")
@series_options
@form_options("--json", "--csv", "--plain")
@with_service
async def usage(
    service: Service, *, key: str, hours: int | None, days: int | None, plot: bool, form: Form
) -> None:
    """Who uses a KEY: how often, from where, with what, and since when.

    With --hours, --days or --plot over time, let in and refused by reason. With --json alone the
    hours of the last 30 days, each with what was refused and why; with --csv only from where and
    with what.
    """
    asked, at = hours_of(hours, days, plot=plot), times.now()
    named = await resolve.key(service.client, key)
    if asked is None or form is Form.CSV:
        found, shown = await service.client.usage(named.public_key), None
    else:
        found = await service.client.use.of_key(named.public_key, asked)
        shown = series_of_key(found, asked, at)
    if form is Form.CSV:
        write_csv(found.sources, export_files.SOURCES)
        return
    rows = [
        ("Public key", found.public_key),
        ("Last used", when(found.last_used_at)),
        ("In use", WORDS[state_of(found, at)]),
        ("Last minute", f"{found.last_minute:,}"),
        ("Last hour", f"{found.last_hour:,}"),
        ("Last day", f"{found.last_day:,}"),
        *([] if shown is None else total_rows(shown)),
    ]
    write_item(found, rows, as_json=form is Form.JSON)
    if form is Form.JSON:
        return
    if shown is not None:
        write_series(shown, at, plot=plot)
    if found.sources:
        click.echo()
        write_items(Listing(form), found.sources, columns.sources_of(named.allowed_ips))
    if found.others is not None:
        click.echo(use.others(found.others))
