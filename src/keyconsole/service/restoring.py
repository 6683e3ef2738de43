"""A restored backup gets the revokes that were made after it, before anything listens."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from keyconsole.core.errors import ConfigurationError, KeyconsoleError
from keyconsole.service import rootkeys
from keyconsole.service.clock import Clock, system_clock
from keyconsole.service.revocationlog import LoggedRevoke, UnreadableLine, read
from keyconsole.service.rules import revocation
from keyconsole.service.rules.context import RequestContext
from keyconsole.service.rules.revocation import Grounds
from keyconsole.service.runtime import Runtime
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store import keys
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.sqlite.backup import back_up

ACTOR = "service"
JOURNAL = "journal"
"""The way that a revoke of a log came by, in the audit log."""
_AT_ONCE = 200


@dataclass(slots=True)
class Restored:
    """The outcome of a restore: how many keys of the logs were revoked, already or missing."""

    database: str
    revoked: int = 0
    already: int = 0
    missing: int = 0
    """Keys that the database does not have: they were made after the backup."""
    unreadable: list[UnreadableLine] = field(default_factory=list)


async def restore(
    settings: ServiceSettings,
    backup: Path | None,
    logs: Sequence[Path],
    clock: Clock = system_clock,
) -> Restored:
    """Puts a backup in place, if one is given, and makes the revokes of logs again.

    Without a backup the database is there already, as after `pg_restore`. The same logs again
    revoke nothing. Raises `ConfigurationError` and `KeyconsoleError`, before anything is written
    where a log cannot be read as a whole.
    """
    roots = rootkeys.load(settings)
    if roots is None:
        raise ConfigurationError(
            f"The root key file {settings.root_key_file} is missing: without it the logs cannot be "
            "told from forged ones. Put it back first."
        )
    lines = [line for path in logs for line in read(path, roots)]
    if backup is not None:
        _put_in_place(settings, backup)
    restored = Restored(
        settings.database_url,
        unreadable=[line for line in lines if isinstance(line, UnreadableLine)],
    )
    revokes = {line.pid: line for line in lines if isinstance(line, LoggedRevoke)}
    # The revokes made again here are already in the log: do not append them twice.
    runtime = await Runtime.open(replace(settings, revocations_log=None), clock)
    try:
        by_workspace = sorted(revokes.values(), key=lambda each: (each.workspace_id, each.at))
        for workspace_id, some in groupby(by_workspace, key=lambda each: each.workspace_id):
            logged = list(some)
            for start in range(0, len(logged), _AT_ONCE):
                async with runtime.store.write([workspace_id]) as tx:
                    for each in logged[start : start + _AT_ONCE]:
                        await _revoke(tx, runtime, each, restored)
    finally:
        await runtime.aclose()
    return restored


async def _revoke(
    tx: Connection, runtime: Runtime, logged: LoggedRevoke, restored: Restored
) -> None:
    key = await keys.find(tx, logged.pid, [logged.workspace_id])
    if key is None:
        restored.missing += 1
    elif key.revoked_at is not None:
        restored.already += 1
    else:
        context = RequestContext.without_request(runtime, ACTOR, at=logged.at)
        await revocation.revoke(tx, context, key, Grounds(via=JOURNAL))
        restored.revoked += 1


def _put_in_place(settings: ServiceSettings, backup: Path) -> None:
    if settings.is_postgresql:
        raise ConfigurationError(
            "The database is on PostgreSQL: put the backup into it with pg_restore, then call this "
            "without BACKUP."
        )
    path = settings.database_path
    beside = [Path(f"{path}-wal"), Path(f"{path}-shm"), path.with_name(f".{path.name}.lock")]
    if there := [str(each) for each in (path, *beside) if each.exists()]:
        raise KeyconsoleError(f"Move {' '.join(there)} away first: nothing was written.")
    if not backup.is_file():
        raise ConfigurationError(f"There is no backup {backup}.")
    back_up(backup, path)
