"""Rotations as they are answered: both keys, and what is waited for."""

from keyconsole.service.clock import moment, optional_moment
from keyconsole.service.rules.context import RequestContext, find_key, not_found
from keyconsole.service.rules.keys import pid_or_not_found, to_wire
from keyconsole.service.rules.pages import Cursors, PageQuery
from keyconsole.service.rules.rotation_state import quiet_at, state, state_at_end, waits
from keyconsole.service.rules.usage import minute_of, seen
from keyconsole.service.store import key_sources, keys
from keyconsole.service.store import rotations as store
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.rotations import RotationRecord
from keyconsole.wire import Page, Permission, Rotation, RotationSide


async def show_rotation(context: RequestContext, public_key: str) -> Rotation:
    """Returns the last rotation that a key was a part of, as it stands now."""
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.read() as tx:
        key = await find_key(tx, context, pid_or_not_found(public_key), Permission.KEYS_CREATE)
        rotation = await store.latest(tx, key.pid)
        if rotation is None:
            raise not_found()
        return await _to_wire(tx, context, rotation)


async def list_rotations(context: RequestContext, query: PageQuery) -> Page[Rotation]:
    """Returns a page of the rotations under way, the oldest first."""
    workspaces = context.principal.workspaces_with(Permission.KEYS_CREATE)
    cursors = Cursors(context.runtime.roots, "rotations", workspaces)
    after = cursors.read(query.cursor, (int, str))
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.search() as tx:
        found = await store.under_way(tx, workspaces, query.limit + 1, after)
        rows, following = cursors.cut(
            found, query.limit, lambda last: (last.started_at, last.new_pid)
        )
        items = [await _to_wire(tx, context, each) for each in rows if state_at_end(each) is None]
    return Page[Rotation](items=items, next_cursor=following)


async def _to_wire(tx: Connection, context: RequestContext, rotation: RotationRecord) -> Rotation:
    now = context.now()
    old = await _side(tx, context, rotation, rotation.old_pid)
    new = await _side(tx, context, rotation, rotation.new_pid)
    # What ended it may have happened just now, and not be written down yet.
    ended = state_at_end(rotation) is not None
    ended_at = rotation.ended_at or rotation.old_revoked_at or rotation.new_revoked_at
    ended_by = rotation.ended_by or rotation.old_revoked_by or rotation.new_revoked_by
    return Rotation(
        old=old,
        new=new,
        state=state(rotation, now),
        waiting_for=waits(rotation, now),
        quiet_minutes=rotation.quiet_minutes,
        quiet_at=moment(quiet_at(rotation)),
        deadline=moment(rotation.deadline),
        automatic=rotation.automatic_by is not None,
        label_after=old.key.label if rotation.takes_label and not ended else new.key.label,
        started_at=moment(rotation.started_at),
        started_by=rotation.started_by,
        paused_at=optional_moment(rotation.paused_at),
        ended_at=optional_moment(ended_at) if ended else None,
        ended_by=ended_by if ended else None,
        at=moment(now),
    )


async def _side(
    tx: Connection, context: RequestContext, rotation: RotationRecord, pid: str
) -> RotationSide:
    key = await keys.find(tx, pid, [rotation.workspace_id])
    if key is None:
        raise not_found()
    return RotationSide(
        key=to_wire(key, context.now()),
        last_minute=await minute_of(tx, key, context.now()),
        sources=[
            seen(source)
            for source in await key_sources.latest(tx, pid)
            if source.last_seen_at >= rotation.started_at
        ],
    )
