"""The items of attention: what each kind finds in a workspace, before it has names."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from keyconsole.core.queries.keys import KeyQuery
from keyconsole.core.usestate import NEW_SOURCE_SECONDS
from keyconsole.service.clock import DAY, SECOND, milliseconds
from keyconsole.service.rules.labelfindings import Thresholds
from keyconsole.service.rules.rotation_state import state, waits
from keyconsole.service.rules.settings import settings_in
from keyconsole.service.store import attention as store
from keyconsole.service.store import rotations
from keyconsole.service.store.attention import (
    MOST,
    GroupRow,
    SourceRow,
    Subject,
)
from keyconsole.service.store.dismissals import DismissalRecord
from keyconsole.service.store.engine import Connection
from keyconsole.service.verification.sources import is_allowed
from keyconsole.wire import LATEST, AttentionKind, FuseEnd, RotationState

REFUSED_BURST = 100
FORGED_BURST = 10
"""Requests with one key within a day from which on they are an item; of a limit, the first is."""
WITHIN = DAY

_END = milliseconds(LATEST)
_BURSTS = frozenset({AttentionKind.FORGED, AttentionKind.REFUSED, AttentionKind.LIMITED})
_NEWEST_FIRST = _BURSTS | {AttentionKind.NEW_SOURCE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An item before it has names.

    It is worse than another time if its `size` grew, or its `mark`: the time of the newest source
    or the youngest key that it counts; for what is scheduled, how near it is.
    """

    kind: AttentionKind
    workspace_id: str
    pid: str | None = None
    integration_id: str | None = None
    keys: int = 1
    times: int | None = None
    capped: bool = False
    at: int | None = None
    mark: int = 0
    address: str | None = None
    agent: str | None = None
    query: str | None = None

    @property
    def id(self) -> str:
        """The id: the kind, and the key or the integration."""
        subject = f"kcp_{self.pid}" if self.integration_id is None else self.integration_id
        return f"{self.kind}-{subject}"

    @property
    def size(self) -> int:
        """The number of keys or of uses that the item stands for."""
        return self.keys if self.times is None else self.times

    def is_worse_than(self, dismissal: DismissalRecord) -> bool:
        """Returns true if it got worse since it was dismissed.

        Refusals go on while nobody looks: they are worse from a new source, or twice as many.
        """
        size = dismissal.size * 2 if self.kind in _BURSTS else dismissal.size
        return self.size > size or self.mark > dismissal.mark


async def find_items(
    tx: Connection, subject: Subject, only: AttentionKind | None = None
) -> dict[AttentionKind, Sequence[Found]]:
    """Returns the items of every kind, or of one, the worst first."""
    warning = (await settings_in(tx, subject.workspace_id)).warning_days
    found: dict[AttentionKind, list[Found]] = {}
    for kinds, find in _FINDERS.items():
        if only is None or only in kinds:
            for item in await find(tx, subject, warning):
                found.setdefault(item.kind, []).append(item)
    return {kind: sorted(items, key=rank) for kind, items in found.items()}


async def _new_sources(tx: Connection, subject: Subject, _: int) -> Iterator[Found]:
    rows = await store.new_sources(tx, subject, subject.now - NEW_SOURCE_SECONDS * SECOND)
    by_key: dict[str, list[SourceRow]] = {}
    for row in rows:
        # An address that the key does not allow any more is refused by now.
        if row.allowed is None or is_allowed(row.address, row.allowed):
            by_key.setdefault(row.pid, []).append(row)
    return (
        Found(
            kind=AttentionKind.NEW_SOURCE,
            workspace_id=subject.workspace_id,
            pid=pid,
            times=len({row.address for row in (newest, *others)}),
            at=newest.first_seen_at,
            mark=newest.first_seen_at,
            address=newest.address,
            agent=newest.agent,
        )
        for pid, (newest, *others) in by_key.items()
    )


async def _refused(tx: Connection, subject: Subject, _: int) -> Iterator[Found]:
    since = subject.now - WITHIN
    least = {
        AttentionKind.REFUSED: REFUSED_BURST,
        AttentionKind.FORGED: FORGED_BURST,
        AttentionKind.LIMITED: 1,
    }
    rows = await store.refused(tx, subject, since, least)
    return (
        Found(
            kind=row.why,
            workspace_id=subject.workspace_id,
            pid=row.pid,
            times=row.times,
            at=row.last_at,
            mark=row.newest_at,
        )
        for row in rows
    )


