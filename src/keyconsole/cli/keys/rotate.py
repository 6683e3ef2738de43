"""`keyconsole keys rotate`: the replacement of a key, its secret written once as for every key."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keyconsole.cli import resolve, secretout
from keyconsole.cli.keys import create
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.prompts import tell
from keyconsole.cli.session import Service, ask
from keyconsole.core import durations
from keyconsole.text import times

if TYPE_CHECKING:
    from keyconsole.wire import CreatedKey, Key

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("key")
@click.option("--label", metavar="LABEL", help="Another name than that of the old key.")
@click.option("--quiet", metavar="TIME", help="How long unused the old key may go: 30m, 2h, 1d.")
@click.option("--deadline", metavar="WHEN", help="When it goes at the latest: 7d, 2027-01-31.")
@click.option("--automatic", is_flag=True, help="The service revokes the old key by itself.")
@click.option("--output", metavar="FILE", type=_FILE, help="Into a new file for you alone.")
@json_option
@service_options()
def rotate(
    *,
    options: ServiceOptions,
    key: str,
    label: str | None,
    quiet: str | None,
    deadline: str | None,
    automatic: bool,
    output: Path | None,
    as_json: bool,
) -> None:
    """Replace a KEY without a gap: print the secret of its replacement, once.

    Both keys work until the old one is no longer used. What is waited for: keyconsole keys
    rotation KEY. Nothing but the secret is printed on standard output.
    """
    minutes = None if quiet is None else durations.duration(quiet, "--quiet") // durations.MINUTE
    until = None if deadline is None else durations.ahead(deadline, times.now(), "--deadline")
    with secretout.destination(output) as put:

        async def conversation(service: Service) -> None:
            from keyconsole.client import RotationAttempt
            from keyconsole.wire import RotationRequest

            service.require_writing()
            old = await resolve.key(service.client, key)
            request = RotationRequest(
                label=label,
                quiet_minutes=minutes,
                deadline=until,
                automatic=automatic or None,
            )
            attempt = RotationAttempt(old.public_key, request)
            where = f"keyconsole keys rotation {shlex.quote(old.public_key)}"
            created = await create.made(service, attempt, where)
            create.written(put, created, as_json=as_json and output is None)
            start = "" if output or as_json else secretout.line_end()
            await create.confirm(service, created, start)
            _report(created, old, output, start, as_json=as_json)

        ask(options, conversation)


def _report(
    created: "CreatedKey", old: "Key", output: Path | None, start: str, *, as_json: bool
) -> None:
    key = created.key
    card = {"key": key.model_dump(mode="json")}
    secretout.report(output, key.public_key, card, what="secret", as_json=as_json)
    tell(
        f"{start}{key.label} ({key.public_key}) replaces {old.label} ({old.public_key}). "
        f"Both work.\nWhat is waited for: keyconsole keys rotation {shlex.quote(old.public_key)}"
    )
