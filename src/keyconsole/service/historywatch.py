"""Tells a database that lost a part of its history: restored from a backup, or an old primary.

What was lost may be a revoke, so nobody is let through and nothing is written until the right
database is back, or a person accepts the history (`keyconsole service accept-history`). The
evidence is the file of checkpoints, and what this process itself saw of each audit log before.
"""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from pydantic import ValidationError

from keyconsole.core.errors import ConfigurationError
from keyconsole.local import inputfile
from keyconsole.service.clock import Clock, milliseconds
from keyconsole.service.logs import log
from keyconsole.service.settings import STDOUT, ServiceSettings
from keyconsole.service.store import histories
from keyconsole.service.store.engine import Connection, Store
from keyconsole.service.store.histories import Acceptance
from keyconsole.service.tasks import PeriodicTask
from keyconsole.wire import AuditCheckpoint

_TAIL_BYTES = 4 * 1024 * 1024


class Guarded(Protocol):
    """An object that refuses to work while there is a reason to distrust the database."""

    distrust: str | None


class Known(NamedTuple):
    """The least length of a log, its last hash, and the time at which that was seen, in ms."""

    length: int
    head: str
    at: int
    is_checkpoint: bool
    """True if it stands in the file of checkpoints; false if this process saw it."""


class Loss(NamedTuple):
    """A log that contradicts what is known of it."""

    workspace_id: str
    known: Known
    length: int
    """The number of events that it has now."""


class HistoryWatch(PeriodicTask):
    """Compares the audit logs with what is known of them, once a second."""

    def __init__(
        self, store: Store, settings: ServiceSettings, clock: Clock, *guarded: Guarded
    ) -> None:
        super().__init__(
            self.look,
            name="history watch",
            undone="the audit logs are not compared with checkpoints: the store does not answer",
        )
        self.losses: list[Loss] = []
        self.known: dict[str, Known] = {}
        """The known length and last hash of each log, by workspace id."""
        self._store = store
        self._clock = clock
        self._guarded = (store, *guarded)
        path = settings.checkpoints.path
        self._file = None if path is None or path == STDOUT else CheckpointFile(path)
        self._looking = asyncio.Lock()

    async def look(self) -> list[Loss]:
        """Compares now. Returns what was lost; raises `StoreUnavailableError`."""
        async with self._looking:
            if self._file is not None:
                self._learn(await asyncio.to_thread(self._file.read))
            now = self._clock()
            async with self._store.read() as tx:
                accepted = await histories.acceptances(tx)
                heads = await histories.heads(tx)
                self.losses = [
                    loss
                    for workspace_id in self.known.keys() | heads.keys()
                    if (loss := await self._compare(tx, workspace_id, heads, accepted, now))
                ]
            self._tell()
            return self.losses

    def _learn(self, checkpoints: Mapping[str, Known]) -> None:
        for workspace_id, checkpoint in checkpoints.items():
            known = self.known.get(workspace_id)
            if known is None or checkpoint.length >= known.length:
                self.known[workspace_id] = checkpoint

    async def _compare(
        self,
        tx: Connection,
        workspace_id: str,
        heads: Mapping[str, tuple[int, str]],
        accepted: Mapping[str, Acceptance],
        now: int,
    ) -> Loss | None:
        """Compares one log, and remembers how it ends if it is whole."""
        count, head = heads.get(workspace_id, (0, ""))
        known = self.known.get(workspace_id)
        if known is not None and not _is_accepted(known, accepted.get(workspace_id)):
            found = head if count == known.length else None
            if count > known.length:
                found = await histories.hash_at(tx, workspace_id, known.length)
            if known.length and found != known.head:
                return Loss(workspace_id, known, count)
        if workspace_id in heads:
            self.known[workspace_id] = Known(count, head, now, is_checkpoint=False)
        else:
            self.known.pop(workspace_id, None)
        return None

    def _tell(self) -> None:
        reason = sentence(self.losses[0]) if self.losses else None
        if reason is not None and self._store.distrust is None:
            log.error(_told(self.losses[0]), reason=reason)
        elif reason is None and self._store.distrust is not None:
            log.info("the history of the database is accepted")
        for each in self._guarded:
            each.distrust = reason


def _told(loss: Loss) -> str:
    if loss.length < loss.known.length:
        return "the audit log is shorter than a checkpoint: cut off, or restored from a backup"
    return "the audit log is another one than that of a checkpoint: restored from a backup"


def sentence(loss: Loss) -> str:
    """Returns what was lost and what to do, for a person."""
    says = "a checkpoint says" if loss.known.is_checkpoint else "this process saw"
    how = (
        "has another history" if loss.length >= loss.known.length else f"has {loss.length:,} events"
    )
    return (
        f"The audit log of {loss.workspace_id} {how}, and {says} {loss.known.length:,}: the "
        "database is an older copy, and keys revoked since would be let through. Put the right "
        "database back, or accept this one: keyconsole service accept-history --checkpoint "
        f"{loss.known.length}."
    )


def _is_accepted(known: Known, accepted: Acceptance | None) -> bool:
    """Returns true if a person accepted the log after `known` was seen.

    A copy of the database may have an acceptance of its own, which is older.
    """
    if accepted is None or accepted.accepted_at < known.at:
        return False
    return not known.is_checkpoint or known.length <= accepted.checkpoint


class CheckpointFile:
    """The file of checkpoints, read while another process may append to it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset: int | None = None
        self._read: os.stat_result | None = None

    def read(self) -> dict[str, Known]:
        """Returns the last checkpoint of each workspace among the lines since the last call.

        The first call reads the end of the file. A file that cannot be read has none. Blocks.
        """
        try:
            inputfile.require_file(self._path, str(self._path))
            with self._path.open("rb") as file:
                found = os.fstat(file.fileno())
                is_same = self._read is not None and os.path.samestat(found, self._read)
                if self._offset is None or not is_same or found.st_size < self._offset:
                    self._offset = max(0, found.st_size - _TAIL_BYTES)
                self._read = found
                file.seek(self._offset)
                content = file.read(_TAIL_BYTES)
        except (OSError, ConfigurationError):
            return {}
        whole = content.rfind(b"\n") + 1
        self._offset += whole
        return parse(content[:whole])


def parse(content: bytes) -> dict[str, Known]:
    """Returns the last checkpoint of each workspace among lines; skips malformed ones."""
    found = {}
    for line in content.splitlines():
        try:
            each = AuditCheckpoint.model_validate_json(line)
        except ValidationError:
            continue
        at = milliseconds(each.at)
        found[each.workspace_id] = Known(each.count, each.head, at, is_checkpoint=True)
    return found
