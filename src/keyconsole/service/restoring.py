"""A restored backup gets the revokes that were made after it, before anything listens.

A file appears at the path of the database once all of them are in it. So a restore that is killed
leaves no database there, and none that a service would start on with dead keys alive.
"""

import contextlib
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
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
from keyconsole.service.store.sqlite import lease
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
    where a log cannot be read as a whole, or where a file of it is not named.
    """
    _require_every_file(logs)
    roots = rootkeys.load(settings)
    if roots is None:
        raise ConfigurationError(
            f"The root key file {settings.root_key_file} is missing: without it the logs cannot be "
            "told from forged ones. Put it back first."
        )
    lines = [line for path in logs for line in read(path, roots)]
    restored = Restored(
        settings.database_url,
        unreadable=[line for line in lines if isinstance(line, UnreadableLine)],
    )
    revokes = {line.pid: line for line in lines if isinstance(line, LoggedRevoke)}
    if backup is None:
        if not settings.is_postgresql and not settings.database_path.exists():
            raise ConfigurationError(f"There is no database {settings.database_path}.")
        await _revoke_all(settings, clock, revokes.values(), restored)
    else:
        with _put_in_place(settings, backup) as draft:
            at_draft = replace(settings, database_url=f"sqlite:///{draft}")
            await _revoke_all(at_draft, clock, revokes.values(), restored)
    return restored


async def _revoke_all(
    settings: ServiceSettings, clock: Clock, revokes: Iterable[LoggedRevoke], restored: Restored
) -> None:
    # The revokes made again here are already in the log: do not append them twice.
    runtime = await Runtime.open(replace(settings, revocations_log=None), clock)
    try:
        by_workspace = sorted(revokes, key=lambda each: (each.workspace_id, each.at))
        for workspace_id, some in groupby(by_workspace, key=lambda each: each.workspace_id):
            logged = list(some)
            for start in range(0, len(logged), _AT_ONCE):
                async with runtime.store.write([workspace_id]) as tx:
                    for each in logged[start : start + _AT_ONCE]:
                        await _revoke(tx, runtime, each, restored)
    finally:
        await runtime.aclose()


async def _revoke(
    tx: Connection, runtime: Runtime, logged: LoggedRevoke, restored: Restored
) -> None:
    key = await keys.find(tx, logged.pid, [logged.workspace_id])
    if key is None:
        restored.missing += 1
    elif key.revoked_at is not None:
        restored.already += 1
    else:
        # A clock that was ahead then leaves no event in the future, which is evidence of the clock.
        at = min(logged.at, runtime.clock())
        context = RequestContext.without_request(runtime, ACTOR, at=at)
        await revocation.revoke(tx, context, key, Grounds(via=JOURNAL))
        restored.revoked += 1


def _require_every_file(logs: Sequence[Path]) -> None:
    """Raises `ConfigurationError` where another process of the same log wrote a file not named."""
    named = {each.resolve() for each in logs}
    for path in logs:
        beside = re.compile(re.escape(path.name) + r"\.[0-9]+")
        with contextlib.suppress(OSError):  # a log that cannot be read has its own sentence
            for each in sorted(path.absolute().parent.iterdir()):
                if beside.fullmatch(each.name) and each.resolve() not in named:
                    raise ConfigurationError(
                        f"{each} is a file of the same log: it has to be named too, with "
                        "--revocations. If it is older than the backup, move it away."
                    )


@contextlib.contextmanager
def _put_in_place(settings: ServiceSettings, backup: Path) -> Iterator[Path]:
    """Yields the path of a copy of the backup; puts what it is at the end in place, if no error."""
    if settings.is_postgresql:
        raise ConfigurationError(
            "The database is on PostgreSQL: put the backup into it with pg_restore, then call this "
            "without BACKUP."
        )
    path = settings.database_path
    there = [each for each in (path, Path(f"{path}-wal"), Path(f"{path}-shm")) if each.exists()]
    if lease.mark(path) is not None:
        there.append(lease.lock_path(path))
    if there:
        names = " ".join(map(str, there))
        raise KeyconsoleError(f"Move {names} away first: nothing was written.")
    if not backup.is_file():
        raise ConfigurationError(f"There is no backup {backup}.")
    try:
        made = tempfile.TemporaryDirectory(prefix=f".{path.name}.restoring-", dir=path.parent)
    except OSError as error:
        raise ConfigurationError(f"{path.parent} cannot be written: {error.strerror}.") from error
    with made as directory:
        draft = Path(directory) / path.name
        back_up(backup, draft)
        yield draft
        back_up(draft, path)
