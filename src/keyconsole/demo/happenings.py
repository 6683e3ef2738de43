"""The changes of the sample data, as the audit log has them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from keyconsole.core.credential import public_key
from keyconsole.demo.people import ANA, address
from keyconsole.demo.plan import moment
from keyconsole.demo.rows import MadeKey, Member
from keyconsole.service.clock import MINUTE, told
from keyconsole.service.store.integrations import NEEDED, IntegrationRecord

REVOKED = "key.revoked"
PROCESS = "keys-1.acme.example:4021"
"""The process that answered, in the receipts of the past."""

_CHANGES = frozenset({"key.acknowledged", "key.renamed", "key.disabled", REVOKED})


@dataclass(frozen=True, slots=True)
class Happening:
    """An audit event before it has a place in the chain."""

    at: int
    actor: str
    action: str
    target: str
    target_name: str
    integration_id: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def is_change(self) -> bool:
        """True if it changed the version of a key."""
        return self.action in _CHANGES


def of_member(member: Member, now: int) -> Iterator[Happening]:
    """Somebody came, and perhaps went."""
    account, person = member.account_id, member.person
    role = {"role": person.role}
    yield Happening(member.joined_at, ANA, "member.added", account, person.email, detail=role)
    if person.left is not None:
        yield Happening(moment(now, person.left), ANA, "member.removed", account, person.email)


def of_integration(made: IntegrationRecord) -> Iterator[Happening]:
    """An integration was added, and perhaps disabled."""
    detail = {name: getattr(made, name) for name in NEEDED}
    yield Happening(
        made.created_at, made.created_by, "integration.created", made.id, made.name, made.id, detail
    )
    if made.disabled_at is not None:
        ops = address("ops")
        yield Happening(made.disabled_at, ops, "integration.disabled", made.id, made.name, made.id)


def of_key(made: MadeKey, now: int) -> Iterator[Happening]:
    """A key was created, acknowledged, renamed, disabled, revoked: what of it applies."""
    key, columns = made.sample, made.columns
    maker, label = columns["created_by"], key.label

    def happened(at: int, actor: str, what: str, name: str, **detail: Any) -> Happening:
        return Happening(
            at, actor, f"key.{what}", public_key(made.pid), name, made.integration.id, detail
        )

    first = label if key.renamed is None else key.renamed[1]
    yield happened(
        columns["created_at"], maker, "created", first,
        expires_at=told(columns["expires_at"]),
        allowed_ips=columns["allowed_ips"],
        metadata=columns["metadata"],
    )  # fmt: skip
    if columns["acknowledged_at"] is not None:
        yield happened(columns["acknowledged_at"], maker, "acknowledged", first)
    if key.renamed is not None:
        at = max(moment(now, key.renamed[0]), columns["created_at"] + 5 * MINUTE)
        yield happened(at, address("ops"), "renamed", label, label={"from": first, "to": label})
    if key.disabled is not None:
        yield happened(
            columns["disabled_at"], address(key.disabled.by), "disabled", label,
            until=told(columns["disabled_until"]), then=columns["disabled_then"],
        )  # fmt: skip
    if key.revoked is not None:
        yield happened(
            moment(now, key.revoked.age), address(key.revoked.by), "revoked", label,
            reason=key.revoked.reason, incident=key.revoked.incident, note=key.revoked.note,
            process=PROCESS,
        )  # fmt: skip
