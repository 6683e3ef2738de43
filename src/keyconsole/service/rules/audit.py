r"""The audit log: a keyed chain of hashes in each workspace, written with the change itself.

`hash = HMAC-SHA-256(audit_key, "keyconsole/audit/1\0" previous hash "\0" canonical event)`:
whoever can write to the database but lacks the root key cannot rewrite history unnoticed.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from keyconsole.service.clock import moment
from keyconsole.service.identifiers import new_id
from keyconsole.service.rootkeys import RootKey, RootKeys
from keyconsole.service.rules.calls import Call
from keyconsole.service.rules.pages import Cursors
from keyconsole.service.store import audit
from keyconsole.service.store.audit import EventFilter, EventRecord
from keyconsole.service.store.engine import Connection
from keyconsole.wire import AuditEvent, Page, Permission

_LABEL = b"keyconsole/audit/1\0"


async def append(
    tx: Connection,
    root: RootKey,
    *,
    workspace_id: str,
    at: int,
    actor: str,
    action: str,
    target: str,
    target_name: str,
    request_id: str,
    integration_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> EventRecord:
    """Add an event in the transaction of the change that it tells of."""
    event = EventRecord(
        workspace_id=workspace_id,
        sequence=0,
        id=new_id("evt"),
        at=at,
        actor=actor,
        action=action,
        target=target,
        target_name=target_name,
        integration_id=integration_id,
        detail=canonical(detail or {}),
        request_id=request_id,
        root_id=root.id,
        hash="",
    )
    [event] = await extend(tx, root, [event])
    return event


async def extend(tx: Connection, root: RootKey, events: Sequence[EventRecord]) -> list[EventRecord]:
    """Add events of one workspace in their order; sequence and hash are given to them here."""
    if not events:
        return []
    sequence, previous = await audit.head(tx, events[0].workspace_id)
    chained = []
    for place, event in enumerate(events, sequence + 1):
        numbered = replace(event, sequence=place)
        chained.append(replace(numbered, hash=hash_of(root, numbered, previous)))
        previous = chained[-1].hash
    await audit.extend(tx, chained)
    return chained


def canonical(detail: Mapping[str, Any]) -> str:
    """What an event says besides its columns, as it is kept and hashed."""
    return json.dumps(detail, sort_keys=True, separators=(",", ":"))


async def record(
    tx: Connection,
    call: Call,
    action: str,
    *,
    workspace_id: str,
    target: str,
    target_name: str,
    integration_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> EventRecord:
    """Add the event of a call."""
    return await append(
        tx,
        call.runtime.roots.newest,
        workspace_id=workspace_id,
        at=call.now(),
        actor=call.actor.name,
        action=action,
        target=target,
        target_name=target_name,
        request_id=call.request_id,
        integration_id=integration_id,
        detail=detail,
    )


def hash_of(root: RootKey, event: EventRecord, previous: str) -> str:
    """The hash that chains an event to the one before it, in hex."""
    content = {name: value for name, value in asdict(event).items() if name != "hash"}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    message = b"%b%b\0%b" % (_LABEL, previous.encode(), canonical)
    return hmac.digest(root.audit_key, message, "sha256").hex()


def first_break(roots: RootKeys, events: list[EventRecord]) -> int | None:
    """The sequence of the first event, of a chain from its start, that does not follow."""
    previous = ""
    for expected, event in enumerate(events, 1):
        if event.sequence != expected or event.root_id not in roots:
            return expected
        if not hmac.compare_digest(hash_of(roots[event.root_id], event, previous), event.hash):
            return expected
        previous = event.hash
    return None


async def list_events(
    call: Call,
    *,
    limit: int,
    cursor: str | None,
    workspace: str | None = None,
    target: str | None = None,
    integration: str | None = None,
    action: str | None = None,
    actor: str | None = None,
) -> Page[AuditEvent]:
    """The events, newest first."""
    which = EventFilter(
        workspaces=call.actor.workspaces_with(Permission.AUDIT_READ, workspace),
        target=target,
        integration_id=integration,
        action=action,
        actor=actor,
    )
    cursors = Cursors(call.runtime.roots, "audit", which)
    after = cursors.read(cursor, (int, str, int))
    async with call.runtime.store.read() as tx:
        found = await audit.page(tx, which, limit + 1, after)
    last = found[limit - 1] if len(found) > limit else None
    return Page[AuditEvent](
        items=[_answer(event) for event in found[:limit]],
        next_cursor=last and cursors.write((last.at, last.workspace_id, last.sequence)),
    )


def _answer(event: EventRecord) -> AuditEvent:
    return AuditEvent(
        id=event.id,
        workspace_id=event.workspace_id,
        sequence=event.sequence,
        at=moment(event.at),
        actor=event.actor,
        action=event.action,
        target=event.target,
        target_name=event.target_name,
        detail=json.loads(event.detail),
        request_id=event.request_id,
        hash=event.hash,
    )
