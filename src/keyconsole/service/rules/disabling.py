"""Disabling a key: at once, reversible, and with a fuse where somebody is to decide by a time.

A fuse counts from the moment it has burnt down, for verification and for every list, even if
nothing ran then. `run_due_transitions` makes its end a change like any other, with its audit event.
"""

import json
from typing import Any

from keyconsole.service.clock import told
from keyconsole.service.rules import audit
from keyconsole.service.rules.calls import Call, find_key
from keyconsole.service.rules.fields import Findings
from keyconsole.service.rules.keys import answer, pid_or_not_found, refuse_revoked
from keyconsole.service.rules.revocation import Grounds, Hand, checked, hand_of, revoke
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import audit as events
from keyconsole.service.store import keys as store
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import DisableRequest, FuseEnd, Key, Permission, RevokeReason

CHUNK = 500

_ENABLED: dict[str, Any] = {"disabled_at": None, "disabled_until": None, "disabled_then": None}


async def disable_key(call: Call, public_key: str, asked: DisableRequest) -> Key:
    """Disable a key, or set the fuse of one that is disabled. It takes effect as a revoke does."""
    grounds = checked(asked.reason, asked.incident, asked.note)
    until = _fuse(asked, call.now())
    then = None if until is None else asked.then or FuseEnd.REVOKE
    async with call.runtime.store.write(call.actor.workspaces) as tx:
        now = call.now()
        key = await find_key(tx, call, pid_or_not_found(public_key), Permission.KEYS_REVOKE)
        refuse_revoked(key, now)
        if key.has_burnt(FuseEnd.ENABLE, now):
            key = await _enable(tx, call.runtime, key, _fuse_hand(call.runtime, key), "fuse")
        changes = {
            "disabled_at": key.disabled_at or now,
            "disabled_until": until,
            "disabled_then": then,
        }
        await store.update(tx, key.pid, key.workspace_id, changes)
        await _record(
            tx,
            call.runtime,
            "key.disabled",
            key,
            hand_of(call),
            grounds.detail() | {"until": told(until), "then": then},
        )
        return answer(await store.again(tx, key), now)


async def enable_key(call: Call, public_key: str) -> Key:
    """Let a disabled key authenticate again; one that is not disabled stays as it is."""
    async with call.runtime.store.write(call.actor.workspaces) as tx:
        now = call.now()
        key = await find_key(tx, call, pid_or_not_found(public_key), Permission.KEYS_REVOKE)
        refuse_revoked(key, now)
        if key.disabled_at is not None:
            key = await _enable(tx, call.runtime, key, hand_of(call), None)
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
    hand = _fuse_hand(runtime, key)
    if key.disabled_then == FuseEnd.ENABLE:
        await _enable(tx, runtime, key, hand, "fuse")
        return
    lit = await events.latest(tx, key.workspace_id, key.public_key, "key.disabled")
    detail = {} if lit is None else json.loads(lit.detail)
    grounds = Grounds(
        RevokeReason(detail.get("reason", RevokeReason.UNSPECIFIED)),
        detail.get("incident"),
        detail.get("note"),
        via="fuse",
    )
    by = hand if lit is None else Hand(lit.actor, hand.request_id, hand.at)
    await revoke(tx, runtime, key, by, grounds)


async def _enable(
    tx: Connection, runtime: Runtime, key: KeyRecord, hand: Hand, via: str | None
) -> KeyRecord:
    await store.update(tx, key.pid, key.workspace_id, _ENABLED)
    await _record(tx, runtime, "key.enabled", key, hand, {} if via is None else {"via": via})
    return await store.again(tx, key)


def _fuse(asked: DisableRequest, now: int) -> int | None:
    findings = Findings()
    until = findings.future("until", asked.until, now)
    if asked.then is not None and asked.until is None:
        findings.add("then", "without-until", "`then` says what follows `until`: send both.")
    findings.settle()
    return until


def _fuse_hand(runtime: Runtime, key: KeyRecord) -> Hand:
    """The fuse itself: it acted when it had burnt down, whenever that is carried out."""
    return Hand("fuse", runtime.request_ids.new(), key.disabled_until or runtime.clock())


async def _record(
    tx: Connection,
    runtime: Runtime,
    action: str,
    key: KeyRecord,
    hand: Hand,
    detail: dict[str, Any],
) -> None:
    await audit.append(
        tx,
        runtime.roots.newest,
        workspace_id=key.workspace_id,
        at=hand.at,
        actor=hand.actor,
        action=action,
        target=key.public_key,
        target_name=key.label,
        request_id=hand.request_id,
        integration_id=key.integration_id,
        detail=detail,
        address=hand.address,
    )
