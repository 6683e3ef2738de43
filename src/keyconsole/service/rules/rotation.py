"""Rotating a key without a gap: a replacement, a time with both, and the end of the old one."""

from datetime import datetime

from keyconsole import wire
from keyconsole.core import safetext
from keyconsole.core.credential import abbreviate
from keyconsole.core.errors import ProblemError, problem
from keyconsole.service.clock import DAY, told
from keyconsole.service.rules import audit, minting, rotation_terms, settings
from keyconsole.service.rules.context import RequestContext, find_integration, find_key, not_found
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.rules.keys import pid_or_not_found, refuse_revoked, source_of_expiry
from keyconsole.service.rules.minting import Minted, Wanted
from keyconsole.service.rules.owners import Owner
from keyconsole.service.rules.revocation import checked
from keyconsole.service.rules.rotation_end import finish, record_end
from keyconsole.service.rules.rotation_state import state_at_end
from keyconsole.service.store import keys
from keyconsole.service.store import rotations as store
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord
from keyconsole.service.store.rotations import RotationRecord

_SUFFIX = " (next)"
_LONGEST_LABEL = 100


async def start_rotation(
    context: RequestContext, public_key: str, asked: wire.RotationRequest, nonce: str
) -> Minted:
    """Mints the replacement of a key, and begins to watch both."""
    pid = pid_or_not_found(public_key)

    async def make(tx: Connection) -> Minted:
        old = await find_key(tx, context, pid, wire.Permission.KEYS_CREATE)
        await _refuse_to_rotate(tx, context, old)
        integration = await find_integration(
            tx, context, old.integration_id, wire.Permission.KEYS_CREATE
        )
        errors = FieldErrors()
        policy = await settings.settings_in(tx, old.workspace_id)
        terms = rotation_terms.terms(context, errors, policy, asked)
        expires_at, expiry_from = _expiry(context, errors, old, asked.expires_at)
        if expiry_from is None:  # nobody decided that the old key has none
            expires_at, expiry_from = minting.expiry_by_policy(policy, integration, context.now())
        wanted = Wanted(
            label=await _label(tx, context, errors, old, asked.label),
            expires_at=expires_at,
            expiry_from=expiry_from,
            allowed_ips=old.allowed_ips,
            metadata=old.metadata,
            scopes=old.scopes,
            limits=old.limits,
            owner=Owner.of(old.owned_by, context.principal.name),
            replaces=old.pid,
            is_examined=old.is_examined,
        )
        errors.raise_if_any()
        minted = await minting.mint(tx, context, integration, policy, wanted, nonce)
        if not await keys.claim_replacement(tx, old.pid, old.workspace_id, minted.pid):
            raise _under_way(old)
        await store.add(
            tx,
            terms
            | {
                "new_pid": minted.pid,
                "old_pid": old.pid,
                "workspace_id": old.workspace_id,
                "started_at": context.now(),
                "started_by": context.principal.name,
                "takes_label": asked.label is None,
            },
        )
        detail = {
            "by": f"kcp_{minted.pid}",
            "deadline": told(terms["deadline"]),
            "quiet_minutes": terms["quiet_minutes"],
            "automatic": terms["automatic_by"] is not None,
        }
        await audit.record_of_key(tx, context, "rotation.started", old, detail)
        return minted

    payload = asked.model_dump(mode="json") | {"rotates": pid}
    return await minting.once(context, nonce, payload, make)


async def change_rotation(
    context: RequestContext, public_key: str, asked: wire.RotationPatch
) -> None:
    """Pauses, resumes or extends a rotation, or changes how it ends."""
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        rotation, old = await _rotation_of(tx, context, public_key)
        _refuse_over(rotation)
        changes = rotation_terms.changes(context, rotation, asked)
        if not changes:
            return
        await store.change(tx, rotation.new_pid, changes)
        action = "rotation.changed"
        if "paused_at" in changes:
            action = "rotation.resumed" if changes["paused_at"] is None else "rotation.paused"
        told_of = {
            name: told(value) if name == "deadline" else value
            for name, value in changes.items()
            if name != "paused_at"
        }
        await audit.record_of_key(tx, context, action, old, told_of)


