"""`keyconsole report`: counts of keys by what they have in common."""

import json
import sys
from typing import TYPE_CHECKING

import click

from keyconsole.cli.group import CommandsFirst
from keyconsole.cli.keys import reading
from keyconsole.cli.options import ServiceOptions, service_options
from keyconsole.cli.prompts import tell
from keyconsole.cli.session import Service, ask
from keyconsole.cli.table import terminal_width, write_rows
from keyconsole.text import reports
from keyconsole.text.export_files import write_row

if TYPE_CHECKING:
    from keyconsole.wire import KeyReport


@click.group(cls=CommandsFirst, options_metavar="", subcommand_metavar="COMMAND")
def report() -> None:
    """Count keys by what they have in common."""


@report.command("keys")
@click.argument("query", nargs=-1)
@click.option(
    "--by",
    type=click.Choice(reports.BY),
    multiple=True,
    default=("integration",),
    show_default=True,
    help="What they are counted by; several times for several columns.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How it is written.",
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@service_options()
def report_keys(
    *, options: ServiceOptions, query: tuple[str, ...], by: tuple[str, ...], form: str
) -> None:
    """Count the keys that QUERY asks for, or all of them.

    QUERY is what / takes in the console, such as status:active age:1y.
    """
    asked = reading.parsed(" ".join(query))

    async def conversation(service: Service) -> None:
        from keyconsole.wire import ReportBy

        chosen = [ReportBy(each) for each in dict.fromkeys(by)]
        workspace = await service.workspace_id()
        found = await service.client.reports.keys(chosen, asked, workspace=workspace)
        _write(found, form)

    ask(options, conversation)


def _write(found: "KeyReport", form: str) -> None:
    if form == "json":
        click.echo(json.dumps(found.model_dump(mode="json"), indent=2))
        return
    if form == "csv":
        for row in reports.rows(found):
            write_row(sys.stdout, row)
    elif found.groups:
        write_rows(reports.table(found), width=terminal_width())
    else:
        tell("No key matches.")
    for sentence in reports.remarks(found):
        tell(sentence)
