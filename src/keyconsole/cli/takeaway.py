"""`--output`: a list in a file, CSV or a JSON document a line, all of it or nothing."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from keyconsole import exports
from keyconsole.cli.lists import Fetch, Listing, pages
from keyconsole.cli.prompts import tell
from keyconsole.errors import UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel

ItemT = TypeVar("ItemT", bound="BaseModel")

output_option = click.option(
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Into a new file that ends with .csv or .jsonl: all of it or nothing.",
)


def check_ending(output: Path | None) -> None:
    """Raise `UsageError` where the name of the file does not say what to write."""
    if output is not None and output.suffix not in (".csv", ".jsonl"):
        raise UsageError("The name of the file ends with .csv or with .jsonl.")


async def write_file(
    output: Path,
    listing: Listing,
    fetch: "Fetch[ItemT]",
    head: Sequence[str],
    cells: Callable[[ItemT], list[str]],
    *,
    what: str = "key",
) -> None:
    """Write page after page, and say how many there were. Raises `KeyconsoleError`."""
    count = 0
    with exports.whole_file(output) as stream:
        if output.suffix == ".csv":
            exports.write_row(stream, head)
        async for page in pages(listing, fetch):
            for row in page.items:
                if output.suffix == ".csv":
                    exports.write_row(stream, cells(row))
                else:
                    stream.write(f"{json.dumps(row.model_dump(mode='json'))}\n")
            count += len(page.items)
    tell(f"{count:,} {what}{'' if count == 1 else 's'} in {output}")
