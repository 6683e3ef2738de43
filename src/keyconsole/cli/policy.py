"""`keyconsole policy`: how old keys get, what labels name, how a rotation begins."""

from typing import TYPE_CHECKING, Any

import click

from keyconsole.cli import retrying
from keyconsole.cli.group import CommandsFirst
from keyconsole.cli.integrations import days
from keyconsole.cli.options import counts
from keyconsole.cli.session import Service, shows
from keyconsole.core import durations
from keyconsole.core.errors import UsageError

if TYPE_CHECKING:
    from keyconsole.wire import Workspace

workspace_option = click.option(
    "--workspace", metavar="ID", help="Which one, for members of several."
)


@click.group(cls=CommandsFirst, options_metavar="", subcommand_metavar="COMMAND")
def policy() -> None:
    """How old keys get, what labels name, how a rotation begins."""


def _rows(item: "Workspace") -> list[tuple[str, str]]:
    known = item.settings
    ends = "revokes it by itself" if known.rotation_automatic else "asks first"
    return [
        ("Workspace", f"{item.name} ({item.id})"),
        ("Rotate every", f"{known.max_key_age_days} days" if known.max_key_age_days else "–"),
        (
            "New keys",
            f"expire after {known.default_expiry_days} days unless asked otherwise"
            if known.default_expiry_days
            else "never expire unless asked to",
        ),
        ("Warning", f"{known.warning_days} days before a key is due or expires"),
        ("Unused", f"after {known.unused_for_days} days without a request"),
        ("Labels", "name an environment" if known.label_needs_environment else "are free"),
        ("Environments", " ".join(known.environments)),
        (
            "A rotation",
            f"waits for {known.rotation_quiet_minutes} quiet minutes, at most "
            f"{known.rotation_deadline_days} days, then {ends}",
        ),
    ]


@policy.command()
@workspace_option
@shows(_rows)
async def show(service: Service, *, workspace: str | None) -> "Workspace":
    """The policy of a workspace."""
    return await service.client.workspaces.show(await service.one_workspace(workspace))


@policy.command("set")
@click.option(
    "--rotate-every",
    metavar="DAYS",
    callback=days,
    help="Older keys are due for rotation, and no expiry is later; an empty text: no limit.",
)
@click.option(
    "--default-expiry",
    metavar="DAYS",
    callback=days,
    help="New keys expire after so long unless asked otherwise; an empty text: never.",
)
@click.option(
    "--warning",
    "warning_days",
    callback=counts(durations.DAY, least=0),
    metavar="DAYS",
    help="So long before a key is due or expires, it is said.",
)
@click.option(
    "--unused-for",
    "unused_for_days",
    callback=counts(durations.DAY, least=0),
    metavar="DAYS",
    help="A key without a request for so long is found by the label audit.",
)
@click.option(
    "--label-needs-environment/--label-is-free",
    default=None,
    help="Whether every new label names an environment.",
)
@click.option(
    "--environment",
    "environments",
    metavar="WORD",
    multiple=True,
    help="A word that names an environment; again for each, and they replace those known.",
)
@click.option(
    "--rotation-quiet",
    "rotation_quiet_minutes",
    callback=counts(durations.MINUTE, least=0),
    metavar="MINUTES",
    help="A rotation waits until the old key was quiet for so long.",
)
@click.option(
    "--rotation-deadline",
    "rotation_deadline_days",
    callback=counts(durations.DAY, least=0),
    metavar="DAYS",
    help="And no longer than that.",
)
@click.option(
    "--rotation-by-itself/--rotation-asks",
    "rotation_automatic",
    default=None,
    help="Whether the service then revokes the old key by itself.",
)
@workspace_option
@shows(_rows)
async def set_policy(
    service: Service,
    *,
    workspace: str | None,
    rotate_every: str | None,
    default_expiry: str | None,
    **given: Any,
) -> "Workspace":
    """Change the policy of a workspace; for its admins. What is not named stays."""
    from keyconsole.wire import SettingsPatch

    changed = {name: value for name, value in given.items() if value not in (None, ())}
    if rotate_every is not None:
        changed["max_key_age_days"] = rotate_every or None
    if default_expiry is not None:
        changed["default_expiry_days"] = default_expiry or None
    if not changed:
        raise UsageError("Nothing to change: name at least one setting.")
    if "environments" in changed:
        changed["environments"] = list(changed["environments"])
    service.require_writing()
    which = await service.one_workspace(workspace)
    patch = SettingsPatch(**changed)
    return await retrying.send(lambda: service.client.workspaces.change(which, patch))
