"""Revoking: immediate, irreversible, and proved by a receipt, which is the audit event itself."""

from dataclasses import dataclass
from typing import Self

from keyconsole.core.errors import problem
from keyconsole.service.clock import moment
from keyconsole.service.revocationlog import LoggedRevoke
from keyconsole.service.rules import audit
from keyconsole.service.rules.context import RequestContext, find_key
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.rules.keys import pid_or_not_found
from keyconsole.service.store import audit as events
from keyconsole.service.store import keys as store
from keyconsole.service.store.audit import EventRecord
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import Permission, Receipt, RevokeReason, RevokeRequest


@dataclass(frozen=True, slots=True)
class Grounds:
    """The reason for revoking or disabling a key. `via` names what did it, if not an operator."""

    reason: RevokeReason = RevokeReason.UNSPECIFIED
    incident: str | None = None
    note: str | None = None
    via: str | None = None

    @classmethod
    def of(cls, event: EventRecord) -> Self:
        """Returns the grounds of an event, as far as nobody spoilt its detail."""
        detail = audit.detail_of(event) or {}
        reason, *texts = (detail.get(name) for name in ("reason", "incident", "note"))
        return cls(
            next((each for each in RevokeReason if each == reason), RevokeReason.UNSPECIFIED),
            *(text if isinstance(text, str) else None for text in texts),
        )

    def detail(self) -> dict[str, str | None]:
        """Returns the detail for the audit log."""
        kept = {"reason": self.reason.value, "incident": self.incident, "note": self.note}
        return kept if self.via is None else kept | {"via": self.via}

    def over(self, earlier: "Grounds") -> "Grounds":
        """Returns these grounds, with the earlier ones for whatever they do not say."""
        return Grounds(
            earlier.reason if self.reason is RevokeReason.UNSPECIFIED else self.reason,
            self.incident or earlier.incident,
            self.note or earlier.note,
            self.via,
        )


async def revoke_key(context: RequestContext, public_key: str, asked: RevokeRequest) -> Receipt:
    """Revokes a key. Once this has returned, no verification that starts later succeeds.

    Repeating it gives the first receipt again, with `already`.
    """
    grounds = checked(asked.reason, asked.incident, asked.note)
    pid = pid_or_not_found(public_key)
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        key = await find_key(tx, context, pid, Permission.KEYS_REVOKE)
        if key.revoked_at is not None:
            return await earlier_receipt(tx, key)
        event = await revoke(tx, context, key, grounds)
    return receipt_of(event, already=False)


def checked(reason: RevokeReason, incident: str | None, note: str | None) -> Grounds:
    """Returns the grounds as they may be kept and shown; raises `request-invalid`."""
    errors = FieldErrors()
    named = errors.optional_name("incident", incident, "An incident")
    text = errors.note(note)
    errors.raise_if_any()
    return Grounds(reason, named, text)


async def revoke(
    tx: Connection, context: RequestContext, key: KeyRecord, grounds: Grounds
) -> EventRecord:
    """Revokes a key that is not revoked, and records it. It holds once it is committed."""
    detail = grounds.detail() | {"process": context.runtime.process}
    event = await audit.record_of_key(tx, context, "key.revoked", key, detail)
    await store.update(tx, key.pid, key.workspace_id, revocation_columns(event, grounds))
    logged = LoggedRevoke(key.pid, key.workspace_id, event.at)
    await context.runtime.revocation_log.append([logged])
    return event


def revocation_columns(event: EventRecord, grounds: Grounds) -> dict[str, object]:
    """Returns the columns that a revoke writes, which nothing ever changes again."""
    return {
        "revoked_at": event.at,
        "revoked_by": event.actor,
        "revoke_reason": grounds.reason,
        "incident": grounds.incident,
        "revoked_sequence": event.sequence,
    }


async def earlier_receipt(tx: Connection, key: KeyRecord) -> Receipt:
    """Returns the receipt of a key that is revoked already.

    Raises `key-already-revoked` where somebody else wrote it into the database, and nothing more.
    """
    event = await events.find(tx, key.workspace_id, key.revoked_sequence or 0)
    if event is None:
        raise problem(
            "key-already-revoked",
            "The key is revoked, and that is for ever. There is no receipt: the audit log does not "
            "know of it.",
        )
    return receipt_of(event, already=True)


def receipt_of(event: EventRecord, *, already: bool) -> Receipt:
    """Returns the receipt that an event is."""
    grounds = Grounds.of(event)
    process = (audit.detail_of(event) or {}).get("process")
    return Receipt(
        public_key=event.target,
        revoked_at=moment(event.at),
        revoked_by=event.actor,
        reason=grounds.reason,
        incident=grounds.incident,
        note=grounds.note,
        request_id=event.request_id,
        audit_sequence=event.sequence,
        audit_hash=event.hash,
        process=process if isinstance(process, str) else "",
        already=already,
    )
