"""The use of a key: counts, the last minute, and recent sources."""

from collections.abc import Sequence
from functools import partial

from keyconsole.core.usestate import NOW_SECONDS
from keyconsole.service.clock import DAY, HOUR, SECOND, milliseconds, moment, optional_moment
from keyconsole.service.rules.context import RequestContext, find_key
from keyconsole.service.rules.keys import pid_or_not_found
from keyconsole.service.rules.usage_series import series
from keyconsole.service.store import key_sources, usage, usage_series
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import OtherSources, Permission, Usage, UsageHour, UsageSource

KEPT_DAYS = 30
_MOST = 2**63 - 1
"""The largest count that an answer can hold, whatever a damaged row says."""


async def show_usage(context: RequestContext, public_key: str, hours: int | None = None) -> Usage:
    """Returns hourly counts of the last 30 days and the recent sources, exact when read.

    With `hours` a series of so many, and the requests of each source a day. The last minute counts
    what all processes accepted, as each writes it once a second.
    """
    runtime = context.runtime
    await runtime.recorder.catch_up()
    now = context.now()
    async with runtime.store.read() if hours is None else runtime.store.search() as tx:
        key = await find_key(tx, context, pid_or_not_found(public_key), Permission.KEYS_READ)
        since = now - (KEPT_DAYS if hours is None else 1) * DAY
        rows = await usage.hours(tx, key.pid, since, now + HOUR)
        last_minute = await minute_of(tx, key, now)
        sources = await key_sources.latest(tx, key.pid)
        others = await key_sources.others(tx, key.pid)
        siblings = await usage.active_siblings(tx, key.pid, key.integration_id, now)
        counted, daily = None, {}
        if hours is not None:
            counted = await series(partial(usage_series.of_key, tx, key.pid), hours, now)
            daily = await _daily(tx, key.pid, milliseconds(counted.since), now)
    accepted = [(hour, count) for hour, outcome, count in rows if outcome == usage.ACCEPTED]
    return Usage(
        public_key=key.public_key,
        last_used_at=optional_moment(key.last_used_at),
        last_minute=last_minute,
        last_hour=_last_hour(dict(accepted), key.last_used_at, now),
        last_day=min(sum(count for hour, count in accepted if hour > now - DAY), _MOST),
        active_siblings=siblings,
        hours=_hours(rows) if hours is None else [],
        series=counted,
        sources=[seen(each, daily.get((each.address, each.agent), [])) for each in sources],
        others=None if others is None else _together(others),
    )


async def _daily(
    tx: Connection, pid: str, since: int, now: int
) -> dict[tuple[str, str], list[int]]:
    """Returns the requests of each source for each day from that of `since` to today."""
    days = range(since - since % DAY, now + 1, DAY)
    found = await key_sources.days(tx, pid, days[0])
    return {source: [counts.get(day, 0) for day in days] for source, counts in found.items()}


async def minute_of(tx: Connection, key: KeyRecord, now: int) -> int:
    """Returns how many requests with a key were accepted in the last minute.

    The last use is known to the millisecond, and counts where the seconds do not have it.
    """
    counted = await usage.last_minute(tx, key.pid, now)
    return max(counted, now - NOW_SECONDS * SECOND < key.last_used_at < now + HOUR)


def seen(source: key_sources.SourceRecord, daily: Sequence[int] = ()) -> UsageSource:
    """Returns a source as it is answered."""
    return UsageSource(
        address=source.address,
        agent=source.agent,
        first_seen_at=moment(source.first_seen_at),
        last_seen_at=moment(source.last_seen_at),
        accepted=source.accepted,
        refused=source.refused,
        daily=list(daily),
    )


def _together(others: key_sources.OthersRecord) -> OtherSources:
    return OtherSources(
        sources=others.sources,
        accepted=others.accepted,
        refused=others.refused,
        last_seen_at=moment(others.last_seen_at),
    )


def _last_hour(accepted: dict[int, int], last_used_at: int, now: int) -> int:
    """Returns the count of this hour and the share of the one before within the last 60 minutes.

    An estimate, but nothing where there was nothing, and there alone.
    """
    if last_used_at <= now - HOUR:
        return 0
    hour = now - now % HOUR
    share = accepted.get(hour - HOUR, 0) * (HOUR - now % HOUR) // HOUR
    estimate = accepted.get(hour, 0) + share
    return min(max(estimate, 1) if last_used_at < now + HOUR else estimate, _MOST)


def _hours(rows: list[tuple[int, str, int]]) -> list[UsageHour]:
    found: dict[int, dict[str, int]] = {}
    for hour, outcome, count in rows:
        found.setdefault(hour, {})[outcome] = count
    return [
        UsageHour(hour=moment(hour), accepted=counts.pop(usage.ACCEPTED, 0), refused=counts)
        for hour, counts in found.items()
    ]
