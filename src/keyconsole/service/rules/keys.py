"""Keys: show, rename, acknowledge. Lists, creating and revoking have modules of their own."""

from collections.abc import Callable
from typing import Any

from keyconsole.core import credential, labels, limits, networks, safetext, scopes
from keyconsole.core.credential import MalformedCredentialError, abbreviate, pid_of
from keyconsole.core.credentialtext import examined
from keyconsole.core.errors import field_problem, problem
from keyconsole.service.clock import moment, optional_moment, told
from keyconsole.service.rules import audit, key_limits, key_scopes, owners, settings
from keyconsole.service.rules.context import RequestContext, find_key, not_found
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.store import keys as store
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import (
    ExaminedKey,
    ExpiryFrom,
    FuseEnd,
    Key,
    KeyPatch,
    Owner,
    Permission,
    RevokeReason,
)


async def show_key(context: RequestContext, public_key: str) -> Key:
    """Returns one key."""
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.read() as tx:
        found = await find_key(tx, context, pid_or_not_found(public_key), Permission.KEYS_READ)
        return to_wire(found, context.now())


async def authorize(context: RequestContext, public_key: str, permission: Permission) -> None:
    """Decides permission and existence before the body is read."""
    async with context.runtime.store.read() as tx:
        await find_key(tx, context, pid_or_not_found(public_key), permission)


async def authorize_change(context: RequestContext, public_key: str) -> None:
    """Decides before the body is read if it can be a change: to revoke suffices to narrow."""
    async with context.runtime.store.read() as tx:
        found = await store.find(tx, pid_or_not_found(public_key), context.principal.workspaces)
    if found is None:
        raise not_found("key with this public key")
    if Permission.KEYS_REVOKE not in context.principal.permissions(found.workspace_id):
        context.principal.require(Permission.KEYS_WRITE, found.workspace_id)


async def change_key(
    context: RequestContext, public_key: str, asked: KeyPatch, if_match: str | None
) -> Key:
    """Changes a key, unless somebody else changed it meanwhile."""
    now = context.now()
    if if_match is None:
        raise problem(
            "precondition-required", 'Send If-Match with the version you saw, such as "1".'
        )
    errors = FieldErrors()
    changes = _checked(errors, asked, now)
    errors.raise_if_any()
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        before = await find_key(tx, context, pid_or_not_found(public_key), Permission.KEYS_READ)
        if "scopes" in asked.model_fields_set:
            changes["scopes"] = key_scopes.changed(before, asked)
        if asked.model_fields_set & {"rate_limit", "quota"}:
            changes["limits"] = key_limits.changed(before, asked)
        if "owner" in asked.model_fields_set:
            changes |= await _checked_owner(tx, before, asked)
        for permission in _needed(before, changes):
            context.principal.require(permission, before.workspace_id)
        _refuse_other_version(before, if_match)
        refuse_revoked(before, now)
        if "expires_at" in changes:
            refuse_beyond_policy(before, changes["expires_at"], now)
        if "label" in changes:
            policy = await settings.settings_in(tx, before.workspace_id)
            settings.refuse_label(policy, changes["label"])
        detail = _difference(before, changes)
        if not detail:
            return to_wire(before, now)
        label = changes.get("label", before.label)
        if detail.keys() & {"label", "expires_at"}:  # an expired key holds its label no longer
            await refuse_taken_label(tx, before.integration_id, label, now, before.pid)
        await store.update(tx, before.pid, before.workspace_id, changes | _mark(before, changes))
        await _record(tx, context, before, detail, label)
        return to_wire(await store.refresh(tx, before), now)


async def acknowledge_key(context: RequestContext, public_key: str) -> Key:
    """Confirms that the creator has the secret, which is not given again from then on."""
    now = context.now()
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        before = await find_key(tx, context, pid_or_not_found(public_key), Permission.KEYS_CREATE)
        refuse_revoked(before, now)
        if before.acknowledged_at is not None:
            return to_wire(before, now)
        await store.update(tx, before.pid, before.workspace_id, {"acknowledged_at": now})
        await audit.record_of_key(tx, context, "key.acknowledged", before)
        return to_wire(await store.refresh(tx, before), now)


