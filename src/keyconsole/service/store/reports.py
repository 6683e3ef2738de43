"""Counts keys by what they have in common, some at a time and never more than a bound."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from keyconsole.core.ages import AGES, OLDEST
from keyconsole.service.clock import DAY
from keyconsole.service.store.access_paths import scope_of
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.selection import KeyScope, conditions
from keyconsole.service.store.status import status_is
from keyconsole.service.store.tables import api_keys
from keyconsole.wire import KeyStatus, ReportBy

STRIDE = 5_000
"""So many keys are read by a statement, which takes some 35 ms of processor time at 10⁶ keys."""
MOST = 250_000
"""So many keys are read for a report, the newest first: in about two seconds."""

_some = sa.table("some_keys", *(sa.column(each.name, each.type) for each in api_keys.c))
Place = tuple[int, str]


async def count_keys(
    tx: Connection, which: KeyScope, by: Sequence[ReportBy]
) -> tuple[Counter[tuple[str, ...]], bool]:
    """Returns how many keys have the same of `by`, and whether all keys were counted.

    In the place of an integration, and of its environment, stands its id.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    if which.finds_nothing:
        return counts, True
    strides = MOST // STRIDE
    for workspace_id in which.workspaces:
        place: Place | None = None
        while strides:
            strides -= 1
            some = _stride(workspace_id, which, place)
            counts.update(await _counted(tx, workspace_id, which, by, some))
            last = some.with_only_columns(api_keys.c.created_at, api_keys.c.pid)
            row = (await tx.execute(last.offset(STRIDE - 1).limit(1))).one_or_none()
            if row is None:
                break
            place = (row[0], row[1])
        else:
            return counts, False
    return counts, True


def _stride(workspace_id: str, which: KeyScope, place: Place | None) -> sa.Select[Any]:
    """Returns the query of the next keys after a place, the newest first, of no columns yet."""
    c = api_keys.c
    query = sa.select().where(scope_of(workspace_id, which))
    if place is not None:
        query = query.where(sa.tuple_(c.created_at, c.pid) < place)
    return query.order_by(c.created_at.desc(), c.pid.desc()).limit(STRIDE)


async def _counted(
    tx: Connection,
    workspace_id: str,
    which: KeyScope,
    by: Sequence[ReportBy],
    some: sa.Select[Any],
) -> dict[tuple[str, ...], int]:
    groups: list[sa.ColumnElement[Any]] = [_group(each, which.now).label(each) for each in by]
    asked = conditions(workspace_id, which, _some)
    read = {each for one in (*groups, *asked) for each in visitors.iterate(one)}
    columns = [api_keys.c[each.name] for each in _some.c if each in read]
    query = (
        sa.select(*groups, sa.func.count())
        .where(*asked)
        .group_by(*(sa.text(str(number)) for number in range(1, len(groups) + 1)))
        .add_cte(some.with_only_columns(*columns).cte(_some.name))
    )
    return {tuple(row[:-1]): row[-1] for row in (await tx.execute(query)).all()}


def _group(by: ReportBy, now: int) -> sa.ColumnElement[str]:
    c = _some.c
    match by:
        case ReportBy.OWNER:
            return sa.func.coalesce(c.owner, c.created_by)
        case ReportBy.CREATOR:
            return c.created_by
        case ReportBy.AGE:
            steps = [(c.created_at > now - days * DAY, _word(age)) for age, days in AGES.items()]
            return sa.case(*steps, else_=_word(OLDEST))
        case ReportBy.STATUS:
            ended = (KeyStatus.REVOKED, KeyStatus.EXPIRED, KeyStatus.DISABLED)
            states = [(status_is(each, now, _some), _word(each)) for each in ended]
            return sa.case(*states, else_=_word(KeyStatus.ACTIVE))
        case ReportBy.INTEGRATION | ReportBy.ENVIRONMENT:
            return c.integration_id


def _word(word: str) -> sa.ColumnElement[str]:
    """Returns one of our own words as a literal, by which PostgreSQL can group."""
    return sa.literal_column(f"'{word}'", sa.Text)
