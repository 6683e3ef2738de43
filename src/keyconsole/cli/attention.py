"""`keyconsole attention`: what needs attention, for people and for cron."""

from datetime import datetime
from functools import partial

import click

from keyconsole.cli import retrying
from keyconsole.cli.group import CommandsFirst
from keyconsole.cli.lists import (
    Form,
    Listing,
    exactly,
    write_csv,
    write_document,
    write_item,
    write_items,
)
from keyconsole.cli.options import (
    ServiceOptions,
    form_options,
    json_option,
    reads,
    service_options,
)
from keyconsole.cli.prompts import tell
from keyconsole.cli.session import Service, ask, with_service
from keyconsole.core import durations
from keyconsole.core.errors import ExitCode
from keyconsole.text import columns, export_files
from keyconsole.text.attention import totals
from keyconsole.text.runs import plain


@click.group(cls=CommandsFirst, invoke_without_command=True, subcommand_metavar="[COMMAND]")
@click.option("--dismissed", is_flag=True, help="Dismissed items, too.")
@form_options("--json", "--csv", "--plain")
@service_options()
@click.pass_context
def attention(
    context: click.Context, *, options: ServiceOptions, dismissed: bool, form: Form
) -> int | None:
    """New addresses, refused keys, what expires or is due: the worst first.

    Exit code 0: nothing needs attention; 1: something does; 6: the service does not answer.
    Dismissed items do not count.
    """
    if context.invoked_subcommand is not None:
        return None

    async def conversation(service: Service) -> int:
        workspace = await service.workspace_id()
        found = await service.client.attention.show(workspace=workspace, dismissed=dismissed)
        shown = columns.without(columns.ATTENTION, *(() if dismissed else ("dismissed",)))
        if form is Form.JSON:
            write_document(found)
        elif form is Form.CSV:
            write_csv(found.items, export_files.ATTENTION)
        elif found.items:
            write_items(Listing(form), found.items, shown)
        if form is not Form.JSON:
            counted = ", ".join(plain(line) for _, line in totals(found))
            tell(f"{counted or 'Nothing needs attention'}.")
        return ExitCode.FAILED if found.counts else ExitCode.DONE

    return ask(options, conversation)


@attention.command()
@click.argument("item")
@click.option(
    "--until",
    metavar="WHEN",
    default="7d",
    callback=reads(durations.ahead),
    help="90d at most, or 2027-01-31. Default: 7 days.",
)
@json_option
@with_service
async def dismiss(service: Service, *, item: str, until: datetime, as_json: bool) -> None:
    """Dismiss an ITEM, by its id, for everybody: until then, or until it gets worse."""
    service.require_writing()
    done = await retrying.send(partial(service.client.attention.dismiss, item, until))
    rows = [("Item", item), ("Until", exactly(done.until)), ("By", done.by)]
    document = {"id": item, **done.model_dump(mode="json")}
    write_item(document, rows, as_json=as_json)
