"""The receipt of a revoked key: read again by whoever may look, and kept as one document.

The receipt is the audit event itself, so that nobody needs the permission to revoke in order to
show that a key is dead.
"""

from typing import Any

from pydantic import ValidationError

from keyconsole.client.keyservice import KeyServiceClient
from keyconsole.core.errors import UnexpectedAnswerError, problem
from keyconsole.wire import AuditEvent, Identified, Key, Receipt

REVOKED = "key.revoked"
_GROUNDS = ("reason", "incident", "note", "process")


async def read_receipt(client: KeyServiceClient, public_key: str) -> Receipt:
    """Returns the receipt of a key that is revoked already. Changes nothing.

    Raises `NotFoundError` where the audit log has none that may be read.
    """
    page = await client.audit(target=public_key, action=REVOKED, limit=1)
    if not page.items:
        raise problem("not-found", "The audit log has no receipt of it that you may read.")
    return _receipt(page.items[0])


def document(
    receipt: Receipt, key: Key | None, proof: Identified | None, milliseconds: float
) -> dict[str, Any]:
    """Returns the receipt as JSON, with the key's names and the verdict of verification.

    `milliseconds` is from the answer to the revoke until that path had refused the key; of a
    receipt that is read again, or a key that is let in, there is no such time.
    """
    kept: dict[str, Any] = receipt.model_dump(mode="json")
    kept["label"] = key.label if key else None
    kept["integration_name"] = key.integration_name if key else None
    if proof is not None:
        is_measured = not (proof.would_authenticate or receipt.already)
        kept["verification"] = proof.model_dump(
            mode="json", include={"would_authenticate", "reason", "checked_at", "process"}
        ) | {"measured_ms": round(milliseconds) if is_measured else None}
    return kept


def _receipt(event: AuditEvent) -> Receipt:
    grounds = {name: event.detail.get(name) for name in _GROUNDS}
    try:
        return Receipt.model_validate(
            {
                "public_key": event.target,
                "revoked_at": event.at,
                "revoked_by": event.actor,
                "request_id": event.request_id,
                "audit_sequence": event.sequence,
                "audit_hash": event.hash,
                "already": True,
                **grounds,
            }
        )
    except ValidationError:
        pass
    # Outside of the handler: the ValidationError holds what was answered.
    raise UnexpectedAnswerError("What the audit log says of it is not a receipt.")
