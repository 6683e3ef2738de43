"""Revoking many keys: exactly those that were shown, in commits that keep nobody waiting.

Each commit is as many keys, with their audit events, as a moment has room for, so that a single
revoke goes in between; what is reported revoked is dead. Stopped or killed on the way, the rest is
done at the next start, by whichever process comes first.
"""

import asyncio
from collections.abc import Sequence
from itertools import groupby
from time import monotonic

from keyconsole import wire
from keyconsole.core.errors import problem
from keyconsole.service import audit_chain
from keyconsole.service.clock import MINUTE, moment, optional_moment
from keyconsole.service.ids import new_id
from keyconsole.service.logs import log
from keyconsole.service.revocationlog import LoggedRevoke
from keyconsole.service.rules.adaptive_batch import AdaptiveBatch
from keyconsole.service.rules.context import RequestContext, not_found
from keyconsole.service.rules.pages import Cursors
from keyconsole.service.rules.revocation import Grounds, checked, revocation_columns
from keyconsole.service.rules.selection import Selected, select
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import revocations as store
from keyconsole.service.store.audit import EventRecord
from keyconsole.service.store.engine import Connection, StoreUnavailableError
from keyconsole.service.store.revocations import DueKey, RevocationRecord

PAUSE_SECONDS = 0.01
AWAY_SECONDS = 1.0
"""Seconds between two attempts while the store does not answer."""
SAME_WITHIN = 10 * MINUTE


async def dry_run(context: RequestContext, asked: wire.RevocationRequest) -> wire.Selection:
    """Returns the keys that would be revoked. Nothing is changed."""
    checked(asked.reason, asked.incident, asked.note)
    selected = await select(context, asked)
    return await asyncio.to_thread(selected.to_wire)


async def revoke_selected(
    context: RequestContext, asked: wire.RevocationRequest
) -> wire.Revocation:
    """Begins to revoke what a dry run showed. A repeated request returns the same bulk revoke.

    Raises `selection-changed` if it means other keys by now.
    """
    grounds = checked(asked.reason, asked.incident, asked.note)
    if asked.expect_count is None or asked.selection_hash is None:
        raise problem("request-invalid", "Send expect_count and selection_hash of a dry run.")
    if (earlier := await _earlier(context, asked.selection_hash)) is not None:
        return await show_revocation(context, earlier.id, limit=0, cursor=None)
    selected = await select(context, asked)
    if (len(selected.keys), selected.hash) != (asked.expect_count, asked.selection_hash):
        raise problem(
            "selection-changed",
            f"This means {len(selected.keys):,} keys by now, and not those that you saw: nothing "
            "was revoked. Look again.",
        )
    if not selected.keys:
        raise problem("request-invalid", "There is nothing to revoke.")
    record = await _write_down(context, selected, grounds)
    context.runtime.background.start(_carry_on(context.runtime, record.id))
    return await show_revocation(context, record.id, limit=0, cursor=None)


async def show_revocation(
    context: RequestContext, revocation_id: str, *, limit: int, cursor: str | None
) -> wire.Revocation:
    """Returns the progress, and a page of the keys that are in the caller's workspaces."""
    workspaces = context.principal.workspaces_with(wire.Permission.KEYS_REVOKE)
    cursors = Cursors(context.runtime.roots, "revocation", revocation_id, workspaces)
    after = cursors.read(cursor, (int,))
    async with context.runtime.store.read() as tx:
        record = await store.find(tx, revocation_id)
        counts = {} if record is None else await store.counts(tx, revocation_id, workspaces)
        if record is None or not counts:
            raise not_found()
        first = -1 if after is None else after[0]
        found = await store.page(tx, revocation_id, workspaces, limit + 1, first)
    items, is_more = found[:limit], limit and len(found) > limit
    return wire.Revocation(
        id=record.id,
        created_at=moment(record.created_at),
        created_by=record.actor,
        reason=wire.RevokeReason(record.reason),
        incident=record.incident,
        note=record.note,
        request_id=record.request_id,
        total=sum(counts.values()),
        revoked=counts.get(wire.RevocationOutcome.REVOKED, 0),
        already=counts.get(wire.RevocationOutcome.ALREADY, 0),
        finished_at=optional_moment(record.finished_at),
        items=[
            wire.RevokedKey(
                public_key=f"kcp_{each.pid}",
                label=each.label,
                integration_name=each.integration_name,
                outcome=wire.RevocationOutcome(each.outcome or wire.RevocationOutcome.PENDING),
                revoked_at=optional_moment(each.at),
                audit_sequence=each.sequence,
                audit_hash=each.hash,
            )
            for each in items
        ],
        next_cursor=cursors.write((items[-1].position,)) if is_more else None,
    )


