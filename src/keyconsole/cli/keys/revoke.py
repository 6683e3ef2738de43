"""`keyconsole keys revoke`: at once and for ever, with a receipt on standard output."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from keyconsole.cli import prompts, resolve, retrying
from keyconsole.cli.keys import blast, cards
from keyconsole.cli.keys.reason_option import NAMES, Reason, reason_option
from keyconsole.cli.keys.receipt import prove, write
from keyconsole.cli.options import (
    ServiceOptions,
    grounds_options,
    json_option,
    service_options,
    yes_option,
)
from keyconsole.cli.session import Service, ask
from keyconsole.core.errors import KeyconsoleError
from keyconsole.flows.revocation import Asking, Proven, Sending
from keyconsole.text import reasons, rotations, times

if TYPE_CHECKING:
    from keyconsole.wire import Key


@click.command()
@click.argument("key")
@reason_option
@grounds_options
@yes_option()
@json_option
@service_options()
def revoke(
    *,
    options: ServiceOptions,
    key: str,
    reason: str | None,
    incident: str | None,
    note: str | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Revoke a KEY at once and for ever, and print the receipt.

    Revoking it again prints the same receipt. Without a terminal it takes --yes and the public
    key. On a terminal a dangerous profile asks in any case, and so does the last active key of an
    integration, once more.
    """
    resolve.require_unattended(key, yes=yes, what="Revoking a key")
    has_person = prompts.can_ask()

    async def conversation(service: Service) -> Proven:
        from keyconsole.wire import RevokeReason, RevokeRequest

        service.require_writing()
        await resolve.require_own_value(service.client, key)
        asks = has_person and (service.target.danger or not yes)
        public_key = (
            (await _meant(service, key, asks=asks)).public_key
            if has_person
            else resolve.public_key(key)
        )
        why = reason or (_ask_reason() if asks else reasons.UNSAID)
        request = RevokeRequest(reason=RevokeReason(why), incident=incident, note=note)
        return await _revoke(service, Sending(public_key, request))

    return write(ask(options, conversation), as_json=as_json)


async def _meant(service: Service, argument: str, *, asks: bool) -> "Key":
    """The key that a person means: confirmed letter by letter if they are to be asked.

    That nothing gets in any more is asked in any case.
    """
    key = await resolve.key(service.client, argument)
    if key.status == "revoked":
        return key
    asking = await _with_use(service, Asking(key))
    if asks:
        for title, value in cards.rows(key):
            if value:
                prompts.tell(f"  {title:<14}  {value}")
        for line in [asking.failed] if asking.usage is None else blast.lines(asking.usage):
            prompts.tell(line)
        if asking.successor is not None:
            prompts.tell(rotations.succession(asking.successor, times.now()))
        question = "Type its label, or the last four of its public key, to revoke it for ever"
        prompts.ask_name(question, asking.accepted)
    if asking.lockout:
        prompts.ask_once_more(asking.lockout)
    return key


def _ask_reason() -> str:
    return prompts.ask_choice(f"Reason ({', '.join(NAMES)})", Reason(), next(iter(NAMES)))


async def _with_use(service: Service, asking: Asking) -> Asking:
    """Looks up the use of a key. Where that fails, `failed` says why and the revoke goes on."""
    try:
        return await asking.look_up(service.client)
    except KeyconsoleError as error:
        return replace(asking, failed=f"How it is used is not known: {error.message}")


async def _revoke(service: Service, sending: Sending) -> Proven:
    receipt = await retrying.send(
        lambda: sending.revoke(service.client),
        left_open=retrying.not_known(f"Whether {sending.public_key} is revoked"),
    )
    return await prove(service, receipt)
