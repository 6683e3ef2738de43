"""`keyconsole keys owner` and `keys hand-over`: who answers for a key, or for all of somebody's."""

from functools import partial
from typing import TYPE_CHECKING

import click

from keyconsole.cli import prompts, resolve, retrying
from keyconsole.cli.keys import cards
from keyconsole.cli.lists import fetching, items_of, write_document
from keyconsole.cli.options import json_option
from keyconsole.cli.session import Service, shows, with_service
from keyconsole.core.errors import KeyconsoleError, UsageError, problem
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.text import bulk

if TYPE_CHECKING:
    from keyconsole.wire import Key, OwnerRequest


@click.command()
@click.argument("key")
@click.argument("name", metavar="[OWNER]", required=False)
@click.option("--creator", is_flag=True, help="Whoever made it.")
@shows(cards.rows)
async def owner(service: Service, *, key: str, name: str | None, creator: bool) -> "Key":
    """Say who answers for a KEY: an OWNER, or with --creator whoever made it.

    OWNER is the address of a member, or the name of a team. It grants nobody a permission.
    """
    if creator == (name is not None):
        raise UsageError("Name the owner, or say --creator.")
    service.require_writing()
    found = await resolve.key(service.client, key)
    return await service.client.change_owner(
        found.public_key, _request(name), version=found.version
    )


@click.command("hand-over")
@click.argument("before", metavar="FROM")
@click.argument("after", metavar="TO")
@json_option
@with_service
async def hand_over(service: Service, *, before: str, after: str, as_json: bool) -> None:
    """Give all living keys that FROM answers for to TO, such as those of a member who leaves.

    Both are the address of a member or the name of a team; FROM need not be a member any more.
    """
    service.require_writing()
    query = KeyQuery(owner=before, statuses=("active", "disabled"))
    fetch = fetching(service.client.keys, query=query, workspace=await service.workspace_id())
    keys = [key async for key in items_of(fetch)]
    owners = sorted({key.owned_by for key in keys})
    if not keys:
        raise problem("not-found", f"There is no living key that {before} answers for.")
    if len(owners) > 1:
        raise UsageError(f"{before} is {' and '.join(owners)}: say which one.")
    if owners == [after]:
        raise UsageError(f"{after} answers for them already.")
    done: list[Key] = []
    for key in keys:
        change = partial(
            service.client.change_owner, key.public_key, _request(after), version=key.version
        )
        try:
            done.append(await retrying.send(change))
        except KeyconsoleError as error:
            if done:
                prompts.tell(f"{bulk.keys(len(done))} of {len(keys):,} are handed over.")
            error.message = f"{key.label} ({key.public_key}): {error.message}"
            raise
    if as_json:
        names = [key.public_key for key in done]
        write_document({"from": owners[0], "to": done[0].owned_by, "keys": names})
    else:
        prompts.tell(f"{bulk.keys(len(done))} of {owners[0]}: {done[0].owned_by} answers now.")


def _request(name: str | None) -> "OwnerRequest | None":
    from keyconsole.wire import OwnerRequest

    return None if name is None else OwnerRequest(name=name)
