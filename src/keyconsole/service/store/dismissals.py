"""Queries: the items of attention that a workspace has dismissed."""

from typing import NamedTuple

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import attention_dismissals

_d = attention_dismissals.c


class DismissalRecord(NamedTuple):
    """A dismissed item: by whom, when, until when, and how bad it was then."""

    workspace_id: str
    item: str
    by: str
    at: int
    until: int
    size: int
    mark: int


async def in_force(tx: Connection, workspace_id: str, now: int) -> dict[str, DismissalRecord]:
    """Returns the dismissals of a workspace that are not over, by item."""
    query = sa.select(attention_dismissals).where(_d.workspace_id == workspace_id, _d.until > now)
    return {row[1]: DismissalRecord(*row) for row in await tx.execute(query)}


async def save(tx: Connection, dismissal: DismissalRecord, *, forgets: bool = True) -> None:
    """Stores a dismissal in the place of the one before; `forgets` those that are over by now."""
    let_go = _d.item == dismissal.item
    if forgets:
        let_go |= _d.until <= dismissal.at
    await tx.execute(
        sa.delete(attention_dismissals).where(_d.workspace_id == dismissal.workspace_id, let_go)
    )
    values = {name: getattr(dismissal, name) for name in DismissalRecord._fields}
    await tx.execute(sa.insert(attention_dismissals), values)
