"""Disabling a key: at once, reversible, and with a fuse where somebody is to decide by a time.

A fuse counts from the moment it has burnt down, for verification and for every list, even if
nothing ran then. `run_due_transitions` makes its end a change like any other, with its audit event.
"""

import json
from typing import Any

from keyconsole.service.clock import told
from keyconsole.service.rules import audit
from keyconsole.service.rules.context import RequestContext, find_key
from keyconsole.service.rules.fields import Findings
from keyconsole.service.rules.keys import answer, pid_or_not_found, refuse_revoked
from keyconsole.service.rules.revocation import Grounds, checked, revoke
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import audit as events
from keyconsole.service.store import keys as store
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import DisableRequest, FuseEnd, Key, Permission, RevokeReason

CHUNK = 500
FUSE = "fuse"
"""The actor of a scheduled transition in the audit log, and the way that it says it came by."""

_ENABLED: dict[str, Any] = {"disabled_at": None, "disabled_until": None, "disabled_then": None}


async def disable_key(context: RequestContext, public_key: str, asked: DisableRequest) -> Key:
    """Disable a key, or set the fuse of one that is disabled. It takes effect as a revoke does."""
    grounds = checked(asked.reason, asked.incident, asked.note)
    until = _fuse(asked, context.now())
    then = None if until is None else asked.then or FuseEnd.REVOKE
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        now = context.now()
        key = await find_key(tx, context, pid_or_not_found(public_key), Permission.KEYS_REVOKE)
        refuse_revoked(key, now)
        if key.has_burnt(FuseEnd.ENABLE, now):
            key = await _enable(tx, _of_transition(context.runtime, key), key, via=FUSE)
        changes = {
            "disabled_at": key.disabled_at or now,
            "disabled_until": until,
            "disabled_then": then,
        }
        await store.update(tx, key.pid, key.workspace_id, changes)
        detail = grounds.detail() | {"until": told(until), "then": then}
        await _record(tx, context, "key.disabled", key, detail)
        return answer(await store.again(tx, key), now)


async def enable_key(context: RequestContext, public_key: str) -> Key:
    """Let a disabled key authenticate again; one that is not disabled stays as it is."""
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        now = context.now()
        key = await find_key(tx, context, pid_or_not_found(public_key), Permission.KEYS_REVOKE)
        refuse_revoked(key, now)
        if key.disabled_at is not None:
            key = await _enable(tx, context, key)
        return answer(key, now)


async def run_due_transitions(runtime: Runtime) -> int:
    """Carry out every fuse that has burnt down; how many. Many processes may do it at once."""
    done = 0
    async with runtime.store.read() as tx:
        if not await store.burnt_down(tx, runtime.clock(), 1):
            return done
    while True:
        async with runtime.store.write() as tx:
            due = await store.burnt_down(tx, runtime.clock(), CHUNK)
            for key in due:
                await _carry_out(tx, runtime, key)
        done += len(due)
        if len(due) < CHUNK:
            return done


async def _carry_out(tx: Connection, runtime: Runtime, key: KeyRecord) -> None:
    if key.disabled_then == FuseEnd.ENABLE:
        await _enable(tx, _of_transition(runtime, key), key, via=FUSE)
        return
    lit = await events.latest(tx, key.workspace_id, key.public_key, "key.disabled")
    detail = {} if lit is None else json.loads(lit.detail)
    grounds = Grounds(
        RevokeReason(detail.get("reason", RevokeReason.UNSPECIFIED)),
        detail.get("incident"),
        detail.get("note"),
        via=FUSE,
    )
    by = FUSE if lit is None else lit.actor
    await revoke(tx, _of_transition(runtime, key, by), key, grounds)


async def _enable(
    tx: Connection, context: RequestContext, key: KeyRecord, *, via: str | None = None
) -> KeyRecord:
    await store.update(tx, key.pid, key.workspace_id, _ENABLED)
    await _record(tx, context, "key.enabled", key, {} if via is None else {"via": via})
    return await store.again(tx, key)


def _fuse(asked: DisableRequest, now: int) -> int | None:
    findings = Findings()
    until = findings.future("until", asked.until, now)
    if asked.then is not None and asked.until is None:
        findings.add("then", "without-until", "`then` says what follows `until`: send both.")
    findings.settle()
    return until


def _of_transition(runtime: Runtime, key: KeyRecord, by: str = FUSE) -> RequestContext:
    """The context of a scheduled transition, which counts from its time, whenever it is run."""
    return RequestContext.without_request(runtime, by, at=key.disabled_until)


async def _record(
    tx: Connection, context: RequestContext, action: str, key: KeyRecord, detail: dict[str, Any]
) -> None:
    await audit.record(
        tx,
        context,
        action,
        workspace_id=key.workspace_id,
        target=key.public_key,
        target_name=key.label,
        integration_id=key.integration_id,
        detail=detail,
    )
