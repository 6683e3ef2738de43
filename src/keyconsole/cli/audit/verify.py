"""`keyconsole audit verify`: whether the log is as it was written, and all of it is there."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from keyconsole.cli import prompts
from keyconsole.cli.lists import write_document
from keyconsole.cli.options import json_option
from keyconsole.cli.session import Service, with_service
from keyconsole.core.errors import ExitCode, KeyconsoleError
from keyconsole.local import inputfile

if TYPE_CHECKING:
    from keyconsole.client.audittrail import Proof

_STDIN = Path("-")
_LONGEST = 256 << 20


@click.command()
@click.option(
    "--checkpoints",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Checkpoints of the service, kept elsewhere; - is standard input.",
)
@click.option("--workspace", metavar="NAME", help="Whose log, where you are in several.")
@json_option
@with_service
async def verify(
    service: Service, *, checkpoints: Path | None, workspace: str | None, as_json: bool
) -> int:
    """Prove that the log is whole, against checkpoints too.

    The service follows it from its first event. Ends with 1 when something was changed, cut off
    or written anew.
    """
    from keyconsole.client.audittrail import prove, read_checkpoints

    text = None if checkpoints is None else _read(checkpoints)
    workspace_id = await service.one_workspace(workspace)
    known = [] if text is None else read_checkpoints(text, workspace_id)
    proof = await prove(service.client, workspace_id, known)
    if as_json:
        write_document(_document(proof))
    else:
        click.echo(proof.sentence)
    return ExitCode.DONE if proof.is_whole else ExitCode.FAILED


def _read(path: Path) -> str:
    try:
        if path == _STDIN:
            return prompts.standard_input().read()
        return inputfile.read(path, longest=_LONGEST).content.decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", None) or "it is not text").lower()
        raise KeyconsoleError(f"{path} cannot be read: {reason}.") from None


def _document(proof: "Proof") -> dict[str, object]:
    return {
        "whole": proof.is_whole,
        "message": proof.sentence,
        "workspace_id": proof.workspace_id,
        "events": proof.events,
        "head": proof.head,
        "first_broken": proof.first_broken,
        "checkpoints": proof.checkpoints,
        "cut": proof.cut and proof.cut.model_dump(mode="json"),
        "rewritten": proof.rewritten and proof.rewritten.model_dump(mode="json"),
        "agrees_until": proof.newest and proof.newest.model_dump(mode="json"),
    }
