"""`--output`: a list in a file, CSV or a JSON document a line, all of it or nothing."""

import functools
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from keyconsole.cli.lists import Listing
from keyconsole.cli.prompts import tell
from keyconsole.client.pages import Fetch, pages
from keyconsole.core.errors import UsageError
from keyconsole.flows import export
from keyconsole.local.outputfile import whole_file

if TYPE_CHECKING:
    from pydantic import BaseModel

    from keyconsole.text.export_files import ExportFile

ItemT = TypeVar("ItemT", bound="BaseModel")

Function = Callable[..., Any]

FORMS = ("jsonl", "csv")

force_option = click.option("--force", is_flag=True, help="Replace a file that is there.")


@dataclass(frozen=True, slots=True)
class Takeaway:
    """A file that is to be written, and whether in the place of one that is there."""

    path: Path
    replace: bool = False

    @property
    def form(self) -> str | None:
        """Returns the form that the name of the file ends with, if it is one of `FORMS`."""
        ending = self.path.suffix.removeprefix(".").lower()
        return ending if ending in FORMS else None

    def open(self) -> AbstractContextManager[TextIO]:
        """The file, whole or not at all. Raises `KeyconsoleError`."""
        return whole_file(self.path, replace=self.replace, remedy="--force replaces what is there.")


def output_options(function: Function) -> Function:
    """Add `--output` and `--force`; the function gets a `Takeaway`, or nothing, as `output`."""
    output_option = click.option(
        "--output",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Into a new file that ends with .csv or .jsonl: all of it or nothing.",
    )

    @functools.wraps(function)
    def called(**given: Any) -> Any:
        path, force = given.pop("output"), given.pop("force")
        output = None if path is None else Takeaway(path, force)
        if output is None and force:
            raise UsageError("--force goes with --output.")
        if output is not None and output.form is None:
            raise UsageError("The name of the file ends with .csv or with .jsonl.")
        return function(output=output, **given)

    return output_option(force_option(called))


async def write_file(
    output: Takeaway,
    listing: Listing,
    fetch: "Fetch[ItemT]",
    file: "ExportFile[ItemT]",
    *,
    what: str,
) -> None:
    """Write page after page, and say how many there were. Raises `KeyconsoleError`."""
    found = pages(fetch, cursor=listing.cursor, limit=listing.limit)
    with output.open() as stream:
        written = await export.write(file, found, stream, as_csv=output.form == "csv")
    tell(f"{written.rows:,} {what}{'' if written.rows == 1 else 's'} in {output.path}")
    if written.note:
        tell(written.note)
