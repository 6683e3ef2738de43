"""Samples as the store keeps them, now that there is a now."""

import random
import zlib
from dataclasses import dataclass
from typing import Any

from keyconsole.core import labels, safetext
from keyconsole.demo.catalogue import OTHER_SCOPES, SCOPES, SampleIntegration
from keyconsole.demo.people import Person, address
from keyconsole.demo.plan import SampleKey, moment
from keyconsole.demo.use import Use, use_of
from keyconsole.service.clock import DAY, MINUTE, SECOND
from keyconsole.service.rules.owners import CREATOR, Owner
from keyconsole.service.store.integrations import IntegrationRecord


@dataclass(frozen=True, slots=True)
class Member:
    """An account and when it came."""

    account_id: str
    person: Person
    joined_at: int


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key: its sample, its columns but for the verifier and what the audit log decides."""

    pid: str
    sample: SampleKey
    integration: IntegrationRecord
    columns: dict[str, Any]
    use: Use


def integration_of(
    sample: SampleIntegration, integration_id: str, workspace_id: str, now: int
) -> IntegrationRecord:
    """The row of an integration."""
    created = moment(now, sample.age)
    disabled = None if sample.disabled is None else moment(now, sample.disabled)
    fields: dict[str, Any] = {
        "name": sample.name,
        "provider": sample.provider,
        "environment": sample.environment,
        "client_id": f"{sample.provider}-{zlib.crc32(sample.name.encode()):08x}",
        "redirect_uri": f"https://auth.acme.example/callback/{sample.provider}",
        "scopes": SCOPES.get(sample.provider, OTHER_SCOPES),
    }
    if sample.missing:
        fields[sample.missing] = None
    return IntegrationRecord(
        id=integration_id,
        workspace_id=workspace_id,
        name_skeleton=safetext.skeleton(sample.name),
        disabled_at=disabled,
        created_at=created,
        created_by=address(sample.by),
        updated_at=disabled or created,
        **fields,
    )


def key_of(
    chance: random.Random, sample: SampleKey, pid: str, integration: IntegrationRecord, now: int
) -> MadeKey:
    """The rows of a key."""
    created = _created(chance, sample, now)
    expires = None if sample.lifetime is None else created + round(sample.lifetime * DAY)
    use = use_of(chance, pid, sample, created, _ended(sample, expires, now), now)
    columns: dict[str, Any] = {
        "pid": pid,
        "integration_id": integration.id,
        "workspace_id": integration.workspace_id,
        "label": sample.label,
        "label_skeleton": safetext.skeleton(sample.label),
        "label_look": labels.look(sample.label),
        "created_at": created,
        "created_by": address(sample.by),
        **_owner(sample).columns,
        "expires_at": expires,
        "allowed_ips": list(sample.allowed_ips) or None,
        "metadata": None,
        "acknowledged_at": _acknowledged(chance, sample, created, now),
        "disabled_at": None,
        "disabled_until": None,
        "disabled_then": None,
        "last_used_at": use.last_at,
        "last_source": use.last_source,
        "sources": use.addresses,
    }
    if sample.disabled is not None:
        columns["disabled_at"] = moment(now, sample.disabled.age)
        if sample.disabled.fuse is not None:
            columns["disabled_until"] = now + round(sample.disabled.fuse * DAY)
            columns["disabled_then"] = sample.disabled.then
    return MadeKey(pid, sample, integration, columns, use)


def _owner(sample: SampleKey) -> Owner:
    if sample.owner is None:
        return CREATOR
    return Owner.of(sample.owner, address(sample.by))


def _created(chance: random.Random, sample: SampleKey, now: int) -> int:
    """In working hours; exactly, where an expiry near now is counted from it."""
    spread = chance.random() * 0.3
    if sample.lifetime is not None:
        return now - round(sample.age * DAY)
    return moment(now, sample.age - (spread if sample.age >= 2 else 0))


def _ended(sample: SampleKey, expires: int | None, now: int) -> int:
    ends = [now - round(sample.quiet * DAY)]
    if expires is not None:
        ends.append(expires)
    if sample.revoked is not None:
        ends.append(moment(now, sample.revoked.age))
    if sample.disabled is not None:
        ends.append(moment(now, sample.disabled.age))
    return min(ends)


def _acknowledged(chance: random.Random, sample: SampleKey, created: int, now: int) -> int | None:
    after = chance.randrange(8 * SECOND, 4 * MINUTE)
    return min(created + after, now) if sample.acknowledged else None
