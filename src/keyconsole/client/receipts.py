"""The receipt of a revoked key, read again by whoever may look.

The receipt is the audit event itself, so that nobody needs the permission to revoke in order to
show that a key is dead.
"""

from pydantic import ValidationError

from keyconsole.client.keyservice import KeyServiceClient
from keyconsole.core.errors import UnexpectedAnswerError, problem
from keyconsole.wire import AuditEvent, Receipt

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
