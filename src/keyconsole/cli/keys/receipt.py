"""`keyconsole keys receipt`: what proves that a key is dead, for whoever may look."""

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from keyconsole.cli import prompts, resolve, retrying
from keyconsole.cli.lists import exactly, write_item
from keyconsole.cli.options import json_option
from keyconsole.cli.session import Service, with_service
from keyconsole.core.errors import ExitCode, KeyconsoleError, problem
from keyconsole.flows import revocation
from keyconsole.flows.revocation import Proven
from keyconsole.text import reasons
from keyconsole.text.keys import status_word

if TYPE_CHECKING:
    from keyconsole.wire import Key, Receipt


@click.command()
@click.argument("key")
@json_option
@with_service
async def receipt(service: Service, *, key: str, as_json: bool) -> int:
    """The receipt of a revoked KEY again, and whether it is refused now.

    It is read from the audit log: whoever may read that may show that a key is dead.
    """
    from keyconsole.client.receipts import read_receipt

    found = await resolve.key(service.client, key)
    if found.status != "revoked":
        state = f"{found.label} ({found.public_key}) is {status_word(found)}"
        raise problem("not-found", f"{state}, not revoked: there is no receipt.")
    proven = await prove(service, await read_receipt(service.client, found.public_key))
    return write(proven, as_json=as_json)


async def prove(service: Service, receipt: "Receipt") -> Proven:
    """Ask the verification path whether it refuses the key. Not to know undoes no revoke."""
    try:
        return await retrying.send(lambda: revocation.prove(service.client, receipt))
    except KeyconsoleError as error:
        prompts.tell(f"It is revoked; whether it is refused could not be asked: {error.message}")
        return Proven(receipt, None, key=await _card(service, receipt.public_key))


async def _card(service: Service, public_key: str) -> "Key | None":
    """The key, for its names. It is revoked by now, and that stands whether they are known."""
    with suppress(KeyconsoleError):
        return await service.client.key(public_key)
    return None


def write(proven: Proven, *, as_json: bool) -> int:
    """The receipt on standard output; the exit code is a failure if the key is still let in."""
    write_item(proven.document(), _rows(proven), as_json=as_json)
    if proven.is_let_in:
        prompts.tell("The service says that it is revoked and still lets it in: look at once.")
        return ExitCode.FAILED
    return ExitCode.DONE


def _rows(proven: Proven) -> list[tuple[str, str]]:
    receipt, key = proven.receipt, proven.key
    return [
        ("Revoked", receipt.public_key),
        ("Label", key.label if key else ""),
        ("Integration", key.integration_name if key else ""),
        ("Owner", key.owned_by if key else ""),
        ("Committed", f"{exactly(receipt.revoked_at)} by {receipt.revoked_by}"),
        ("Refused", _refused(proven)),
        ("Reason", reasons.described(str(receipt.reason))),
        ("Incident", receipt.incident or ""),
        ("Note", receipt.note or ""),
        ("Request", receipt.request_id),
        ("Process", receipt.process),
        ("Audit", f"event {receipt.audit_sequence}  {receipt.audit_hash}"),
        ("Again", "it was revoked before; this is the same receipt" if receipt.already else ""),
    ]


def _refused(proven: Proven) -> str:
    if (proof := proven.proof) is None:
        return "not known"
    if proof.would_authenticate:
        return "NO: it still authenticates"
    at = f"at {exactly(proof.checked_at)}"
    if proven.milliseconds is None:
        return f"{at} by {proof.process}"
    return f"{at}, {proven.milliseconds} ms after it was revoked, by {proof.process}"
