"""`keyconsole keys rotate`: the replacement of a key, its secret written once as for every key."""

import shlex
from datetime import datetime
from pathlib import Path

import click

from keyconsole.cli import resolve, secretout
from keyconsole.cli.keys import create
from keyconsole.cli.options import (
    ServiceOptions,
    json_option,
    reads,
    secret_file_option,
    service_options,
)
from keyconsole.cli.session import Service, ask
from keyconsole.core import durations


@click.command()
@click.argument("key")
@click.option("--label", metavar="LABEL", help="Another name than that of the old key.")
@click.option("--quiet", metavar="TIME", help="How long unused the old key may go: 30m, 2h, 1d.")
@click.option(
    "--deadline",
    metavar="WHEN",
    callback=reads(durations.ahead),
    help="When it goes at the latest: 7d, 2027-01-31.",
)
@click.option("--automatic", is_flag=True, help="The service revokes the old key by itself.")
@secret_file_option
@json_option
@service_options()
def rotate(
    *,
    options: ServiceOptions,
    key: str,
    label: str | None,
    quiet: str | None,
    deadline: datetime | None,
    automatic: bool,
    output: Path | None,
    as_json: bool,
) -> None:
    """Replace a KEY without a gap: print the secret of its replacement, once.

    Both keys work until the old one is no longer used. What is waited for: keyconsole keys
    rotation KEY. Nothing but the secret is printed on standard output.
    """
    minutes = None if quiet is None else durations.duration(quiet, "--quiet") // durations.MINUTE
    with secretout.handover(output, as_json=as_json) as out:

        async def conversation(service: Service) -> None:
            from keyconsole.client import RotationAttempt
            from keyconsole.wire import RotationRequest

            service.require_writing()
            old = await resolve.key(service.client, key)
            request = RotationRequest(
                label=label,
                quiet_minutes=minutes,
                deadline=deadline,
                automatic=automatic or None,
            )
            attempt = RotationAttempt(old.public_key, request)
            where = f"keyconsole keys rotation {shlex.quote(old.public_key)}"
            new = await create.hand_over(service, attempt, out, where)
            sentence = (
                f"{new.label} ({new.public_key}) replaces {old.label} ({old.public_key}). "
                f"Both work.\nWhat is waited for: {where}"
            )
            out.report(new.public_key, {"key": new.model_dump(mode="json")}, sentence)

        ask(options, conversation)
