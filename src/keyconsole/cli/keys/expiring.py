"""`keyconsole keys expiry`: another end, unless somebody else changed the key meanwhile."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from keyconsole.cli import resolve
from keyconsole.cli.keys import cards
from keyconsole.cli.options import reads
from keyconsole.cli.session import Service, shows
from keyconsole.core import durations

if TYPE_CHECKING:
    from keyconsole.wire import Key


@click.command("expiry")
@click.argument("key")
@click.argument("when", callback=reads(durations.expiry))
@shows(cards.rows)
async def change_expiry(service: Service, *, key: str, when: datetime | None) -> "Key":
    """Let a KEY expire at another time: WHEN is 90d, 12h, 2027-01-31 or never.

    A duration counts from now, and a date to its end, UTC. No later than policy allows.
    """
    service.require_writing()
    found = await resolve.key(service.client, key)
    return await service.client.change_expiry(found.public_key, when, version=found.version)
