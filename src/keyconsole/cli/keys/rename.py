"""`keyconsole keys rename`: another label, unless somebody else changed the key meanwhile."""

from typing import TYPE_CHECKING

import click

from keyconsole.cli import resolve
from keyconsole.cli.keys import cards
from keyconsole.cli.lists import write_item
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.session import Service, ask

if TYPE_CHECKING:
    from keyconsole.wire import Key


@click.command()
@click.argument("key")
@click.argument("label")
@json_option
@service_options()
def rename(*, options: ServiceOptions, key: str, label: str, as_json: bool) -> None:
    """Give a KEY another LABEL."""

    async def conversation(service: Service) -> "Key":
        found = await resolve.key(service.client, key)
        return await service.client.rename_key(found.public_key, label, version=found.version)

    renamed = ask(options, conversation)
    write_item(renamed, cards.rows(renamed), as_json=as_json)
