"""`keyconsole keys allow`, `scopes` and `tag`: from where, for what, and what is noted on a key."""

from typing import TYPE_CHECKING

import click

from keyconsole.cli import resolve
from keyconsole.cli.keys import cards
from keyconsole.cli.session import Service, shows
from keyconsole.core import tags as core_tags
from keyconsole.core.errors import UsageError

if TYPE_CHECKING:
    from keyconsole.wire import Key


@click.command()
@click.argument("key")
@click.argument("addresses", nargs=-1)
@click.option("--any", "from_anywhere", is_flag=True, help="From every address.")
@shows(cards.rows)
async def allow(
    service: Service, *, key: str, addresses: tuple[str, ...], from_anywhere: bool
) -> "Key":
    """Let a KEY be used from these ADDRESSES alone, or with --any from everywhere.

    ADDRESSES are addresses or networks, such as 10.1.4.7 10.1.0.0/16, in the place of those that
    were allowed before. Who may revoke keys may allow fewer; to allow others is to create.
    """
    if from_anywhere == bool(addresses):
        raise UsageError("Name the addresses, or say --any.")
    service.require_writing()
    found = await resolve.key(service.client, key)
    wanted = None if from_anywhere else list(addresses)
    return await service.client.change_addresses(found.public_key, wanted, version=found.version)


@click.command()
@click.argument("key")
@click.argument("wanted", metavar="[SCOPES]...", nargs=-1)
@click.option("--all", "for_all", is_flag=True, help="For all scopes of the integration.")
@shows(cards.rows)
async def scopes(service: Service, *, key: str, wanted: tuple[str, ...], for_all: bool) -> "Key":
    """Let a KEY be used for these SCOPES alone, or with --all for those of its integration.

    SCOPES are some of the integration's, in the place of those that the key had before. Who may
    revoke keys may allow fewer; to allow others is to create.
    """
    if for_all == bool(wanted):
        raise UsageError("Name the scopes, or say --all.")
    service.require_writing()
    found = await resolve.key(service.client, key)
    return await service.client.change_scopes(
        found.public_key, None if for_all else list(wanted), version=found.version
    )


@click.command()
@click.argument("key")
@click.argument("tags", nargs=-1, required=True)
@shows(cards.rows)
async def tag(service: Service, *, key: str, tags: tuple[str, ...]) -> "Key":
    """Set tags of a KEY, NAME=VALUE each; NAME= takes one away. The others stay."""
    changes = dict(core_tags.pair(each) for each in tags)
    service.require_writing()
    found = await resolve.key(service.client, key)
    wanted = {name: value for name, value in (found.metadata | changes).items() if value}
    return await service.client.change_metadata(
        found.public_key, wanted or None, version=found.version
    )
