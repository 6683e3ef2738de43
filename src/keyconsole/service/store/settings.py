"""Queries: the settings of a workspace."""

from typing import Any, NamedTuple

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import workspaces


class SettingsRecord(NamedTuple):
    """A workspace's name and what was set; what never was has its default elsewhere."""

    workspace_id: str
    name: str
    max_key_age_days: int | None
    warning_days: int
    rest: dict[str, Any]


_w = workspaces.c
# Built once: every create asks for it.
_FIND = sa.select(_w.id, _w.name, _w.max_key_age_days, _w.warning_days, _w.settings).where(
    _w.id == sa.bindparam("workspace_id")
)


async def find(tx: Connection, workspace_id: str) -> SettingsRecord | None:
    """Returns the settings of a workspace, or None."""
    row = (await tx.execute(_FIND, {"workspace_id": workspace_id})).one_or_none()
    return None if row is None else SettingsRecord(*row[:4], {} if row[4] is None else row[4])


async def change(tx: Connection, settings: SettingsRecord) -> None:
    """Stores the settings of a record."""
    await tx.execute(
        sa.update(workspaces)
        .where(workspaces.c.id == settings.workspace_id)
        .values(
            max_key_age_days=settings.max_key_age_days,
            warning_days=settings.warning_days,
            settings=settings.rest,
        )
    )
