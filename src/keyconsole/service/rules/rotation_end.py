"""The end of a rotation: the old key is revoked, and its label passes to the new one."""

from keyconsole.core import labels, safetext
from keyconsole.core.credentialtext import examined
from keyconsole.core.errors import problem
from keyconsole.service.rules import audit, revocation
from keyconsole.service.rules.context import RequestContext, not_found
from keyconsole.service.rules.revocation import Grounds
from keyconsole.service.rules.rotation_state import state, state_at_end, waits
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import keys
from keyconsole.service.store import rotations as store
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord
from keyconsole.service.store.rotations import RotationRecord
from keyconsole.wire import Receipt, RevokeReason, RotationState, RotationWait

_WHY_NOT = {
    RotationWait.NEW_UNUSED: "nobody has used the new key yet",
    RotationWait.NEW_NOT_IN_FORCE: "the new key does not work",
    RotationWait.OLD_IN_USE: "the old key was not quiet for long enough",
    RotationWait.RESUME: "the rotation is paused",
}


async def finish(
    tx: Connection,
    context: RequestContext,
    rotation: RotationRecord,
    old: KeyRecord,
    grounds: Grounds,
    *,
    now: bool,
) -> Receipt:
    """Revokes the old key by the rule that revokes every key, and ends the rotation.

    Raises `rotation-over`, and `rotation-not-ready` unless the rotation is ready or `now` is true.
    """
    ended = state_at_end(rotation)
    if ended in (RotationState.CANCELLED, RotationState.NEW_REVOKED):
        raise problem(
            "rotation-over",
            f"This rotation is over: {ended.replace('_', ' ')}. The old key can be revoked.",
        )
    blocking = [_WHY_NOT[wait] for wait in waits(rotation, context.now()) if wait in _WHY_NOT]
    if blocking and not now:
        raise problem("rotation-not-ready", f"Not yet: {' and '.join(blocking)}.")
    if old.revoked_at is None:
        event = await revocation.revoke(tx, context, old, grounds)
        receipt = revocation.receipt_of(event, already=False)
    else:
        receipt = await revocation.earlier_receipt(tx, old)
    if rotation.ended_at is None:
        outcome = ended or RotationState.COMPLETED
        await record_end(tx, context, rotation, outcome, by=context.principal.name)
    return receipt


async def record_end(
    tx: Connection,
    context: RequestContext,
    rotation: RotationRecord,
    outcome: RotationState,
    *,
    by: str,
) -> None:
    """Stores how a rotation ended, and gives both keys the labels that follow from it."""
    await store.change(
        tx, rotation.new_pid, {"ended_at": context.now(), "ended_by": by, "outcome": outcome}
    )
    old = await _key(tx, rotation.old_pid, rotation.workspace_id)
    if outcome in (RotationState.CANCELLED, RotationState.NEW_REVOKED):
        await keys.update(tx, old.pid, old.workspace_id, {"replaced_by": None})
    elif rotation.takes_label:
        await _hand_on_the_name(tx, context, rotation, old)
    detail = {"by": f"kcp_{rotation.new_pid}"}
    await audit.record_of_key(tx, context, f"rotation.{outcome}", old, detail)


async def end_due_rotations(runtime: Runtime) -> None:
    """Ends every rotation that can end without a person, each in a transaction of its own.

    Another process may do the same: whoever comes second finds it ended and does nothing.
    """
    async with runtime.store.read() as tx:
        found = await store.to_evaluate(tx)
    if any(is_due(rotation, runtime.clock()) for rotation in found):
        await runtime.recorder.catch_up()
    for rotation in found:
        if is_due(rotation, runtime.clock()):
            await _carry_out(runtime, rotation.new_pid, rotation.workspace_id)


async def _carry_out(runtime: Runtime, new_pid: str, workspace_id: str) -> None:
    async with runtime.store.write([workspace_id]) as tx:
        rotation = await store.latest(tx, new_pid, lock=True)
        if rotation is None or not is_due(rotation, runtime.clock()):
            return
        by = rotation.automatic_by or rotation.old_revoked_by or rotation.new_revoked_by or ""
        # In the name of whoever chose that the service acts by itself.
        context = RequestContext.without_request(runtime, by)
        ended = state_at_end(rotation)
        if ended is not None:
            who = rotation.old_revoked_by or rotation.new_revoked_by or by
            await record_end(tx, context, rotation, ended, by=who)
            return
        old = await _key(tx, rotation.old_pid, rotation.workspace_id)
        grounds = Grounds(RevokeReason.SUPERSEDED, via="rotation")
        await finish(tx, context, rotation, old, grounds, now=False)


def is_due(rotation: RotationRecord, now: int) -> bool:
    """Returns true if a rotation can end now without a person."""
    if rotation.ended_at is not None:
        return False
    if state_at_end(rotation) is not None:
        return True
    return rotation.automatic_by is not None and state(rotation, now) is RotationState.READY


async def _hand_on_the_name(
    tx: Connection, context: RequestContext, rotation: RotationRecord, old: KeyRecord
) -> None:
    """Gives the new key the label of the old one, unless another key has taken it."""
    new = await _key(tx, rotation.new_pid, rotation.workspace_id)
    skeleton = safetext.skeleton(old.label)
    taken = await keys.find_label(tx, old.integration_id, skeleton, context.now(), new.pid)
    if taken is not None or new.revoked_at is not None:
        return
    changes = {
        "label": old.label,
        "label_skeleton": skeleton,
        "label_look": labels.look(old.label),
        "names_examined": (
            examined.mark(old.label, new.metadata) if old.is_examined and new.is_examined else None
        ),
    }
    await keys.update(tx, new.pid, new.workspace_id, changes)
    detail = {"label": {"from": new.label, "to": old.label}}
    await audit.record_of_key(tx, context, "key.renamed", new, detail, label=old.label)


async def _key(tx: Connection, pid: str, workspace_id: str) -> KeyRecord:
    found = await keys.find(tx, pid, [workspace_id])
    if found is None:
        raise not_found()
    return found