async def complete_rotation(
    context: RequestContext, public_key: str, asked: wire.RotationCompletion
) -> wire.Receipt:
    """Revokes the old key because a person says so. Repeating it returns the same receipt."""
    grounds = checked(asked.reason, asked.incident, asked.note)
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        rotation, old = await _rotation_of(tx, context, public_key)
        return await finish(tx, context, rotation, old, grounds, now=asked.now)


async def cancel_rotation(context: RequestContext, public_key: str) -> None:
    """Cancels a rotation: both keys stay as they are, and the old one may be rotated again."""
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        rotation, _ = await _rotation_of(tx, context, public_key)
        if state_at_end(rotation) is wire.RotationState.CANCELLED:
            return
        _refuse_over(rotation)
        await record_end(
            tx, context, rotation, wire.RotationState.CANCELLED, by=context.principal.name
        )


async def _refuse_to_rotate(tx: Connection, context: RequestContext, old: KeyRecord) -> None:
    refuse_revoked(old, context.now())
    if old.status(context.now()) is wire.KeyStatus.EXPIRED:
        raise problem(
            "key-not-in-force",
            "The key has expired, so nobody uses it any more: generate another one.",
        )
    rotation = await store.latest(tx, old.pid, lock=True)
    if rotation is None or rotation.ended_at is not None:
        return
    ended = state_at_end(rotation)
    if ended is None:
        raise _under_way(old)
    await record_end(
        tx, context, rotation, ended, by=rotation.new_revoked_by or context.principal.name
    )


def _under_way(key: KeyRecord) -> ProblemError:
    return problem(
        "rotation-under-way",
        f"{abbreviate(key.public_key)} is a part of a rotation already: finish or cancel that one.",
        public_key=key.public_key,
    )


async def _label(
    tx: Connection, context: RequestContext, errors: FieldErrors, old: KeyRecord, asked: str | None
) -> str:
    """Returns the label while both keys live: labels are unique among them."""
    if asked is not None:
        return errors.name("label", asked, "A label")
    count = 1
    while True:
        suffix = _SUFFIX if count == 1 else f" (next {count})"
        label = old.label[: _LONGEST_LABEL - len(suffix)].rstrip() + suffix
        skeleton = safetext.skeleton(label)
        if await keys.find_label(tx, old.integration_id, skeleton, context.now()) is None:
            return label
        count += 1


def _expiry(
    context: RequestContext, errors: FieldErrors, old: KeyRecord, asked: datetime | None
) -> tuple[int | None, wire.ExpiryFrom | None]:
    """Returns the expiry asked for, or the old key's life counted from now, within policy."""
    now = context.now()
    if asked is not None:
        return errors.future("expires_at", asked, now), wire.ExpiryFrom.REQUEST
    source = source_of_expiry(old)
    if old.expires_at is None:
        return None, source
    life = old.expires_at - old.created_at
    return now + (life if old.max_age_days is None else min(life, old.max_age_days * DAY)), source


async def _rotation_of(
    tx: Connection, context: RequestContext, public_key: str
) -> tuple[RotationRecord, KeyRecord]:
    key = await find_key(tx, context, pid_or_not_found(public_key), wire.Permission.KEYS_CREATE)
    rotation = await store.latest(tx, key.pid, lock=True)
    if rotation is None:
        raise not_found()
    return rotation, await find_key(tx, context, rotation.old_pid, wire.Permission.KEYS_CREATE)


def _refuse_over(rotation: RotationRecord) -> None:
    ended = state_at_end(rotation)
    if ended is not None:
        raise problem("rotation-over", f"This rotation is over: {ended.replace('_', ' ')}.")
