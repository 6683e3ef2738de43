"""`keyconsole keys expiry`: another end, unless somebody else changed the key meanwhile."""

from typing import TYPE_CHECKING

import click

from keyconsole.cli import resolve
from keyconsole.cli.keys import cards
from keyconsole.cli.lists import write_item
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.session import Service, ask
from keyconsole.core import durations
from keyconsole.text import times

if TYPE_CHECKING:
    from keyconsole.wire import Key


@click.command("expiry")
@click.argument("key")
@click.argument("when")
@json_option
@service_options()
def change_expiry(*, options: ServiceOptions, key: str, when: str, as_json: bool) -> None:
    """Let a KEY expire at another time: WHEN is 90d, 12h, 2027-01-31 or never.

    A duration counts from now, and a date to its end, UTC. No later than policy allows.
    """
    until = durations.expiry(when, times.now(), "WHEN")

    async def conversation(service: Service) -> "Key":
        service.require_writing()
        found = await resolve.key(service.client, key)
        return await service.client.change_expiry(found.public_key, until, version=found.version)

    changed = ask(options, conversation)
    write_item(changed, cards.rows(changed), as_json=as_json)
