"""`keyconsole integrations`: what keys are made for."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from keyconsole.cli import prompts, resolve
from keyconsole.cli.group import CommandsFirst
from keyconsole.cli.lists import Listing, exactly, write_item, write_list
from keyconsole.cli.options import ServiceOptions, json_option, list_options, service_options
from keyconsole.cli.session import Service, ask
from keyconsole.core import durations
from keyconsole.core.errors import KeyconsoleError, ProblemError, UsageError
from keyconsole.text import columns

if TYPE_CHECKING:
    from keyconsole.wire import Integration, IntegrationStatus, Page

_STATUS = click.Choice(["draft", "configured", "disabled"])

_FIELDS = (
    click.option("--provider", metavar="NAME", help="Such as salesforce."),
    click.option("--environment", metavar="NAME", help="Such as production."),
    click.option("--client-id", metavar="ID", help="The OAuth client ID."),
    click.option("--redirect-uri", metavar="URL", help="Where the provider sends people back."),
    click.option("--scope", "scopes", metavar="SCOPE", multiple=True, help="Again for each scope."),
)


def _fields(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_FIELDS):
        function = option(function)
    return function


@click.group(cls=CommandsFirst, options_metavar="", subcommand_metavar="COMMAND")
def integrations() -> None:
    """The integrations that keys are made for."""


@integrations.command("list")
@click.option("--search", metavar="TEXT", help="Only with this in their name.")
@click.option("--status", type=_STATUS, help="Only in this state.")
@list_options()
@service_options()
def list_integrations(
    *, options: ServiceOptions, listing: Listing, search: str | None, status: str | None
) -> None:
    """The integrations by name, with their keys in numbers."""

    async def conversation(service: Service) -> None:
        workspace = await service.workspace_id()

        async def page(cursor: str | None, limit: int) -> "Page[Integration]":
            return await service.client.integrations(
                q=search, status=_status(status), workspace=workspace, cursor=cursor, limit=limit
            )

        nothing = "No integration matches." if search or status else "There is no integration."
        await write_list(listing, page, columns.INTEGRATIONS, nothing=nothing)

    ask(options, conversation)


@integrations.command()
@click.argument("integration")
@json_option
@service_options()
def show(*, options: ServiceOptions, integration: str, as_json: bool) -> None:
    """One INTEGRATION, by its id or its name."""

    async def conversation(service: Service) -> "Integration":
        return await resolve.integration(service.client, integration)

    _write(ask(options, conversation), as_json=as_json)


@integrations.command()
@click.argument("name")
@_fields
@click.option("--workspace", metavar="ID", help="Where, for members of several.")
@json_option
@service_options()
def create(
    *, options: ServiceOptions, name: str, workspace: str | None, as_json: bool, **fields: Any
) -> None:
    """Add an integration by NAME. It is a draft until nothing is missing."""

    async def conversation(service: Service) -> "Integration":
        from keyconsole.wire import IntegrationCreate

        where = workspace or await service.workspace_id()
        given = {field: value for field, value in fields.items() if value}
        request = IntegrationCreate(name=name, workspace_id=where, **_listed(given))
        return await service.client.create_integration(request)

    _write(ask(options, conversation), as_json=as_json)


@integrations.command()
@click.argument("integration")
@click.option("--name", metavar="NAME", help="Another name.")
@_fields
@click.option(
    "--rotate-every", metavar="DAYS", help="Keys are due then; an empty text: as the workspace."
)
@json_option
@service_options()
def edit(
    *,
    options: ServiceOptions,
    integration: str,
    rotate_every: str | None,
    as_json: bool,
    **fields: Any,
) -> None:
    """Change fields of an INTEGRATION; an empty text takes a field away."""
    given = {field: value for field, value in fields.items() if value not in (None, ())}
    if rotate_every is not None:
        given["max_key_age_days"] = (
            durations.count(rotate_every, durations.DAY, "--rotate-every") if rotate_every else None
        )
    if not given:
        raise UsageError("Nothing to change: name at least one field.")

    async def conversation(service: Service) -> "Integration":
        from keyconsole.wire import IntegrationPatch

        found = await resolve.integration_id(service.client, integration)
        changed = {field: value or None for field, value in _listed(given).items()}
        with explained(found):
            return await service.client.update_integration(found, IntegrationPatch(**changed))

    _write(ask(options, conversation), as_json=as_json)


@integrations.command()
@click.argument("integration")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@service_options()
def disable(*, options: ServiceOptions, integration: str, yes: bool, as_json: bool) -> None:
    """Refuse every key of an INTEGRATION until it is enabled again."""
    prompts.require_yes(yes=yes, what="Disabling an integration")

    async def conversation(service: Service) -> "Integration":
        service.require_writing()
        found = await resolve.integration(service.client, integration)
        if not yes:
            live = found.key_counts.live
            prompts.tell(f"{found.name}: {live} live keys get 401 until it is enabled again.")
            if not prompts.ask_yes("Disable it?"):
                raise KeyconsoleError("Nothing was changed.")
        return await _set(service, found.id, "disabled")

    _write(ask(options, conversation), as_json=as_json)


@integrations.command()
@click.argument("integration")
@json_option
@service_options()
def enable(*, options: ServiceOptions, integration: str, as_json: bool) -> None:
    """Let the keys of an INTEGRATION authenticate again."""

    async def conversation(service: Service) -> "Integration":
        found = await resolve.integration_id(service.client, integration)
        return await _set(service, found, "configured")

    _write(ask(options, conversation), as_json=as_json)


async def _set(service: Service, integration_id: str, status: str) -> "Integration":
    from keyconsole.wire import IntegrationPatch, IntegrationStatus

    patch = IntegrationPatch(status=IntegrationStatus(status))
    with explained(integration_id):
        return await service.client.update_integration(integration_id, patch)


@contextmanager
def explained(integration_id: str) -> Iterator[None]:
    """Name the integration that is missing, or the command that makes it ready for keys."""
    try:
        yield
    except ProblemError as error:
        if error.code == "not-found":
            raise resolve.absent("integration", integration_id) from None
        if error.code == "integration-not-configured":
            missing = [each.field for each in error.fields]
            command = (
                _completing(integration_id, missing)
                if missing
                else f"keyconsole integrations enable {integration_id}"
            )
            error.message = f"{error.message}\n{command}"
        raise


def _completing(integration_id: str, missing: Sequence[str]) -> str:
    """Returns the command that gives a draft the fields it needs."""
    flags = {each.name: f" {each.opts[0]} {each.metavar}" for each in edit.params}
    given = "".join(flags.get(name, "") for name in missing)
    return f"keyconsole integrations edit {integration_id}{given}"


def _status(status: str | None) -> "IntegrationStatus | None":
    from keyconsole.wire import IntegrationStatus

    return IntegrationStatus(status) if status else None


def _listed(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields, scopes as a list; one empty scope stands for none."""
    if "scopes" in fields:
        fields["scopes"] = [scope for scope in fields["scopes"] if scope]
    return fields


def _write(item: "Integration", *, as_json: bool) -> None:
    counts = item.key_counts
    rows = [
        ("Name", item.name),
        ("ID", item.id),
        ("Status", item.status),
        ("Missing", ", ".join(item.missing)),
        ("Complete it", _completing(item.id, item.missing) if item.missing else ""),
        ("Provider", item.provider or ""),
        ("Environment", item.environment or ""),
        ("Client ID", item.client_id or ""),
        ("Redirect URI", item.redirect_uri or ""),
        ("Scopes", " ".join(item.scopes)),
        ("Keys", f"{counts.active} active, {counts.disabled} disabled, {counts.revoked} revoked"),
        ("Rotate every", f"{item.max_key_age_days} days" if item.max_key_age_days else ""),
        ("Last used", exactly(item.last_used_at) if item.last_used_at else "never"),
        ("Created", f"{exactly(item.created_at)} by {item.created_by}"),
        ("Workspace", item.workspace_id),
    ]
    write_item(item, rows, as_json=as_json)