async def _transitions(tx: Connection, subject: Subject, warning: int) -> Iterator[Found]:
    rows = await store.transitions(tx, subject, subject.now + warning * DAY)
    enables, revokes = AttentionKind.ENABLES_ITSELF, AttentionKind.REVOKES_ITSELF
    return (
        Found(
            kind=enables if row.then == FuseEnd.ENABLE else revokes,
            workspace_id=subject.workspace_id,
            pid=row.pid,
            at=row.at,
            mark=_END - row.at,
        )
        for row in rows
    )


async def _rotations(tx: Connection, subject: Subject, _: int) -> Iterable[Found]:
    if subject.pid is None:
        records = await rotations.under_way(tx, [subject.workspace_id], MOST + 1, None)
    else:
        latest = await rotations.latest(tx, subject.pid)
        records = [] if latest is None or latest.old_pid != subject.pid else [latest]
    found = []
    for each in records:
        is_open = waits(each, subject.now)
        is_late = bool(is_open) and each.deadline <= subject.now
        is_ready = state(each, subject.now) is RotationState.READY and bool(is_open)
        if is_late or is_ready:
            kind = AttentionKind.ROTATION_LATE if is_late else AttentionKind.ROTATION_READY
            found.append(
                Found(
                    kind=kind,
                    workspace_id=subject.workspace_id,
                    pid=each.old_pid,
                    at=each.deadline,
                    mark=each.started_at,
                )
            )
    return found


async def _expiring(tx: Connection, subject: Subject, warning: int) -> Iterator[Found]:
    query = KeyQuery(expires_within=timedelta(days=warning))
    rows = await store.matching(tx, subject, query)
    return _groups(AttentionKind.EXPIRING, subject, query, rows)


async def _due(tx: Connection, subject: Subject, _: int) -> Iterator[Found]:
    rows = await store.due(tx, subject)
    return _groups(AttentionKind.DUE, subject, KeyQuery(due=True), rows)


async def _owner_left(tx: Connection, subject: Subject, _: int) -> Iterator[Found]:
    rows = await store.owner_left(tx, subject)
    found = _groups(AttentionKind.OWNER_LEFT, subject, KeyQuery(owner_left=True), rows)
    return (replace(each, at=None) for each in found)


async def _unconfirmed(tx: Connection, subject: Subject, _: int) -> Iterator[Found]:
    age = timedelta(days=Thresholds().new_days)
    query = KeyQuery(statuses=("unconfirmed",), older_than=age)
    rows = await store.matching(tx, subject, query)
    return _groups(AttentionKind.UNCONFIRMED, subject, query, rows)


def _groups(
    kind: AttentionKind, subject: Subject, query: KeyQuery, rows: Sequence[GroupRow]
) -> Iterator[Found]:
    capped, text = sum(row.keys for row in rows) > MOST, str(query)
    for row in rows:
        yield Found(
            kind=kind,
            workspace_id=subject.workspace_id,
            pid=row.pid if row.keys == 1 and not capped else None,
            integration_id=row.integration_id,
            keys=min(row.keys, MOST),
            capped=capped,
            at=row.first_at,
            mark=row.last_at,
            query=text,
        )


_Finder = Callable[[Connection, Subject, int], Awaitable[Iterable[Found]]]
_FINDERS: dict[tuple[AttentionKind, ...], _Finder] = {
    (AttentionKind.NEW_SOURCE,): _new_sources,
    (AttentionKind.FORGED, AttentionKind.REFUSED, AttentionKind.LIMITED): _refused,
    (AttentionKind.REVOKES_ITSELF, AttentionKind.ENABLES_ITSELF): _transitions,
    (AttentionKind.ROTATION_LATE, AttentionKind.ROTATION_READY): _rotations,
    (AttentionKind.EXPIRING,): _expiring,
    (AttentionKind.DUE,): _due,
    (AttentionKind.OWNER_LEFT,): _owner_left,
    (AttentionKind.UNCONFIRMED,): _unconfirmed,
}


def rank(item: Found) -> tuple[int, str]:
    """Returns what orders the items of a kind: the newest first, or the one that comes first."""
    at = item.at or 0
    return (-at if item.kind in _NEWEST_FIRST else at, item.integration_id or item.pid or "")
