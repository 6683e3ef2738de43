"""`keyconsole tokens create`: one new operator token, its value written once.

As for a key, standard output gets the value alone, and everything else standard error.
"""

import shlex
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from keyconsole.cli import retrying, secretout
from keyconsole.cli.keys.create import expires_words
from keyconsole.cli.members import find, workspace_option
from keyconsole.cli.options import (
    ServiceOptions,
    json_option,
    secret_file_option,
    service_options,
)
from keyconsole.cli.prompts import tell
from keyconsole.cli.session import Service, ask

if TYPE_CHECKING:
    from keyconsole.wire import CreatedToken, TokenCreate


def _expiry(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    from keyconsole.core import durations
    from keyconsole.text import times

    return durations.expiry(text, times.now())


@click.command()
@click.argument("member", required=False)
@click.option("--label", metavar="LABEL", help="What it is for, in a name.")
@click.option(
    "--expires",
    metavar="WHEN",
    callback=_expiry,
    help="90d, 12h, 2027-01-31 or never. Default: never.",
)
@workspace_option
@secret_file_option
@json_option
@service_options()
def create(
    *,
    options: ServiceOptions,
    member: str | None,
    label: str | None,
    expires: datetime | None,
    workspace: str | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Make a token for a MEMBER, by address or account, or yourself; print its value, once.

    It signs in to one workspace and no other: yours, or that of --workspace, where you are a
    member or an admin. Nothing else is printed on standard output.
    """
    with secretout.handover(output, as_json=as_json, what="token", part="value") as out:

        async def conversation(service: Service) -> None:
            from keyconsole.wire import TokenCreate

            service.require_writing()
            where = await service.workspace_id(workspace)
            whose = await find(service, member, where) if member else None
            request = TokenCreate(
                account_id=whose.account_id if whose else None,
                workspace_id=whose.workspace_id if whose else where,
                label=label,
                expires_at=expires,
            )
            made = await _made(service, request)
            value, card = made.value.get_secret_value(), made.model_dump(mode="json")
            advice = f"Revoke it: keyconsole tokens revoke {shlex.quote(made.id)} --yes"
            out.write(value, card | {"value": value}, made=made.id, advice=advice)
            sentence = (
                f"{made.id} for {made.email}, {expires_words(made.expires_at)}.\n"
                "The service keeps a hash, not the token: if it is lost, revoke it and make "
                "another."
            )
            out.report(made.id, made.model_dump(mode="json", exclude={"value"}), sentence)

        ask(options, conversation)


async def _made(service: Service, request: "TokenCreate") -> "CreatedToken":
    """Makes one token however often it is asked for. What is unknown is told."""
    from keyconsole.client import TokenAttempt

    attempt = TokenAttempt(request)

    def left_open(_: BaseException) -> None:
        tell(
            "Whether a token was made is not known, and its value reached nobody. It would be the "
            "first of these, to be revoked: keyconsole tokens list --limit 1"
        )

    return await retrying.send(lambda: attempt.send(service.client), left_open=left_open)
