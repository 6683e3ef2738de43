"""Keys: list, show, rename, acknowledge. Creating and revoking have modules of their own."""

import re
from typing import Any

from pydantic import Field

from keyconsole import credential, keyquery, labels, safetext
from keyconsole.credential import (
    CROCKFORD,
    PID_LENGTH,
    MalformedCredentialError,
    abbreviate,
    pid_of,
)
from keyconsole.errors import FieldProblem, problem
from keyconsole.keyquery import QueryError
from keyconsole.service.clock import DAY, milliseconds, moment, optional_moment, told
from keyconsole.service.rules import audit, settings
from keyconsole.service.rules.calls import Call, find_integration, find_key, not_found
from keyconsole.service.rules.fields import Findings
from keyconsole.service.rules.pages import Cursors
from keyconsole.service.store import key_pages
from keyconsole.service.store import keys as store
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.key_pages import KeySort
from keyconsole.service.store.keys import KeyRecord
from keyconsole.service.store.selection import KeyFilter
from keyconsole.wire import (
    FuseEnd,
    Instant,
    Key,
    KeyPatch,
    KeyStatus,
    Page,
    Permission,
    Request,
    RevokeReason,
)

_SPAN = re.compile(r"([0-9]{1,5})([hdw])")
_SPAN_UNITS = {"h": DAY // 24, "d": DAY, "w": 7 * DAY}


class KeyQuery(Request):
    """Which keys, in which order.

    `query` is the language of the console: `status:active unused:90d by:ops env:prod text`; what
    it asks for holds besides the other parameters. `unused_for` is a span such as `90d`, `12h`
    or `4w`.
    """

    query: str | None = None
    q: str | None = None
    status: list[KeyStatus] = Field(default_factory=list)
    integration: str | None = None
    unused_for: str | None = None
    created_before: Instant | None = None
    created_by: str | None = None
    confirmed: bool | None = None
    due: bool | None = None
    sort: KeySort = KeySort.CREATED_DESCENDING


async def list_keys(call: Call, query: KeyQuery, *, limit: int, cursor: str | None) -> Page[Key]:
    """The keys of every workspace where they may be read."""
    which = _filter(query, call.actor.workspaces_with(Permission.KEYS_READ), call.now())
    await call.runtime.recorder.catch_up()
    async with call.runtime.store.read() as tx:
        return await _page(tx, call, which, query, limit, cursor)


async def list_integration_keys(
    call: Call, integration_id: str, query: KeyQuery, *, limit: int, cursor: str | None
) -> Page[Key]:
    """The keys of one integration."""
    await call.runtime.recorder.catch_up()
    async with call.runtime.store.read() as tx:
        integration = await find_integration(tx, call, integration_id, Permission.KEYS_READ)
        if query.integration not in (None, integration_id):
            return Page[Key](items=[])
        query = query.model_copy(update={"integration": integration_id})
        which = _filter(query, [integration.workspace_id], call.now())
        return await _page(tx, call, which, query, limit, cursor)


async def show_key(call: Call, public_key: str) -> Key:
    """One key."""
    await call.runtime.recorder.catch_up()
    async with call.runtime.store.read() as tx:
        found = await find_key(tx, call, pid_or_not_found(public_key), Permission.KEYS_READ)
        return answer(found, call.now())


async def authorize(call: Call, public_key: str, permission: Permission) -> None:
    """Decide permission and existence before anything else is looked at."""
    async with call.runtime.store.read() as tx:
        await find_key(tx, call, pid_or_not_found(public_key), permission)


async def change_key(call: Call, public_key: str, asked: KeyPatch, if_match: str | None) -> Key:
    """Rename a key, or change its expiry or metadata, if nobody changed it meanwhile."""
    now = call.now()
    if if_match is None:
        raise problem(
            "precondition-required", 'Send If-Match with the version you saw, such as "1".'
        )
    findings = Findings()
    changes = _checked(findings, asked, now)
    findings.settle()
    async with call.runtime.store.write(call.actor.workspaces) as tx:
        before = await find_key(tx, call, pid_or_not_found(public_key), Permission.KEYS_WRITE)
        _refuse_other_version(before, if_match)
        refuse_revoked(before, now)
        if "expires_at" in changes:
            refuse_beyond_policy(before, changes["expires_at"])
        if "label" in changes:
            await settings.refuse_label(tx, before.workspace_id, changes["label"])
        detail = _difference(before, changes)
        if not detail:
            return answer(before, now)
        await refuse_taken_label(
            tx, before.integration_id, changes.get("label", before.label), now, before.pid
        )
        await store.update(tx, before.pid, before.workspace_id, changes)
        action = "key.renamed" if "label" in detail else "key.changed"
        await _record(tx, call, action, before, changes.get("label", before.label), detail)
        return answer(await store.again(tx, before), now)


async def acknowledge_key(call: Call, public_key: str) -> Key:
    """The creator has the secret: the key is confirmed and the secret is not given again."""
    now = call.now()
    async with call.runtime.store.write(call.actor.workspaces) as tx:
        before = await find_key(tx, call, pid_or_not_found(public_key), Permission.KEYS_CREATE)
        refuse_revoked(before, now)
        if before.acknowledged_at is not None:
            return answer(before, now)
        await store.update(tx, before.pid, before.workspace_id, {"acknowledged_at": now})
        await _record(tx, call, "key.acknowledged", before, before.label, {})
        return answer(await store.again(tx, before), now)


def pid_or_not_found(public_key: str) -> str:
    """The pid in an address; text that cannot be a public key is no key."""
    try:
        return pid_of(public_key)
    except MalformedCredentialError:
        raise not_found() from None


def refuse_revoked(key: KeyRecord, now: int) -> None:
    """Raise `key-already-revoked`: what is revoked never changes."""
    if key.is_revoked(now):
        raise problem("key-already-revoked", "The key is revoked, and that is for ever.")


async def refuse_taken_label(
    tx: Connection, integration_id: str, label: str, now: int, besides: str = ""
) -> None:
    """Raise `label-taken`, naming the key that holds the label."""
    skeleton = safetext.skeleton(label)
    other = await store.find_label(tx, integration_id, skeleton, now, besides)
    if other is not None:
        sentence = f"The label is taken by {abbreviate(other.public_key)} of this integration."
        raise problem("label-taken", sentence, fields=[FieldProblem("label", "taken", sentence)])


def refuse_beyond_policy(key: KeyRecord, expires_at: int | None) -> None:
    """Raise `request-invalid` for an expiry later than policy lets the key live."""
    latest = key.rotate_by
    if latest is not None and (expires_at is None or expires_at > latest):
        sentence = (
            f"Keys live for at most {key.max_age_days} days here, this one until "
            f"{moment(latest):%Y-%m-%d}: rotate it instead."
        )
        raise problem(
            "request-invalid",
            sentence,
            fields=[FieldProblem("expires_at", "beyond-policy", sentence)],
        )


def answer(key: KeyRecord, now: int) -> Key:
    """A key as anyone who may read it sees it."""
    disabled = None if key.has_burnt(FuseEnd.ENABLE, now) else key.disabled_at
    by_fuse = key.revoked_at is None and key.is_revoked(now)
    return Key(
        public_key=key.public_key,
        integration_id=key.integration_id,
        integration_name=key.integration_name,
        workspace_id=key.workspace_id,
        label=key.label,
        status=key.status(now),
        confirmed=key.confirmed,
        created_at=moment(key.created_at),
        created_by=key.created_by,
        expires_at=optional_moment(key.expires_at),
        allowed_ips=key.allowed_ips or [],
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
    )


def _difference(before: KeyRecord, changes: dict[str, Any]) -> dict[str, Any]:
    changed = {
        name: {"from": getattr(before, name), "to": value}
        for name, value in changes.items()
        if name not in ("label_skeleton", "label_look") and getattr(before, name) != value
    }
    if "expires_at" in changed:
        changed["expires_at"] = {side: told(when) for side, when in changed["expires_at"].items()}
    return changed


async def _page(
    tx: Connection, call: Call, which: KeyFilter, query: KeyQuery, limit: int, cursor: str | None
) -> Page[Key]:
    cursors = Cursors(call.runtime.roots, "keys", which.workspaces, query)
    after = cursors.read(cursor, (object, str))
    found = await key_pages.page(tx, which, query.sort, limit + 1, after)
    return Page[Key](
        items=[answer(key, which.now) for key, _ in found[:limit]],
        next_cursor=cursors.write(found[limit - 1][1]) if len(found) > limit else None,
    )


def _filter(query: KeyQuery, workspaces: Any, now: int) -> KeyFilter:
    if query.query is not None:
        _refuse_both(query)
        return _filter_of(query.query, query.integration, workspaces, now)
    text = None if query.q is None else safetext.skeleton(query.q)
    before = query.created_before
    return KeyFilter(
        workspaces=workspaces,
        now=now,
        integration_id=query.integration,
        statuses=tuple(query.status),
        label_contains=text or None,
        pid_part=_pid_part(text or ""),
        unused_since=_since(query.unused_for, now),
        created_before=None if before is None else milliseconds(before),
        created_by=query.created_by,
        confirmed=query.confirmed,
        due=query.due,
    )


def _filter_of(typed: str, integration: str | None, workspaces: Any, now: int) -> KeyFilter:
    """The filter of a query in the language of `keyquery`; raises `request-invalid`."""
    try:
        words = keyquery.KeyFilter.parse(typed)
    except QueryError as error:
        sentence = f"{error.message} (character {error.start + 1})"
        raise problem(
            "request-invalid", sentence, fields=[FieldProblem("query", "term", sentence)]
        ) from None
    text = safetext.skeleton(words.text or "")
    return KeyFilter(
        workspaces=workspaces,
        now=now,
        integration_id=integration,
        statuses=tuple(KeyStatus(each) for each in words.statuses if each != "unconfirmed"),
        unconfirmed="unconfirmed" in words.statuses,
        label_contains=text or None,
        pid_part=_pid_part(text),
        unused_since=_since(words.unused_for, now),
        created_before=_since(words.older_than, now),
        created_after=_since(words.younger_than, now),
        created_by=words.created_by,
        environment=words.environment and safetext.skeleton(words.environment),
        source=words.source,
        due=words.due or None,
    )


def _refuse_both(query: KeyQuery) -> None:
    """Raise `request-invalid` where a filter is asked for in two ways at once."""
    for name in ("q", "status", "unused_for", "created_before", "created_by", "confirmed", "due"):
        if getattr(query, name) not in (None, []):
            sentence = f"{name} and query exclude each other: write it into the query."
            raise problem(
                "request-invalid", sentence, fields=[FieldProblem(name, "both", sentence)]
            )


def _since(ago: str | None, now: int) -> int | None:
    return None if ago is None else now - span(ago)


def _pid_part(text: str) -> str | None:
    part = text.removeprefix("kcp_")
    possible = 0 < len(part) <= PID_LENGTH and set(part) <= set(CROCKFORD)
    return part if possible else None


def span(text: str) -> int:
    """A span such as `90d` in milliseconds; raises `request-invalid`."""
    match = _SPAN.fullmatch(text)
    if match is None:
        sentence = "A span is a number and h, d or w: 90d."
        raise problem(
            "request-invalid", sentence, fields=[FieldProblem("unused_for", "span", sentence)]
        )
    return int(match[1]) * _SPAN_UNITS[match[2]]


def _checked(findings: Findings, asked: KeyPatch, now: int) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "label" in asked.model_fields_set:
        changes["label"] = findings.name("label", asked.label, "A label")
        changes["label_skeleton"] = safetext.skeleton(changes["label"])
        changes["label_look"] = labels.look(changes["label"])
    if "expires_at" in asked.model_fields_set:
        changes["expires_at"] = findings.future("expires_at", asked.expires_at, now)
    if "metadata" in asked.model_fields_set:
        changes["metadata"] = findings.metadata(asked.metadata)
    return changes


def _refuse_other_version(key: KeyRecord, if_match: str) -> None:
    wanted = [tag.strip() for tag in if_match.split(",")]
    if "*" not in wanted and f'"{key.version}"' not in wanted:
        raise problem(
            "precondition-failed",
            f"The key was changed meanwhile: it is at version {key.version}.",
        )


async def _record(
    tx: Connection, call: Call, action: str, key: KeyRecord, label: str, detail: dict[str, Any]
) -> None:
    await audit.record(
        tx,
        call,
        action,
        workspace_id=key.workspace_id,
        target=key.public_key,
        target_name=label,
        integration_id=key.integration_id,
        detail=detail,
    )
