"""Queries: the settings of a workspace."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tables import workspaces


@dataclass(frozen=True, slots=True)
class SettingsRecord:
    """A workspace's name and what was set; what never was has its default elsewhere."""

    workspace_id: str
    name: str
    max_key_age_days: int | None
    warning_days: int
    rest: dict[str, Any]


async def find(tx: Connection, workspace_id: str) -> SettingsRecord | None:
    """The settings of a workspace."""
    c = workspaces.c
    query = sa.select(c.id, c.name, c.max_key_age_days, c.warning_days, c.settings).where(
        c.id == workspace_id
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else SettingsRecord(*row[:4], {} if row[4] is None else row[4])


async def change(tx: Connection, settings: SettingsRecord) -> None:
    """Keep the settings as they are in the record."""
    await tx.execute(
        sa.update(workspaces)
        .where(workspaces.c.id == settings.workspace_id)
        .values(
            max_key_age_days=settings.max_key_age_days,
            warning_days=settings.warning_days,
            settings=settings.rest,
        )
    )
