"""`keyconsole service accept-clock` and `accept-history`: a person decides, and it is audited."""

import asyncio
from dataclasses import asdict

import click

from keyconsole.cli.lists import write_item
from keyconsole.cli.options import WholeNumber, json_option, yes_option
from keyconsole.cli.prompts import can_ask, require, standard_input, tell
from keyconsole.cli.service import database_url_option, settings_of

_COUNT = WholeNumber(1)


@click.command("accept-clock")
@yes_option("service accept-clock")
@database_url_option
@json_option
def accept_clock(*, yes: bool, database_url: str | None, as_json: bool) -> None:
    """Say that the clock of this machine is right.

    For a service that doubts its clock, running or not: within seconds it carries out what waited,
    scheduled revokes among it, which cannot be undone. Every workspace's audit log gets an event.
    """
    from keyconsole.service.acceptance import accept_clock as accept
    from keyconsole.service.clock import system_clock, told

    settings = settings_of(database_url)
    tell(
        f"This machine says {told(system_clock())}.\nScheduled revokes, rotations and expiries "
        "that are due by then are carried out within seconds, and cannot be undone."
    )
    if not yes:
        require("Is that the right time?", "Nothing was accepted.")
    accepted = asyncio.run(accept(settings))
    rows = [("Accepted", accepted.now or ""), ("Last known before", accepted.heartbeat or "-")]
    write_item(asdict(accepted), rows, as_json=as_json)


@click.command("accept-history")
@click.option(
    "--checkpoint",
    metavar="N",
    type=_COUNT,
    required=True,
    help="The events of the last checkpoint, which this database does not have.",
)
@database_url_option
@json_option
def accept_history(*, checkpoint: int, database_url: str | None, as_json: bool) -> None:
    """Go on with a database that lost a part of its history.

    Keys that were revoked in what was lost are let through again: revoke them first thing. Asks
    for the name of the workspace, also from standard input. The audit log gets an event.
    """
    from keyconsole.service.acceptance import HistoryAcceptance

    acceptance = HistoryAcceptance(settings_of(database_url))
    tell(
        f"What happened up to event {checkpoint:,} and is not in this database is given up, "
        "revokes among it: those keys are let through again."
    )
    if can_ask():
        name = str(click.prompt("Type the name of the workspace", err=True))
    else:
        name = standard_input().readline()
    accepted = asyncio.run(acceptance.accept(checkpoint, name))
    rows = [
        ("Workspace", accepted.workspace or accepted.workspace_id),
        ("Events", f"{accepted.events:,}"),
        ("Given up", f"up to event {accepted.checkpoint:,}"),
    ]
    write_item(asdict(accepted), rows, as_json=as_json)
