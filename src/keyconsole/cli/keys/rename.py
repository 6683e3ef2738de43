"""`keyconsole keys rename`: another label, unless somebody else changed the key meanwhile."""

from typing import TYPE_CHECKING

import click

from keyconsole.cli import resolve
from keyconsole.cli.keys import cards
from keyconsole.cli.session import Service, shows

if TYPE_CHECKING:
    from keyconsole.wire import Key


@click.command()
@click.argument("key")
@click.argument("label")
@shows(cards.rows)
async def rename(service: Service, *, key: str, label: str) -> "Key":
    """Give a KEY another LABEL."""
    found = await resolve.key(service.client, key)
    return await service.client.rename_key(found.public_key, label, version=found.version)
