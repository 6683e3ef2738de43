"""The label audit: the living keys that somebody should look at, and what was looked at."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from keyconsole.core import labels
from keyconsole.service.clock import moment
from keyconsole.service.rules import audit, owners
from keyconsole.service.rules.context import RequestContext, find_key
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.rules.keylists import parse_query
from keyconsole.service.rules.keys import pid_or_not_found, refuse_revoked, to_wire
from keyconsole.service.rules.labelfindings import (
    Found,
    Surroundings,
    Twin,
    Twins,
    findings,
    thresholds_of,
)
from keyconsole.service.rules.pages import Cursors, PageQuery
from keyconsole.service.rules.settings import settings_in
from keyconsole.service.store import key_pages, reviews
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.key_pages import KeySort, Position
from keyconsole.service.store.keys import KeyRecord
from keyconsole.service.store.reviews import NamedRecord, ReviewRecord
from keyconsole.service.store.selection import KeyScope
from keyconsole.wire import (
    AuditedKey,
    Finding,
    FindingCounts,
    KeyStatus,
    LabelFinding,
    Page,
    Permission,
    Request,
    Review,
    ReviewRequest,
)
from keyconsole.wire.base import Filter, QueryText

_STRIDE = 500
"""The number of keys that are read at a time."""
_STRIDES = 10
"""The number of reads for one page, which may be empty."""
_COUNTED = 10_000
"""The number of keys that are read for a count, at most: in about a second of processor time."""

Examined = tuple[KeyRecord, Position, list[tuple[Found, Review | None]]]
"""A key, its position, and its findings, each with the review by which it rests."""


class CountQuery(Request, defer_build=False):
    """The findings that are counted: of the keys of a query, those at rest too."""

    query: QueryText | None = None
    workspace: Filter | None = None
    reviewed: bool = False


class FindingsQuery(PageQuery, CountQuery):
    """The findings that are asked for: of one kind, or of all."""

    finding: LabelFinding | None = None


async def list_findings(context: RequestContext, asked: FindingsQuery) -> Page[AuditedKey]:
    """Returns a page of the living keys with findings, by label.

    Findings at rest are among them only if `reviewed` is true.
    Keys may change meanwhile: each is told as it is when its page is read. Where little is found
    among many keys a page is short, or empty, and its cursor goes on from there.
    """
    finding, which = asked.finding, _which(context, asked)
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.search() as tx:
        cursors = Cursors(
            context.runtime.roots, "label-audit", which.workspaces, which.query, finding
        )
        place = cursors.read(asked.cursor, (bool, object, str))
        after = None if place is None else Position(*place)
        items: list[tuple[AuditedKey, Position]] = []
        for _ in range(_STRIDES):
            examined, after = await _examined(tx, which, after)
            for key, position, found in examined:
                kept = [
                    Finding(**each._asdict(), review=review)
                    for each, review in found
                    if finding in (None, each.finding) and (asked.reviewed or review is None)
                ]
                if kept:
                    items.append((AuditedKey(key=to_wire(key, which.now), findings=kept), position))
            if after is None or len(items) > asked.limit:
                break
    if len(items) > asked.limit:
        after = items[asked.limit - 1][1]
    return Page[AuditedKey](
        items=[key for key, _ in items[: asked.limit]],
        next_cursor=None if after is None else cursors.write(after),
    )


async def count_findings(context: RequestContext, asked: CountQuery) -> FindingCounts:
    """Returns how many living keys have findings, in all and of each kind.

    Of many keys only the first by label are counted, which the answer says.
    """
    which = _which(context, asked)
    keys, counts = 0, dict.fromkeys(LabelFinding, 0)
    await context.runtime.recorder.catch_up()
    async with context.runtime.store.search() as tx:
        after: Position | None = None
        for _ in range(_COUNTED // _STRIDE):
            examined, after = await _examined(tx, which, after)
            for _, _, found in examined:
                kept = [each for each, review in found if asked.reviewed or review is None]
                keys += bool(kept)
                for each in kept:
                    counts[each.finding] += 1
            if after is None:
                break
    return FindingCounts(keys=keys, by_finding=counts, is_complete=after is None)


async def review_key(context: RequestContext, public_key: str, asked: ReviewRequest) -> Review:
    """Reviews a finding of a key, which rests until a day."""
    now = context.now()
    problems = FieldErrors()
    until = problems.future("until", asked.until, now) or now
    problems.raise_if_any()
    async with context.runtime.store.write(context.principal.workspaces) as tx:
        key = await find_key(tx, context, pid_or_not_found(public_key), Permission.KEYS_WRITE)
        refuse_revoked(key, now)
        kept = ReviewRecord(key.pid, asked.finding.value, context.principal.name, now, until)
        await reviews.save(tx, kept)
        detail = {"finding": asked.finding.value, "until": moment(until).isoformat()}
        await audit.record_of_key(tx, context, "key.reviewed", key, detail)
    return _to_wire(kept)


def _which(context: RequestContext, asked: CountQuery) -> KeyScope:
    return KeyScope(
        workspaces=context.principal.workspaces_with(Permission.KEYS_READ, asked.workspace),
        now=context.now(),
        query=parse_query(asked.query),
        among=(KeyStatus.ACTIVE, KeyStatus.DISABLED),
    )


async def _examined(
    tx: Connection, which: KeyScope, after: Position | None
) -> tuple[list[Examined], Position | None]:
    """Returns the next keys by label with all findings of each, and where the keys go on."""
    now = which.now
    page = await key_pages.page(tx, which, KeySort.LABEL, _STRIDE, after, may_cap=False)
    keys = [key for key, _ in page.rows]
    places = await reviews.environments(tx, sorted({key.integration_id for key in keys}))
    members, living, limits = {}, {}, {}
    for workspace_id in {key.workspace_id for key in keys}:
        limits[workspace_id] = thresholds_of(await settings_in(tx, workspace_id))
        members[workspace_id] = await reviews.members(tx, workspace_id)
        names = {key.label for key in keys if key.workspace_id == workspace_id}
        looks = {labels.look(name) for name in names}
        living[workspace_id] = _Living(
            await reviews.living_by_look(tx, workspace_id, sorted(looks), sorted(names), now)
        )
    resting: dict[tuple[str, str], Review] = {
        (each.pid, each.finding): _to_wire(each)
        for each in await reviews.reviews_of(tx, [key.pid for key in keys], now)
    }
    examined = []
    for key, position in page.rows:
        same, alike = living[key.workspace_id].twins(key)
        around = Surroundings(
            environment=places.get(key.integration_id),
            namesakes=same,
            alike=alike,
            owner_is_here=owners.is_here(key, members[key.workspace_id]),
        )
        found = [
            (each, resting.get((key.pid, each.finding.value)))
            for each in findings(key, around, limits[key.workspace_id], now)
        ]
        examined.append((key, position, found))
    return examined, page.next


class _Living:
    """The living keys that look like those of one batch, the oldest first."""

    def __init__(self, found: Sequence[NamedRecord]) -> None:
        self._by_look: dict[str, list[NamedRecord]] = defaultdict(list)
        self._by_label: dict[str, list[NamedRecord]] = defaultdict(list)
        for each in found:
            self._by_look[each.label_look].append(each)
            self._by_label[each.label].append(each)

    def twins(self, key: KeyRecord) -> tuple[Twins | None, Twins | None]:
        """Returns the others with the label of the key, and those with its look alone."""
        named = self._by_label[key.label]
        namesakes, alike = (named[0].namesakes, named[0].alike) if named else (0, 0)
        same = (each for each in named if each.pid != key.pid)
        other = (each for each in self._by_look[labels.look(key.label)] if each.label != key.label)
        return _several(same, namesakes - 1), _several(other, alike - namesakes)


def _several(twins: Iterator[NamedRecord], count: int) -> Twins | None:
    first = next(twins, None)
    if first is None:
        return None
    return Twins(Twin(first.pid, first.label, first.integration_name), count)


def _to_wire(review: ReviewRecord) -> Review:
    return Review(by=review.by, at=moment(review.at), until=moment(review.until))
