"""`keyconsole service accept-clock` and `accept-history`: a person decides, and it is audited."""

import asyncio
import sys
from dataclasses import asdict

import click

from keyconsole.cli.lists import write_document
from keyconsole.cli.options import WholeNumber, json_option
from keyconsole.cli.prompts import ask_yes, can_ask, require_yes, tell
from keyconsole.cli.service import database_url_option, settings_of
from keyconsole.cli.table import write_rows
from keyconsole.core.errors import KeyconsoleError

_COUNT = WholeNumber(1)


@click.command("accept-clock")
@click.option("--yes", is_flag=True, help="Do not ask.")
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
    require_yes(yes=yes, what="service accept-clock")
    tell(
        f"This machine says {told(system_clock())}.\nScheduled revokes, rotations and expiries "
        "that are due by then are carried out within seconds, and cannot be undone."
    )
    if not yes and not ask_yes("Is that the right time?"):
        raise KeyconsoleError("Nothing was accepted.")
    accepted = asyncio.run(accept(settings))
    if as_json:
        write_document(asdict(accepted))
        return
    write_rows([("Accepted", accepted.now or ""), ("Last known before", accepted.heartbeat or "-")])


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
        name = sys.stdin.readline()
    accepted = asyncio.run(acceptance.accept(checkpoint, name))
    if as_json:
        write_document(asdict(accepted))
        return
    write_rows(
        [
            ("Workspace", accepted.workspace or accepted.workspace_id),
            ("Events", f"{accepted.events:,}"),
            ("Given up", f"up to event {accepted.checkpoint:,}"),
        ]
    )
