"""`keyconsole keys create`: one new key, its secret written once.

Standard output gets the secret alone, as a line, so that it can be piped into a vault; everything
else goes to standard error. The key counts as confirmed only after the secret was written.
"""

import shlex
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyconsole.cli import resolve, retrying, secretout
from keyconsole.cli.integrations import explained
from keyconsole.cli.keys.limiting import quota_option, rate_option
from keyconsole.cli.options import (
    ServiceOptions,
    json_option,
    secret_file_option,
    service_options,
)
from keyconsole.cli.prompts import tell
from keyconsole.cli.secretout import Handover
from keyconsole.cli.session import Service, ask
from keyconsole.core.errors import KeyconsoleError, ProblemError

if TYPE_CHECKING:
    from keyconsole.client import CreateAttempt, RotationAttempt
    from keyconsole.wire import Key


def _expiry(_: click.Context, __: click.Parameter, text: str | None) -> dict[str, Any]:
    """The field of the request; none where nothing is said, which leaves it to the policy."""
    from keyconsole.core import durations
    from keyconsole.text import times

    return {} if text is None else {"expires_at": durations.expiry(text, times.now())}


@click.command()
@click.argument("integration")
@click.option("--label", metavar="LABEL", required=True, help="What it is for, in a name.")
@click.option(
    "--expires",
    "expiry",
    metavar="WHEN",
    callback=_expiry,
    help="90d, 12h, 2027-01-31T18:00 or never. Default: as the workspace's policy says.",
)
@click.option("--allow-ip", "addresses", metavar="ADDRESS", multiple=True, help="Only from there.")
@click.option("--scope", "scopes", metavar="SCOPE", multiple=True, help="For this alone, or more.")
@click.option("--owner", metavar="OWNER", help="A member's address or a team. Default: you.")
@rate_option
@quota_option
@secret_file_option
@json_option
@service_options()
def create(
    *,
    options: ServiceOptions,
    integration: str,
    label: str,
    expiry: dict[str, Any],
    addresses: tuple[str, ...],
    scopes: tuple[str, ...],
    owner: str | None,
    rate: dict[str, Any],
    quota: dict[str, Any],
    output: Path | None,
    as_json: bool,
) -> None:
    """Make a key for an INTEGRATION and print its secret, once.

    Nothing but that line is printed on standard output, so that it can be piped into a vault.
    """
    with secretout.handover(output, as_json=as_json) as out:

        async def conversation(service: Service) -> None:
            from keyconsole.client import CreateAttempt
            from keyconsole.wire import KeyCreate, OwnerRequest

            service.require_writing()
            found = await resolve.integration_id(service.client, integration)
            request = KeyCreate(
                label=label,
                **(expiry | rate | quota),
                allowed_ips=list(addresses) or None,
                scopes=list(scopes) or None,
                owner=None if owner is None else OwnerRequest(name=owner),
            )
            where = f"keyconsole keys list --integration {shlex.quote(found)} --unconfirmed"
            with explained(found):
                key = await hand_over(service, CreateAttempt(found, request), out, where)
            sentence = (
                f"{key.label} ({key.public_key}) for {key.integration_name}, "
                f"{expires_words(key.expires_at)}{_by_policy(key)}.\n"
                "The service keeps a hash, not the key: if it is lost, revoke it and make another."
            )
            out.report(key.public_key, {"key": key.model_dump(mode="json")}, sentence)

        ask(options, conversation)


async def hand_over(
    service: Service, attempt: "CreateAttempt | RotationAttempt", out: Handover, where: str
) -> "Key":
    """Makes a key with one nonce however often it is asked for, writes its secret and confirms it.

    What is unknown in the end is told with `where`, the command that would show the key. Raises
    `KeyconsoleError`, with what to do, where the secret cannot be written.
    """

    def left_open(_: BaseException) -> None:
        tell(
            "Whether a key was made is not known, and its secret reached nobody. It would be "
            f"here, to be revoked: {where}"
        )

    try:
        created = await retrying.send(lambda: attempt.send(service.client), left_open=left_open)
    except ProblemError as error:
        if error.code == "secret-already-issued" and error.public_key is not None:
            tell(_advice(error.public_key))
        raise
    key, secret = created.key, created.secret.get_secret_value()
    document = {"key": key.model_dump(mode="json"), "secret": secret}
    out.write(secret, document, made=key.public_key, advice=_advice(key.public_key))
    try:
        await retrying.send(lambda: service.client.acknowledge(key.public_key))
    except KeyconsoleError as error:
        tell(f"The key is made and written, but it stays unconfirmed: {error.message}")
    return key


def expires_words(moment: datetime | None) -> str:
    """Returns when something new expires."""
    return f"expires {moment:%Y-%m-%d %H:%M} UTC" if moment else "never expires"


def _by_policy(key: "Key") -> str:
    return " by the policy of the workspace" if key.expiry_from == "policy" else ""


def _advice(public_key: str) -> str:
    return f"Revoke it: keyconsole keys revoke {shlex.quote(public_key)} --reason superseded --yes"
