"""`keyconsole keys revoke`: at once and for ever, with a receipt on standard output."""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from keyconsole.cli import finding, prompts, retrying
from keyconsole.cli.keys import cards, reasons
from keyconsole.cli.lists import exactly, write_document
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.table import write_rows
from keyconsole.cli.talking import Service, ask
from keyconsole.errors import ExitCode, KeyconsoleError, ServiceUnreachableError

if TYPE_CHECKING:
    from keyconsole.wire import Identified, Key, Receipt


@dataclass(frozen=True, slots=True)
class _Revoked:
    """The receipt, and what the verification path said of the key right after.

    `milliseconds` is from the answer to the revoke until that path had refused the key.
    """

    receipt: "Receipt"
    proof: "Identified | None"
    milliseconds: float
    key: "Key | None" = None


@click.command()
@click.argument("key")
@click.option("--reason", type=reasons.Reason(), help="Why. The names of RFC 5280 will do too.")
@click.option("--incident", metavar="ID", help="Such as INC-4211.")
@click.option("--note", metavar="TEXT", help="For whoever reads the audit log.")
@click.option("--yes", is_flag=True, help="Do not ask.")
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
    key. A dangerous profile asks on a terminal in any case.
    """
    prompts.require_yes(yes=yes, what="Revoking a key")
    has_person = prompts.can_ask()
    if not has_person:
        finding.public_key(key)

    async def conversation(service: Service) -> _Revoked:
        service.require_writing()
        asks = has_person and (service.target.danger or not yes)
        public_key = (
            (await _meant(service, key, asks=asks)).public_key
            if (asks or not finding.is_public_key(key))
            else finding.public_key(key)
        )
        why = reason or (_ask_reason() if asks else reasons.UNSAID)
        return await _revoke(service, public_key, why, incident, note)

    revoked = ask(options, conversation)
    if as_json:
        write_document(_document(revoked))
    else:
        write_rows(_rows(revoked))
    return _end(revoked)


async def _meant(service: Service, argument: str, *, asks: bool) -> "Key":
    """The key that is meant, confirmed letter by letter if a person is to be asked."""
    key = await finding.key(service.client, argument)
    if not asks or key.status == "revoked":
        return key
    for title, value in cards.rows(key):
        prompts.tell(f"  {title:<14}  {value}")
    prompts.tell(await _use(service, key))
    prompts.ask_words(
        "Type its label, or the last four of its public key, to revoke it for ever",
        (key.label, key.public_key[-4:]),
        "That is neither its label nor its last four: nothing was revoked.",
    )
    return key


def _ask_reason() -> str:
    return prompts.ask_choice(
        f"Reason ({', '.join(reasons.WORDS)})", reasons.Reason(), next(iter(reasons.WORDS))
    )


async def _use(service: Service, key: "Key") -> str:
    """What breaks when it dies. Not to know is no reason to stop."""
    try:
        usage = await service.client.usage(key.public_key)
    except KeyconsoleError as error:
        return f"How it is used is not known: {error.message}"
    last = "It is the last active key of this integration. " if not usage.active_siblings else ""
    if not usage.last_hour:
        return f"{last}Nobody used it in the last hour."
    sources = ", ".join(f"{each.address} {each.agent}" for each in usage.sources[:3])
    return f"IN USE NOW: {usage.last_hour} requests in the last hour, from {sources}. {last}"


async def _revoke(
    service: Service, public_key: str, reason: str, incident: str | None, note: str | None
) -> _Revoked:
    from keyconsole.wire import RevokeReason, RevokeRequest

    client = service.client
    request = RevokeRequest(reason=RevokeReason(reason), incident=incident, note=note)
    try:
        receipt = await retrying.send(lambda: client.revoke_key(public_key, request))
    except ServiceUnreachableError as error:
        error.message = (
            f"{error.message} Whether {public_key} is revoked is not known: ask again, "
            "repeating it does no harm."
        )
        raise
    answered = time.perf_counter()
    try:
        proof = await retrying.send(lambda: client.identify(public_key))
    except KeyconsoleError as error:
        prompts.tell(f"It is revoked; whether it is refused could not be asked: {error.message}")
        return _Revoked(receipt, None, 0.0, await _card(service, public_key))
    milliseconds = (time.perf_counter() - answered) * 1000
    return _Revoked(receipt, proof, milliseconds, proof.key)


async def _card(service: Service, public_key: str) -> "Key | None":
    """The key, for its names. It is revoked by now, and that stands whether they are known."""
    with suppress(KeyconsoleError):
        return await service.client.key(public_key)
    return None


def _document(revoked: _Revoked) -> dict[str, Any]:
    document: dict[str, Any] = revoked.receipt.model_dump(mode="json")
    key = revoked.key
    document["label"] = key.label if key else None
    document["integration_name"] = key.integration_name if key else None
    if (proof := revoked.proof) is not None:
        took = None if proof.would_authenticate else round(revoked.milliseconds)
        document["verification"] = proof.model_dump(
            mode="json", include={"would_authenticate", "reason", "checked_at", "process"}
        ) | {"measured_ms": took}
    return document


def _rows(revoked: _Revoked) -> list[tuple[str, str]]:
    receipt, key = revoked.receipt, revoked.key
    rows = [
        ("Revoked", receipt.public_key),
        ("Label", key.label if key else ""),
        ("Integration", key.integration_name if key else ""),
        ("Committed", f"{exactly(receipt.revoked_at)} by {receipt.revoked_by}"),
        ("Refused", _refused(revoked)),
        ("Reason", reasons.shown(str(receipt.reason))),
        ("Incident", receipt.incident or ""),
        ("Note", receipt.note or ""),
        ("Request", receipt.request_id),
        ("Process", receipt.process),
        ("Audit", f"event {receipt.audit_sequence}  {receipt.audit_hash}"),
        ("Again", "it was revoked before; this is the same receipt" if receipt.already else ""),
    ]
    return [row for row in rows if row[1]]


def _refused(revoked: _Revoked) -> str:
    if (proof := revoked.proof) is None:
        return "not known"
    if proof.would_authenticate:
        return "NO: it still authenticates"
    at = f"at {exactly(proof.checked_at)}"
    if revoked.receipt.already:  # the answer that it is measured from came long ago
        return f"{at} by {proof.process}"
    return f"{at}, {revoked.milliseconds:.0f} ms after the answer, by {proof.process}"


def _end(revoked: _Revoked) -> int:
    if revoked.proof is not None and revoked.proof.would_authenticate:
        prompts.tell("The service says that it is revoked and still lets it in: look at once.")
        return ExitCode.FAILED
    return ExitCode.DONE
