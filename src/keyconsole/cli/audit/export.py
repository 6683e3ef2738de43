"""`keyconsole audit export`: the events in a file, all of it or none."""

import sys
from contextlib import nullcontext
from pathlib import Path

import click

from keyconsole.cli.audit.which import Which, which_events
from keyconsole.cli.options import ServiceOptions, service_options
from keyconsole.cli.output_file import FORMS, Takeaway, force_option
from keyconsole.cli.prompts import tell
from keyconsole.cli.session import Service, ask
from keyconsole.client.pages import pages
from keyconsole.core.errors import UsageError
from keyconsole.flows import export as flow
from keyconsole.text.export_files import EVENTS

_STDOUT = Path("-")


@click.command()
@click.argument("path", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--format", "form", type=click.Choice(FORMS), help="Default: what the name of PATH ends with."
)
@force_option
@which_events
@service_options()
def export(
    *, options: ServiceOptions, which: Which, path: Path, form: str | None, force: bool
) -> None:
    """Write the events to PATH, the newest first; - is standard output.

    QUERY is what / takes in the console, such as: by:ops what:revoked since:7d. The file is there
    once all of it is written, for its owner alone. No cell of CSV is a formula.
    """
    takeaway = Takeaway(path, force)
    form = form or ("jsonl" if path == _STDOUT else takeaway.form)
    if form is None:
        raise UsageError("Say --format jsonl or --format csv: the name of the file says neither.")

    async def conversation(service: Service) -> flow.Written:
        found = pages(await which.pages(service))
        with nullcontext(sys.stdout) if path == _STDOUT else takeaway.open() as stream:
            return await flow.write(EVENTS, found, stream, as_csv=form == "csv")

    count, note = ask(options, conversation)
    if path != _STDOUT:
        tell(f"{count:,} event{'' if count == 1 else 's'} in {path}")
    if note:
        tell(note)
