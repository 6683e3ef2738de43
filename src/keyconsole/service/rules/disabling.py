"""Disabling a key: at once, reversible, and with a scheduled transition that ends it.

A transition counts from its time, for verification and for every list, even if nothing ran then.
`run_due_transitions` makes it a change like any other, with its audit event.
"""

from typing import Any

from keyconsole.service.clock import told
from keyconsole.service.rules import audit
from keyconsole.service.rules.context import RequestContext, find_key
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.rules.keys import pid_or_not_found, refuse_revoked, to_wire
from keyconsole.service.rules.revocation import Grounds, checked, revoke
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import audit as events
from keyconsole.service.store import keys as store
from keyconsole.service.store.audit import EventRecord
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import DisableRequest, FuseEnd, Key, Permission

CHUNK = 500
FUSE = "fuse"
"""The actor of a scheduled transition in the audit log, and the way that it says it came by."""

_ENABLED: dict[str, Any] = {"disabled_at": None, "disabled_until": None, "disabled_then": None}


async def disable_key(context: RequestContext, public_key: str, asked: DisableRequest) -> Key:
    """Disables a key, or schedules a transition. It takes effect as a revoke does.

    Of a key that is disabled already, reason, incident and note stay as far as none is given.
    """
    grounds = checked(asked.reason, asked.incident, asked.note)
    until = _transition_at(asked, context.now())
    then = None if until is None else asked.then or FuseEnd.REVOKE
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        now = context.now()
        key = await find_key(tx, context, pid_or_not_found(public_key), Permission.KEYS_REVOKE)
        refuse_revoked(key, now)
        if key.has_transitioned(FuseEnd.ENABLE, now):
            key = await _enable(tx, _of_transition(context.runtime, key), key, via=FUSE)
        if key.disabled_at is not None:
            grounds = grounds.over(_grounds_of(await _disabled(tx, key)))
        changes = {
            "disabled_at": key.disabled_at or now,
            "disabled_until": until,
            "disabled_then": then,
        }
        await store.update(tx, key.pid, key.workspace_id, changes)
        detail = grounds.detail() | {"until": told(until), "then": then}
        await audit.record_of_key(tx, context, "key.disabled", key, detail)
        return to_wire(await store.refresh(tx, key), now)


async def enable_key(context: RequestContext, public_key: str) -> Key:
    """Enables a disabled key; one that is not disabled stays as it is."""
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        now = context.now()
        key = await find_key(tx, context, pid_or_not_found(public_key), Permission.KEYS_REVOKE)
        refuse_revoked(key, now)
        if key.disabled_at is not None:
            key = await _enable(tx, context, key)
        return to_wire(key, now)


async def run_due_transitions(runtime: Runtime) -> int:
    """Runs every transition that is due; returns how many. Many processes may do it at once."""
    done = 0
    async with runtime.store.read() as tx:
        if not await store.due_transitions(tx, runtime.clock(), 1):
            return done
    while True:
        async with runtime.store.write() as tx:
            due = await store.due_transitions(tx, runtime.clock(), CHUNK)
            for key in due:
                await _run_transition(tx, runtime, key)
        done += len(due)
        if len(due) < CHUNK:
            return done


async def _run_transition(tx: Connection, runtime: Runtime, key: KeyRecord) -> None:
    if key.disabled_then == FuseEnd.ENABLE:
        await _enable(tx, _of_transition(runtime, key), key, via=FUSE)
        return
    disabled = await _disabled(tx, key)
    by = FUSE if disabled is None else disabled.actor
    grounds = Grounds(via=FUSE).over(_grounds_of(disabled))
    await revoke(tx, _of_transition(runtime, key, by), key, grounds)


async def _disabled(tx: Connection, key: KeyRecord) -> EventRecord | None:
    return await events.latest(tx, key.workspace_id, key.public_key, "key.disabled")


def _grounds_of(disabled: EventRecord | None) -> Grounds:
    """Returns the grounds that an event tells; none where there is no event."""
    return Grounds() if disabled is None else Grounds.of(disabled)


async def _enable(
    tx: Connection, context: RequestContext, key: KeyRecord, *, via: str | None = None
) -> KeyRecord:
    await store.update(tx, key.pid, key.workspace_id, _ENABLED)
    await audit.record_of_key(tx, context, "key.enabled", key, {"via": via} if via else None)
    return await store.refresh(tx, key)


def _transition_at(asked: DisableRequest, now: int) -> int | None:
    errors = FieldErrors()
    until = errors.future("until", asked.until, now)
    if asked.then is not None and asked.until is None:
        errors.add("then", "without-until", "`then` says what follows `until`: send both.")
    errors.raise_if_any()
    return until


def _of_transition(runtime: Runtime, key: KeyRecord, by: str = FUSE) -> RequestContext:
    """Returns the context of a transition, which counts from its time, whenever it is run."""
    return RequestContext.without_request(runtime, by, at=key.disabled_until)