async def _record(
    tx: Connection, context: RequestContext, before: KeyRecord, detail: dict[str, Any], label: str
) -> None:
    """Records a change: an event for each field of `_EVENTS`, and one for all the others."""
    rest = {name: change for name, change in detail.items() if name not in _EVENTS}
    if rest:
        action = "key.renamed" if "label" in rest else "key.changed"
        await audit.record_of_key(tx, context, action, before, rest, label=label)
    for name in detail.keys() & _EVENTS.keys():
        of = {name: detail[name]}
        await audit.record_of_key(tx, context, _EVENTS[name], before, of, label=label)


def pid_or_not_found(public_key: str) -> str:
    """Returns the pid in an address; raises `not-found` for a text that is no public key."""
    try:
        return pid_of(public_key)
    except MalformedCredentialError:
        raise not_found("key with this public key") from None


def refuse_revoked(key: KeyRecord, now: int) -> None:
    """Raises `key-already-revoked`: a revoked key never changes."""
    if key.is_revoked(now):
        raise problem("key-already-revoked", "The key is revoked, and that is for ever.")


async def refuse_taken_label(
    tx: Connection, integration_id: str, label: str, now: int, besides: str = ""
) -> None:
    """Raises `label-taken`, naming the key that holds the label."""
    skeleton = safetext.skeleton(label)
    other = await store.find_label(tx, integration_id, skeleton, now, besides)
    if other is not None:
        sentence = f"The label is taken by {abbreviate(other.public_key)} of this integration."
        raise field_problem("label", "taken", sentence, code="label-taken")


def refuse_beyond_policy(key: KeyRecord, expires_at: int | None, now: int) -> None:
    """Raises `request-invalid` for an expiry later than policy lets the key live.

    One that has lived for longer already may end later than that, if it ends sooner than before.
    """
    latest = key.rotate_by
    if latest is None or (expires_at is not None and expires_at <= latest):
        return
    until = f"this one until {moment(latest):%Y-%m-%d}: rotate it instead."
    if latest <= now:
        if expires_at is not None and (key.expires_at is None or expires_at <= key.expires_at):
            return
        until = "and this one has: its end can come nearer, not move away. Rotate it instead."
    sentence = f"Keys live for at most {key.max_age_days} days here, {until}"
    raise field_problem("expires_at", "beyond-policy", sentence)


def to_wire(key: KeyRecord, now: int) -> Key:
    """Returns a key as anyone who may read it sees it."""
    disabled = None if key.has_transitioned(FuseEnd.ENABLE, now) else key.disabled_at
    by_fuse = key.revoked_at is None and key.is_revoked(now)
    kind = ExaminedKey if key.is_examined else Key
    return kind(
        public_key=key.public_key,
        integration_id=key.integration_id,
        integration_name=key.integration_name,
        workspace_id=key.workspace_id,
        label=key.label,
        status=key.status(now),
        confirmed=key.confirmed,
        created_at=moment(key.created_at),
        created_by=key.created_by,
        owner=Owner(account_id=key.owner_account, name=key.owned_by),
        expires_at=optional_moment(key.expires_at),
        expiry_from=source_of_expiry(key),
        allowed_ips=key.allowed_ips or [],
        scopes=key.scopes,
        effective_scopes=scopes.effective(key.scopes, key.integration_scopes),
        **key_limits.shown(limits.of_stored(key.limits)),
        metadata=key.metadata or {},
        disabled_at=optional_moment(disabled),
        disabled_until=None if disabled is None else optional_moment(key.disabled_until),
        disabled_then=None if disabled is None else key.disabled_then,
        last_used_at=optional_moment(key.last_used_at),
        source=key.last_source,
        sources=key.sources,
        revoked_at=optional_moment(key.disabled_until if by_fuse else key.revoked_at),
        revoked_by=key.revoked_by,
        revoke_reason=None if key.revoke_reason is None else RevokeReason(key.revoke_reason),
        incident=key.incident,
        replaces=key.replaces and credential.public_key(key.replaces),
        replaced_by=key.replaced_by and credential.public_key(key.replaced_by),
        rotating=key.replaced_by is not None and key.revoked_at is None,
        rotate_by=optional_moment(key.rotate_by),
        rotate_soon=key.rotates_soon(now),
        version=key.version,
        damaged=key.is_damaged,
    )