async def resume(runtime: Runtime) -> None:
    """Continues bulk revokes that have begun and not ended, in the background."""
    async with runtime.store.read() as tx:
        left = await store.unfinished(tx)
    for revocation_id in left:
        runtime.background.start(_carry_on(runtime, revocation_id))


async def pause() -> None:
    """Waits between two commits, so that others write too."""
    await asyncio.sleep(PAUSE_SECONDS)


async def _earlier(context: RequestContext, selection_hash: str) -> RevocationRecord | None:
    async with context.runtime.store.read() as tx:
        since = context.now() - SAME_WITHIN
        return await store.find_same(tx, context.principal.name, selection_hash, since)


async def _write_down(
    context: RequestContext, selected: Selected, grounds: Grounds
) -> RevocationRecord:
    """Stores the selection in slices, so that nobody waits; the last one makes it begin."""
    record = RevocationRecord(
        id=new_id("rev"),
        actor=context.principal.name,
        reason=grounds.reason,
        incident=grounds.incident,
        note=grounds.note,
        request_id=context.request_id,
        selection_hash=selected.hash,
        created_at=context.now(),
        total=None,
        finished_at=None,
        address=context.address,
    )
    rows = [(place, key.pid, key.workspace_id) for place, key in enumerate(selected.keys)]
    async with context.runtime.store.write([]) as tx:
        await store.add(tx, record)
    for start in range(0, len(rows), store.SLICE):
        async with context.runtime.store.write([]) as tx:
            await store.add_keys(tx, record.id, rows[start : start + store.SLICE])
    async with context.runtime.store.write([]) as tx:
        await store.change(tx, record.id, total=len(rows))
    return record


async def _carry_on(runtime: Runtime, revocation_id: str) -> None:
    """Revokes until nothing is left or the service stops; waits for a store that is away."""
    while not runtime.background.is_stopping:
        try:
            await _go_on(runtime, revocation_id)
            return
        except StoreUnavailableError:
            log.warning("a bulk revoke waits: the store does not answer", revocation=revocation_id)
            await asyncio.sleep(AWAY_SECONDS)


async def _go_on(runtime: Runtime, revocation_id: str) -> None:
    """Revokes commit by commit."""
    async with runtime.store.read() as tx:
        workspaces = await store.workspaces_of(tx, revocation_id)
    batch, after = AdaptiveBatch(), -1
    while not runtime.background.is_stopping:
        async with runtime.store.write(workspaces) as tx:
            began = monotonic()
            record = await store.find(tx, revocation_id)
            if record is None or record.finished_at is not None:
                return
            due = await store.pending(tx, revocation_id, after, batch.size)
            await _revoke(tx, runtime, record, due)
            if len(due) < batch.size:
                await store.change(tx, revocation_id, finished_at=runtime.clock())
                return
        batch.record(monotonic() - began)
        after = due[-1].position
        await pause()


async def _revoke(
    tx: Connection, runtime: Runtime, record: RevocationRecord, due: Sequence[DueKey]
) -> None:
    grounds = Grounds(wire.RevokeReason(record.reason), record.incident, record.note)
    places = {key.pid: key.position for key in due}
    alive = sorted((key for key in due if key.revoked_at is None), key=lambda key: key.workspace_id)
    outcomes = [
        (key.position, wire.RevocationOutcome.ALREADY.value, key.revoked_sequence or 0)
        for key in due
        if key.revoked_at is not None
    ]
    rows, logged = [], []
    for workspace_id, keys in groupby(alive, key=lambda key: key.workspace_id):
        drafts = [_draft(runtime, record, key, grounds) for key in keys]
        for event in await audit_chain.extend(tx, runtime.roots.newest, drafts):
            pid = event.target.removeprefix("kcp_")
            rows.append({"key": pid} | revocation_columns(event, grounds))
            logged.append(LoggedRevoke(pid, workspace_id, event.at))
            outcomes.append((places[pid], wire.RevocationOutcome.REVOKED.value, event.sequence))
    await store.mark_revoked(tx, rows)
    await store.record_outcomes(tx, record.id, outcomes)
    await runtime.revocation_log.append(logged)


def _draft(
    runtime: Runtime, record: RevocationRecord, key: DueKey, grounds: Grounds
) -> EventRecord:
    detail = grounds.detail() | {"process": runtime.process, "revocation": record.id}
    return EventRecord(
        workspace_id=key.workspace_id,
        sequence=0,
        id=new_id("evt"),
        at=runtime.clock(),
        actor=record.actor,
        action="key.revoked",
        target=f"kcp_{key.pid}",
        target_name=key.label,
        integration_id=key.integration_id,
        detail=audit_chain.canonical(detail),
        request_id=record.request_id,
        root_id=runtime.roots.newest.id,
        hash="",
        address=record.address,
    )
