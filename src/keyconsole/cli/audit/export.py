"""`keyconsole audit export`: the events in a file, all of it or none."""

import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from keyconsole import exports
from keyconsole.cli.audit.which import Which, which_events
from keyconsole.cli.lists import Listing, exactly, pages
from keyconsole.cli.options import ServiceOptions, service_options
from keyconsole.cli.output_file import FORMS, Takeaway, force_option
from keyconsole.cli.prompts import tell
from keyconsole.cli.session import Service, ask
from keyconsole.core.errors import UsageError

if TYPE_CHECKING:
    from keyconsole.wire import AuditEvent

_STDOUT = Path("-")
_HEAD = (
    "sequence", "at", "actor", "action", "target", "target_name", "integration_id", "detail",
    "request_id", "id", "workspace_id", "hash",
)  # fmt: skip


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

    async def conversation(service: Service) -> int:
        fetch, count = await which.pages(service), 0
        with nullcontext(sys.stdout) if path == _STDOUT else takeaway.open() as stream:
            write = _WRITERS[form]
            if form == "csv":
                exports.write_row(stream, _HEAD)
            async for page in pages(Listing(), fetch):
                for event in page.items:
                    write(stream, event)
                count += len(page.items)
        return count

    count = ask(options, conversation)
    if path != _STDOUT:
        tell(f"{count:,} event{'' if count == 1 else 's'} in {path}")


def _write_line(stream: TextIO, event: "AuditEvent") -> None:
    stream.write(f"{json.dumps(event.model_dump(mode='json'))}\n")


def _write_row(stream: TextIO, event: "AuditEvent") -> None:
    cells = [getattr(event, name) for name in _HEAD]
    cells[_HEAD.index("at")] = exactly(event.at)
    cells[_HEAD.index("detail")] = json.dumps(event.detail, sort_keys=True)
    exports.write_row(stream, ["" if cell is None else str(cell) for cell in cells])


_WRITERS: dict[str, Callable[[TextIO, "AuditEvent"], None]] = {
    "jsonl": _write_line,
    "csv": _write_row,
}