def source_of_expiry(key: KeyRecord) -> ExpiryFrom | None:
    """Returns the source of the expiry. A key made before there were policies asked for its own."""
    if key.expiry_from is not None:
        return ExpiryFrom(key.expiry_from)
    return None if key.expires_at is None else ExpiryFrom.REQUEST


def _mark(before: KeyRecord, changes: dict[str, Any]) -> dict[str, Any]:
    """Returns the mark of the names as they become; none where one stays that was not examined."""
    changed = changes.keys() & {"label", "metadata"}
    if not changed:
        return {}
    if len(changed) == 1 and not before.is_examined:
        return {"names_examined": None}
    after = before._replace(**{name: changes[name] for name in changed})
    return {"names_examined": examined.mark(after.label, after.metadata)}


_LIMITING: dict[str, Callable[[Any, Any], bool]] = {
    "allowed_ips": networks.widens,
    "scopes": scopes.widens,
    "limits": limits.widens,
}
"""The fields that restrict a key, each with a function that returns true if a change widens it.

Narrowing needs `keys:revoke` or `keys:write`, widening `keys:create`.
"""

_EVENTS = {
    "allowed_ips": "key.addresses_changed",
    "scopes": "key.scopes_changed",
    "limits": "key.limits_changed",
    "owner": "key.owner_changed",
}
"""Fields whose change is an event of its own."""

_DERIVED = {"label_skeleton", "label_look", "expiry_seen_at", "expiry_from", "owner_skeleton"}
"""Columns that follow from what was asked, and are no change of their own."""


def _difference(before: KeyRecord, changes: dict[str, Any]) -> dict[str, Any]:
    changed = {
        name: {"from": getattr(before, name), "to": value}
        for name, value in changes.items()
        if name not in _DERIVED and getattr(before, name) != value
    }
    if "expires_at" in changed:
        changed["expires_at"] = {side: told(when) for side, when in changed["expires_at"].items()}
    if "owner" in changed:
        after = changes["owner"] or before.created_by
        changed["owner"] = {"from": before.owned_by, "to": after}
    return changed


def _checked(errors: FieldErrors, asked: KeyPatch, now: int) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "label" in asked.model_fields_set:
        changes["label"] = errors.name("label", asked.label, "A label")
        changes["label_skeleton"] = safetext.skeleton(changes["label"])
        changes["label_look"] = labels.look(changes["label"])
    if "expires_at" in asked.model_fields_set:
        changes["expires_at"] = errors.future("expires_at", asked.expires_at, now)
        changes["expiry_seen_at"] = None
        changes["expiry_from"] = ExpiryFrom.REQUEST
    if "metadata" in asked.model_fields_set:
        changes["metadata"] = errors.metadata(asked.metadata)
    if "allowed_ips" in asked.model_fields_set:
        if asked.allowed_ips == []:
            errors.add("allowed_ips", "empty", "Name an address, or send null to allow every one.")
        changes["allowed_ips"] = errors.allowed_ips(asked.allowed_ips)
    return changes


def _needed(before: KeyRecord, changes: dict[str, Any]) -> set[Permission]:
    """Returns the permissions that changes need: to allow a key more than before is to create."""
    needed = {Permission.KEYS_WRITE} if changes.keys() - _LIMITING.keys() else set()
    if any(
        widens(getattr(before, name), changes[name])
        for name, widens in _LIMITING.items()
        if name in changes
    ):
        needed.add(Permission.KEYS_CREATE)
    return needed


async def _checked_owner(tx: Connection, before: KeyRecord, asked: KeyPatch) -> dict[str, Any]:
    errors = FieldErrors()
    maker = before.created_by
    found = await owners.checked(tx, errors, asked.owner, before.workspace_id, maker)
    errors.raise_if_any()
    return found.columns


def _refuse_other_version(key: KeyRecord, if_match: str) -> None:
    wanted = [tag.strip() for tag in if_match.split(",")]
    if "*" not in wanted and f'"{key.version}"' not in wanted:
        raise problem(
            "precondition-failed",
            f"The key was changed meanwhile: it is at version {key.version}.",
        )
