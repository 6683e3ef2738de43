"""Revoking: immediate, irreversible, and proved by a receipt, which is the audit event itself."""

import json

from keyconsole.service.clock import moment
from keyconsole.service.rules import audit
from keyconsole.service.rules.calls import Call, find_key, not_found
from keyconsole.service.rules.fields import MAX_NOTE, Findings
from keyconsole.service.rules.keys import pid_or_not_found
from keyconsole.service.store import audit as events
from keyconsole.service.store import keys as store
from keyconsole.service.store.audit import EventRecord
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import Permission, Receipt, RevokeReason, RevokeRequest


async def revoke_key(call: Call, public_key: str, asked: RevokeRequest) -> Receipt:
    """Revoke a key. Once this has returned, no verification that starts later succeeds.

    Repeating it gives the first receipt again, with `already`.
    """
    findings = Findings()
    incident = findings.optional_name("incident", asked.incident, "An incident")
    note = findings.text("note", asked.note, MAX_NOTE, "A note")
    findings.settle()
    pid = pid_or_not_found(public_key)
    async with call.runtime.store.write() as tx:
        key = await find_key(tx, call, pid, Permission.KEYS_REVOKE)
        if key.revoked_sequence is not None:
            return await _earlier_receipt(tx, key)
        event = await audit.record(
            tx,
            call,
            "key.revoked",
            workspace_id=key.workspace_id,
            target=key.public_key,
            target_name=key.label,
            integration_id=key.integration_id,
            detail={
                "reason": asked.reason,
                "incident": incident,
                "note": note,
                "process": call.runtime.process,
            },
        )
        await store.update(
            tx,
            pid,
            key.workspace_id,
            {
                "revoked_at": event.at,
                "revoked_by": event.actor,
                "revoke_reason": asked.reason,
                "incident": incident,
                "revoked_sequence": event.sequence,
            },
        )
    return _receipt(event, already=False)


async def _earlier_receipt(tx: Connection, key: KeyRecord) -> Receipt:
    event = await events.find(tx, key.workspace_id, key.revoked_sequence or 0)
    if event is None:
        raise not_found()
    return _receipt(event, already=True)


def _receipt(event: EventRecord, *, already: bool) -> Receipt:
    detail = json.loads(event.detail)
    return Receipt(
        public_key=event.target,
        revoked_at=moment(event.at),
        revoked_by=event.actor,
        reason=RevokeReason(detail["reason"]),
        incident=detail["incident"],
        note=detail["note"],
        request_id=event.request_id,
        audit_sequence=event.sequence,
        audit_hash=event.hash,
        process=detail["process"],
        already=already,
    )
