"""The audit log: the event of a request, and what proves that the log is whole."""

import json
import time
from collections.abc import Mapping
from typing import Any

from keyconsole.core.errors import field_problem
from keyconsole.service.audit_chain import ChainVerifier, append
from keyconsole.service.clock import moment
from keyconsole.service.rules.context import RequestContext, not_found
from keyconsole.service.store import audit
from keyconsole.service.store.audit import EventRecord
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import AuditCheckpoint, AuditVerification, Permission

STEP = 200
"""Events that are read and checked at a time: three milliseconds in which nobody else is served."""

STEP_SECONDS = 4.0
"""Seconds that one answer follows a chain, before it says how far it came."""

_DEEPEST = 20
"""Levels of nesting of a detail; the service writes three at most."""


async def record(
    tx: Connection,
    context: RequestContext,
    action: str,
    *,
    workspace_id: str,
    target: str,
    target_name: str,
    integration_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> EventRecord:
    """Adds an event to the log of a workspace, in the transaction of the change."""
    return await append(
        tx,
        context.runtime.roots.newest,
        workspace_id=workspace_id,
        at=context.now(),
        actor=context.principal.name,
        action=action,
        target=target,
        target_name=target_name,
        request_id=context.request_id,
        integration_id=integration_id,
        detail=detail,
        address=context.address,
    )


async def record_of_key(
    tx: Connection,
    context: RequestContext,
    action: str,
    key: KeyRecord,
    detail: Mapping[str, Any] | None = None,
    *,
    label: str | None = None,
) -> EventRecord:
    """Adds an event about a key, named by its label or by `label`, its new one."""
    return await record(
        tx,
        context,
        action,
        workspace_id=key.workspace_id,
        target=key.public_key,
        target_name=key.label if label is None else label,
        integration_id=key.integration_id,
        detail=detail,
    )


async def show_checkpoint(context: RequestContext, workspace: str | None) -> AuditCheckpoint:
    """Returns the length of the log of a workspace, and the hash of its last event."""
    workspace_id = one_workspace(context, workspace)
    async with context.runtime.store.read() as tx:
        count, head = await audit.head(tx, workspace_id)
    return AuditCheckpoint(
        workspace_id=workspace_id, count=count, head=head, at=moment(context.now())
    )


async def verify(context: RequestContext, workspace: str | None, after: int) -> AuditVerification:
    """Follows the chain of a workspace from its start, or from an event that was followed before.

    Holds a few hundred events in memory, however many there are.
    """
    workspace_id = one_workspace(context, workspace)
    chain = ChainVerifier(context.runtime.roots)
    async with context.runtime.store.read() as tx:
        start = await audit.find(tx, workspace_id, after)
    if start is not None:
        chain.verified, chain.head = start.sequence, start.hash
    complete = await _follow(context, workspace_id, chain)
    return AuditVerification(
        workspace_id=workspace_id,
        verified=chain.verified,
        head=chain.head,
        first_broken=chain.first_broken,
        complete=complete,
        at=moment(context.now()),
    )


async def _follow(context: RequestContext, workspace_id: str, chain: ChainVerifier) -> bool:
    """Returns true if it came to the end of the chain, or to the place where it breaks."""
    deadline = time.monotonic() + STEP_SECONDS
    while True:
        async with context.runtime.store.search() as tx:
            events = await audit.following(tx, workspace_id, chain.verified, STEP)
        if not events or not chain.follow(events):
            return True
        if time.monotonic() > deadline:
            return False


def one_workspace(context: RequestContext, wanted: str | None) -> str:
    """Returns the workspace that is named, or the only one."""
    if wanted is not None and wanted not in context.principal.workspaces:
        raise not_found()
    readable = context.principal.workspaces_with(Permission.AUDIT_READ, wanted)
    if len(readable) > 1:
        raise field_problem("workspace", "required", "You have several workspaces: say which one.")
    return readable[0]


def detail_of(event: EventRecord) -> dict[str, Any] | None:
    """Returns the detail of an event, or None if somebody spoilt it."""
    try:
        detail = json.loads(event.detail)
    except (ValueError, RecursionError):
        return None
    return detail if isinstance(detail, dict) and _is_shallow(detail, _DEEPEST) else None


def _is_shallow(value: Any, levels: int) -> bool:
    """Returns true if a value is nested no deeper than this; what is deeper cannot be answered."""
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(each, levels - 1) for each in inner)
