"""`keyconsole integrations`: what keys are made for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from keyconsole.cli import prompts, resolve
from keyconsole.cli.group import CommandsFirst
from keyconsole.cli.lists import (
    Listing,
    exactly,
    fetching,
    when,
    write_item,
    write_list,
    write_table,
)
from keyconsole.cli.options import json_option, list_options, with_options, yes_option
from keyconsole.cli.session import Service, shows, with_service
from keyconsole.cli.use_over_time import (
    DAY_HOURS,
    hours_of,
    series_options,
    total_rows,
    write_series,
)
from keyconsole.core import durations
from keyconsole.core.errors import ProblemError, UsageError
from keyconsole.text import columns, export_files, times
from keyconsole.text.series import of_points

if TYPE_CHECKING:
    from keyconsole.wire import Integration

_STATUS = click.Choice(["draft", "configured", "disabled"])

_fields = with_options(
    click.option("--provider", metavar="NAME", help="Such as salesforce."),
    click.option("--environment", metavar="NAME", help="Such as production."),
    click.option("--client-id", metavar="ID", help="The OAuth client ID."),
    click.option("--redirect-uri", metavar="URL", help="Where the provider sends people back."),
    click.option("--scope", "scopes", metavar="SCOPE", multiple=True, help="Again for each scope."),
)


@click.group(cls=CommandsFirst, options_metavar="", subcommand_metavar="COMMAND")
def integrations() -> None:
    """The integrations that keys are made for."""


@integrations.command("list")
@click.option("--search", metavar="TEXT", help="Only with this in their name.")
@click.option("--status", type=_STATUS, help="Only in this state.")
@list_options()
@with_service
async def list_integrations(
    service: Service, *, listing: Listing, search: str | None, status: str | None
) -> None:
    """The integrations by name, with their keys in numbers."""
    from keyconsole.wire import IntegrationStatus

    fetch = fetching(
        service.client.integrations,
        q=search,
        status=IntegrationStatus(status) if status else None,
        workspace=await service.workspace_id(),
    )
    nothing = "No integration matches." if search or status else "There is no integration."
    await write_list(listing, fetch, export_files.INTEGRATIONS, nothing=nothing, what="integration")


def _rows(item: "Integration") -> list[tuple[str, str]]:
    counts = item.key_counts
    return [
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


@integrations.command()
@click.argument("integration")
@shows(_rows)
async def show(service: Service, *, integration: str) -> "Integration":
    """One INTEGRATION, by its id or its name."""
    return await resolve.integration(service.client, integration)


@integrations.command()
@click.argument("name")
@_fields
@click.option("--workspace", metavar="ID", help="Where, for members of several.")
@shows(_rows)
async def create(
    service: Service, *, name: str, workspace: str | None, **fields: Any
) -> "Integration":
    """Add an integration by NAME. It is a draft until nothing is missing."""
    from keyconsole.wire import IntegrationCreate

    where = await service.workspace_id(workspace)
    given = {field: value for field, value in fields.items() if value}
    request = IntegrationCreate(name=name, workspace_id=where, **_listed(given))
    return await service.client.create_integration(request)


@integrations.command()
@click.argument("integration", required=False)
@series_options
@json_option
@with_service
async def usage(
    service: Service,
    *,
    integration: str | None,
    hours: int | None,
    days: int | None,
    plot: bool,
    as_json: bool,
) -> None:
    """The use of an INTEGRATION over time; of the whole workspace without one.

    With the keys that were used last, or the integrations that are used most, and their last day.
    """
    asked, at = hours_of(hours, days, plot=plot) or DAY_HOURS, times.now()
    if integration is not None:
        subject = await resolve.integration_id(service.client, integration)
        found = await service.client.use.of_integration(subject, asked)
    else:
        workspace = await service.one_workspace(None)
        found = await service.client.use.of_workspace(workspace, asked)
    shown = of_points(found.series)
    rows = [("Last used", when(found.last_used_at)), *total_rows(shown)]
    write_item(found, rows, as_json=as_json)
    if not as_json:
        write_series(shown, at, plot=plot)
        if found.parts:
            click.echo()
            write_table(found.parts, columns.PARTS)


def days(_: click.Context, option: click.Parameter, text: str | None) -> str | int | None:
    """Reads a number of days; an empty text stays, and takes the setting away."""
    return durations.count(text, durations.DAY, option.opts[0]) if text else text


@integrations.command()
@click.argument("integration")
@click.option("--name", metavar="NAME", help="Another name.")
@_fields
@click.option(
    "--rotate-every",
    "max_key_age_days",
    metavar="DAYS",
    callback=days,
    help="Keys are due then; an empty text: as the workspace.",
)
@shows(_rows)
async def edit(service: Service, *, integration: str, **fields: Any) -> "Integration":
    """Change fields of an INTEGRATION; an empty text takes a field away."""
    from keyconsole.wire import IntegrationPatch

    given = {field: value for field, value in fields.items() if value not in (None, ())}
    if not given:
        raise UsageError("Nothing to change: name at least one field.")
    found = await resolve.integration_id(service.client, integration)
    changed = {field: value or None for field, value in _listed(given).items()}
    with explained(found):
        return await service.client.update_integration(found, IntegrationPatch(**changed))


@integrations.command()
@click.argument("integration")
@yes_option("Disabling an integration")
@shows(_rows)
async def disable(service: Service, *, integration: str, yes: bool) -> "Integration":
    """Refuse every key of an INTEGRATION until it is enabled again."""
    service.require_writing()
    found = await resolve.integration(service.client, integration)
    if not yes:
        live = found.key_counts.live
        prompts.tell(f"{found.name}: {live} live keys get 401 until it is enabled again.")
        prompts.require("Disable it?")
    return await _set(service, found.id, "disabled")


@integrations.command()
@click.argument("integration")
@shows(_rows)
async def enable(service: Service, *, integration: str) -> "Integration":
    """Let the keys of an INTEGRATION authenticate again."""
    found = await resolve.integration_id(service.client, integration)
    return await _set(service, found, "configured")


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


def _listed(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields, scopes as a list; one empty scope stands for none."""
    if "scopes" in fields:
        fields["scopes"] = [scope for scope in fields["scopes"] if scope]
    return fields
