"""`keyconsole keys usage`: how much a key is used, from where, and with what."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from keyconsole.cli import resolve
from keyconsole.cli.lists import when, write_document, write_table
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.session import Service, ask
from keyconsole.cli.table import write_rows
from keyconsole.core.usestate import WORDS, use_state
from keyconsole.text import columns

if TYPE_CHECKING:
    from keyconsole.wire import Usage


@click.command()
@click.argument("key")
@json_option
@service_options()
def usage(*, options: ServiceOptions, key: str, as_json: bool) -> None:
    """Who uses a KEY: how often, from where, with what, and since when.

    With --json the hours of the last 90 days too, each with what was refused and why.
    """

    async def conversation(service: Service) -> "Usage":
        found = await resolve.key(service.client, key)
        return await service.client.usage(found.public_key)

    found = ask(options, conversation)
    if as_json:
        write_document(found)
        return
    write_rows(
        [
            ("Public key", found.public_key),
            ("Last used", when(found.last_used_at)),
            ("In use", WORDS[use_state(found.last_used_at, datetime.now(UTC))]),
            ("Last minute", f"{found.last_minute:,}"),
            ("Last hour", f"{found.last_hour:,}"),
            ("Last day", f"{found.last_day:,}"),
        ]
    )
    if found.sources:
        click.echo()
        write_table(found.sources, columns.SOURCES)
