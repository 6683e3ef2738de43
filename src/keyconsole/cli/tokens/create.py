"""`keyconsole tokens create`: one new operator token, its value written once.

As for a key, standard output gets the value alone, and everything else standard error.
"""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keyconsole.cli import retrying, secretout
from keyconsole.cli.members import find, workspace_option
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.prompts import tell
from keyconsole.cli.session import Service, ask
from keyconsole.core import durations
from keyconsole.text import times

if TYPE_CHECKING:
    from keyconsole.wire import CreatedToken, TokenCreate

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("member", required=False)
@click.option("--label", metavar="LABEL", help="What it is for, in a name.")
@click.option("--expires", metavar="WHEN", help="90d, 12h, 2027-01-31 or never. Default: never.")
@workspace_option
@click.option("--output", metavar="FILE", type=_FILE, help="Into a new file for you alone.")
@json_option
@service_options()
def create(
    *,
    options: ServiceOptions,
    member: str | None,
    label: str | None,
    expires: str | None,
    workspace: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Make a token for a MEMBER, by address or account, or yourself; print its value, once.

    It signs in to one workspace and no other: yours, or that of --workspace, where you are a
    member or an admin. Nothing else is printed on standard output.
    """
    until = durations.expiry(expires, times.now())
    with secretout.destination(output, "token") as put:

        async def conversation(service: Service) -> None:
            from keyconsole.wire import TokenCreate

            service.require_writing()
            where = workspace or await service.workspace_id()
            whose = await find(service, member, where) if member else None
            request = TokenCreate(
                account_id=whose.account_id if whose else None,
                workspace_id=whose.workspace_id if whose else where,
                label=label,
                expires_at=until,
            )
            created = await _made(service, request)
            _written(put, created, as_json=as_json and output is None)
            start = "" if output or as_json else secretout.line_end()
            _report(created, output, start, as_json=as_json)

        ask(options, conversation)


async def _made(service: Service, request: "TokenCreate") -> "CreatedToken":
    """The token, asked for with one nonce however often; what is unknown in the end is told."""
    from keyconsole.client import new_idempotency_key

    nonce = new_idempotency_key()

    def left_open(_: BaseException) -> None:
        tell(
            "Whether a token was made is not known, and its value reached nobody. It would be the "
            "first of these, to be revoked: keyconsole tokens list --limit 1"
        )

    return await retrying.send(
        lambda: service.client.tokens.create(request, idempotency_key=nonce), left_open=left_open
    )


def _written(put: secretout.Put, created: "CreatedToken", *, as_json: bool) -> None:
    value = created.value.get_secret_value()
    text = value
    if as_json:
        document = created.model_dump(mode="json") | {"value": value}
        text = f"{json.dumps(document, indent=2)}\n"
    advice = f"Revoke it: keyconsole tokens revoke {shlex.quote(created.id)} --yes"
    secretout.write(put, text, made=created.id, what="value", advice=advice)


def _report(created: "CreatedToken", output: Path | None, start: str, *, as_json: bool) -> None:
    card = created.model_dump(mode="json", exclude={"value"})
    secretout.report(output, created.id, card, what="value", as_json=as_json)
    until = (
        f"expires {created.expires_at:%Y-%m-%d %H:%M} UTC"
        if created.expires_at
        else "never expires"
    )
    tell(
        f"{start}{created.id} for {created.email}, {until}.\n"
        "The service keeps a hash, not the token: if it is lost, revoke it and make another."
    )
