"""`keyconsole keys list` and `keys show`: look, and change nothing."""

import shlex
from typing import TYPE_CHECKING

import click

from keyconsole.cli import resolve
from keyconsole.cli.keys import cards
from keyconsole.cli.lists import Listing, fetching, write_list
from keyconsole.cli.options import ServiceOptions, list_options, service_options
from keyconsole.cli.session import Service, ask, shows
from keyconsole.core import safetext
from keyconsole.core.errors import KeyconsoleError, UsageError
from keyconsole.core.queries.keys import STATUSES, KeyQuery, QueryError, quoted
from keyconsole.text import export_files

if TYPE_CHECKING:
    from keyconsole.client import KeyServiceClient
    from keyconsole.wire import Key

_SORT = click.Choice(
    ["label", "-label", "created_at", "-created_at", "last_used_at", "-last_used_at"]
)


@click.command("list")
@click.argument("query", nargs=-1)
@click.option("--integration", metavar="INTEGRATION", help="Only of this one, by id or name.")
@click.option("--search", metavar="TEXT", help="Part of a label, an end of a public key.")
@click.option("--status", type=click.Choice(STATUSES), help="Only in this state.")
@click.option("--unconfirmed", is_flag=True, help="Only those that nobody confirmed to have.")
@click.option("--unused-for", metavar="TIME", help="Only unused for so long, such as 90d.")
@click.option("--created-by", metavar="ACCOUNT", help="Only made by this account.")
@click.option("--due", is_flag=True, help="Only those that policy wants rotated, or soon will.")
@click.option("--sort", type=_SORT, help="A minus in front turns it around.")
@list_options()
@service_options()
def list_keys(
    *,
    options: ServiceOptions,
    listing: Listing,
    query: tuple[str, ...],
    integration: str | None,
    search: str | None,
    status: str | None,
    unconfirmed: bool,
    unused_for: str | None,
    created_by: str | None,
    due: bool,
    sort: str | None,
) -> None:
    """The keys of all integrations, or of one.

    QUERY is what / takes in the console, such as: status:active unused:90d by:ops env:prod
    from:10.1.4.7 age:<7d label:ci-* gateway. The options add terms to it.
    """
    if unconfirmed and status not in (None, "active", "unconfirmed"):
        raise UsageError(f"No key is both unconfirmed and {status}.")
    terms = [
        f"{name}:{quoted(value)}"
        for name, value in (
            ("status", "unconfirmed" if unconfirmed else status),
            ("unused", unused_for),
            ("by", created_by),
            ("due", "rotation" if due else None),
        )
        if value is not None
    ]
    words = () if search is None else (str(KeyQuery(text=search)),)
    asked = parsed(" ".join((*query, *words, *terms)))

    async def conversation(service: Service) -> None:
        client = service.client
        workspace = await service.workspace_id()
        only = await resolve.integration_id(client, integration) if integration else None

        fetch = fetching(client.keys, query=asked, integration=only, workspace=workspace, sort=sort)

        async def nothing() -> str:
            sentence = _nothing(asked, narrowed=bool(asked or integration))
            hint = await _integration_hint(client, asked.text) if asked.text and not only else ""
            return f"{sentence}{hint}"

        hidden = () if only is None else ("integration_name",)
        await write_list(
            listing, fetch, export_files.KEYS, without=hidden, nothing=nothing, what="key"
        )

    ask(options, conversation)


def _nothing(asked: KeyQuery, *, narrowed: bool) -> str:
    if not narrowed:
        return "There is no key."
    return " ".join(filter(None, ("No key matches.", asked.doubt)))


async def _integration_hint(client: "KeyServiceClient", text: str) -> str:
    """Returns how to list the keys of an integration where the text is the name of one."""
    try:
        found = await resolve.integrations_named(client, text)
    except KeyconsoleError:
        return ""
    if not found:
        return ""
    only = found[0].name if len(found) == 1 else found[0].id
    return (
        f" {found[0].name} is an integration: "
        f"keyconsole keys list --integration {shlex.quote(only)}"
    )


def parsed(query: str) -> KeyQuery:
    """Return what a query asks for. A term that is wrong is shown where it stands."""
    try:
        return KeyQuery.parse(query)
    except QueryError as error:
        from keyconsole.core import credentialtext  # what is understood needs no look at it

        shown = credentialtext.publish(safetext.show(query))
        marker = f"\n  {shown}\n  {error.marker}" if shown == query else ""
        raise UsageError(f"{error.message}{marker}") from None


@click.command()
@click.argument("key")
@shows(cards.rows)
async def show(service: Service, *, key: str) -> "Key":
    """One KEY, by its public key or a label that only it has."""
    return await resolve.key(service.client, key)
