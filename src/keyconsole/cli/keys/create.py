"""`keyconsole keys create`: one new key, its secret written once.

Standard output gets the secret alone, without even a line end unless a person reads it, so that
it can be piped into a vault; everything else goes to standard error. The key counts as confirmed
only after the secret was written.
"""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keyconsole.cli import resolve, retrying, secretout
from keyconsole.cli.integrations import explained
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.prompts import tell
from keyconsole.cli.session import Service, ask
from keyconsole.core import durations
from keyconsole.core.errors import (
    KeyconsoleError,
    ProblemError,
)
from keyconsole.text import times

if TYPE_CHECKING:
    from keyconsole.client import CreateAttempt, RotationAttempt
    from keyconsole.wire import CreatedKey

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("integration")
@click.option("--label", metavar="LABEL", required=True, help="What it is for, in a name.")
@click.option("--expires", metavar="WHEN", help="90d, 12h, 2027-01-31 or never. Default: never.")
@click.option("--allow-ip", "addresses", metavar="ADDRESS", multiple=True, help="Only from there.")
@click.option("--output", metavar="FILE", type=_FILE, help="Into a new file for you alone.")
@json_option
@service_options()
def create(
    *,
    options: ServiceOptions,
    integration: str,
    label: str,
    expires: str | None,
    addresses: tuple[str, ...],
    output: Path | None,
    as_json: bool,
) -> None:
    """Make a key for an INTEGRATION and print its secret, once.

    Nothing else is printed on standard output: keyconsole keys create … | vault kv put …
    """
    until = durations.expiry(expires, times.now())
    with secretout.destination(output) as put:

        async def conversation(service: Service) -> None:
            from keyconsole.client import CreateAttempt
            from keyconsole.wire import KeyCreate

            service.require_writing()
            found = await resolve.integration_id(service.client, integration)
            request = KeyCreate(label=label, expires_at=until, allowed_ips=list(addresses) or None)
            where = f"keyconsole keys list --integration {shlex.quote(found)} --unconfirmed"
            with explained(found):
                created = await made(service, CreateAttempt(found, request), where)
            written(put, created, as_json=as_json and output is None)
            start = "" if output or as_json else secretout.line_end()
            await confirm(service, created, start)
            _report(created, output, start, as_json=as_json)

        ask(options, conversation)


async def made(
    service: Service, attempt: "CreateAttempt | RotationAttempt", where: str
) -> "CreatedKey":
    """The key, asked for with one nonce however often; what is unknown in the end is told.

    `where` is the command that would show it.
    """

    def left_open(_: BaseException) -> None:
        tell(
            "Whether a key was made is not known, and its secret reached nobody. It would be "
            f"here, to be revoked: {where}"
        )

    try:
        return await retrying.send(lambda: attempt.send(service.client), left_open=left_open)
    except ProblemError as error:
        if error.code == "secret-already-issued" and error.public_key is not None:
            tell(_advice(error.public_key))
        raise


def written(put: secretout.Put, created: "CreatedKey", *, as_json: bool) -> None:
    """Write the secret where it is to go; raises `KeyconsoleError`, with what to do, if not."""
    secret = created.secret.get_secret_value()
    text = secret
    if as_json:
        document = {"key": created.key.model_dump(mode="json"), "secret": secret}
        text = f"{json.dumps(document, indent=2)}\n"
    made = created.key.public_key
    secretout.write(put, text, made=made, what="secret", advice=_advice(made))


async def confirm(service: Service, created: "CreatedKey", start: str) -> None:
    """Say that the secret was written; what is told begins with `start`."""
    try:
        await retrying.send(lambda: service.client.acknowledge(created.key.public_key), start=start)
    except KeyconsoleError as error:
        tell(f"{start}The key is made and written, but it stays unconfirmed: {error.message}")


def _report(created: "CreatedKey", output: Path | None, start: str, *, as_json: bool) -> None:
    key = created.key
    card = {"key": key.model_dump(mode="json")}
    secretout.report(output, key.public_key, card, what="secret", as_json=as_json)
    until = f"expires {key.expires_at:%Y-%m-%d %H:%M} UTC" if key.expires_at else "never expires"
    tell(
        f"{start}{key.label} ({key.public_key}) for {key.integration_name}, {until}.\n"
        "The service keeps a hash, not the key: if it is lost, revoke it and make another."
    )


def _advice(public_key: str) -> str:
    return f"Revoke it: keyconsole keys revoke {shlex.quote(public_key)} --reason superseded --yes"
