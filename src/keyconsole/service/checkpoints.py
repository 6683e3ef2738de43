"""Checkpoints of the audit log: how many events, and the hash of the last, written elsewhere.

A keyed chain notices neither a cut tail nor a rewrite by somebody with the key; held against
checkpoints that they could not reach, both show. One process of a machine writes them: whoever
holds the lock on the file. Where it ends, another takes over.
"""

import asyncio
import contextlib
import os
import sys

from pydantic import ValidationError

from keyconsole.service.appendedfile import AppendedFile
from keyconsole.service.clock import SECOND, Clock, milliseconds, moment
from keyconsole.service.historywatch import HistoryWatch
from keyconsole.service.logs import log
from keyconsole.service.settings import STDOUT, ServiceSettings
from keyconsole.service.store import audit
from keyconsole.service.store.engine import Store, StoreDistrustedError, StoreUnavailableError
from keyconsole.service.tasks import PeriodicTask
from keyconsole.wire import AuditCheckpoint

_LOCK_NAME = "audit-checkpoints.lock"
_TAIL_BYTES = 64 * 1024


class Checkpoints(PeriodicTask):
    """Writes a checkpoint of each log that grew enough, or that grew and waited long enough."""

    def __init__(
        self,
        store: Store,
        settings: ServiceSettings,
        clock: Clock,
        history: HistoryWatch | None = None,
    ) -> None:
        super().__init__(
            self._look_round,
            name="checkpoints",
            undone="no checkpoint is written: the store does not answer",
        )
        self.unwritten = 0
        """Events that no checkpoint covers yet, of the log that has most of them."""
        self._store = store
        self._clock = clock
        self._history = history or HistoryWatch(store, settings, clock)
        self._events = settings.checkpoints.events
        self._wait = settings.checkpoints.seconds * SECOND
        self._sink = _Sink(settings) if settings.checkpoints.path is not None else None
        self._told: dict[str, tuple[int, int]] = {}
        self._looking = asyncio.Lock()
        self._obstacle: str | None = None

    def start(self) -> None:
        """Starts to write checkpoints, if they are wanted."""
        if self._sink is not None:
            super().start()

    async def aclose(self) -> None:
        """Ends the task, and writes a last checkpoint of each log that grew."""
        if self._sink is None or not self.is_running:
            return
        await super().aclose()
        with contextlib.suppress(StoreUnavailableError, OSError):
            await self.look(whole=True)
        self._sink.close()

    async def look(self, *, whole: bool = False) -> None:
        """Writes the checkpoints that are due; with `whole` of every log that grew.

        Of a database that lost a part of its history, or is another one by now, what was seen
        before is written: after a restart it is the only evidence.
        Raises `StoreUnavailableError`, and `OSError` where they cannot be written.
        """
        if self._sink is not None:
            async with self._looking:
                try:
                    losses = await self._history.look()
                except StoreDistrustedError:
                    await self._write_seen(self._sink)
                    raise
                if losses:
                    await self._write_seen(self._sink)
                else:
                    await self._look(self._sink, whole=whole)

    def _is_due(self, workspace_id: str, count: int, *, whole: bool) -> bool:
        told, at = self._told.get(workspace_id, (0, 0))
        if count < told:
            return True  # a person accepted it
        grown = count - told
        late = whole or not 0 <= self._clock() - at < self._wait  # a clock may go back
        return grown >= self._events or (grown > 0 and late)

    async def _acquire(self, sink: "_Sink") -> bool:
        if not await asyncio.to_thread(sink.acquire):
            return False
        if (last := sink.last) is not None:
            self._told, sink.last = last, None
        return True

    async def _write_seen(self, sink: "_Sink") -> None:
        """Writes what the history watch saw of each log and no checkpoint says, once."""
        if not await self._acquire(sink):
            return
        seen = {
            each: (known.length, known.head, known.at)
            for each, known in self._history.known.items()
            if known.length > self._told.get(each, (0, 0))[0]
        }
        await self._write(sink, seen)

    async def _look(self, sink: "_Sink", *, whole: bool) -> None:
        if not await self._acquire(sink):
            return
        async with self._store.read() as tx:
            lengths = await audit.lengths(tx)
            due = [
                each for each, count in lengths.items() if self._is_due(each, count, whole=whole)
            ]
            heads = {each: await audit.head(tx, each) for each in due}
        now = self._clock()
        await self._write(sink, {each: (*head, now) for each, head in heads.items()})
        self.unwritten = max(
            (count - self._told.get(each, (0, 0))[0] for each, count in lengths.items()), default=0
        )

    async def _write(self, sink: "_Sink", found: dict[str, tuple[int, str, int]]) -> None:
        """Writes a checkpoint of each log, given by workspace: length, last hash and time."""
        checkpoints = [
            AuditCheckpoint(workspace_id=each, count=count, head=head, at=moment(at))
            for each, (count, head, at) in found.items()
        ]
        await asyncio.to_thread(sink.write_all, checkpoints)
        self._told |= {each: (count, at) for each, (count, _, at) in found.items()}

    async def _look_round(self) -> None:
        reason = None
        try:
            await self.look()
        except OSError as error:
            reason = error.strerror or "the system refused"
        if reason is not None and reason != self._obstacle:
            log.error("no checkpoint can be written", reason=reason)
        self._obstacle = reason


class _Sink(AppendedFile):
    """The file of checkpoints, or standard output with a lock of its own."""

    def __init__(self, settings: ServiceSettings) -> None:
        path = settings.checkpoints.path or STDOUT
        self._is_stdout = path == STDOUT
        super().__init__(settings.data_dir / _LOCK_NAME if self._is_stdout else path)
        self.last: dict[str, tuple[int, int]] | None = None

    def opened(self, descriptor: int) -> None:
        """Reads what the file says last of each log."""
        self.last = {} if self._is_stdout else _last(descriptor)

    def write_all(self, checkpoints: list[AuditCheckpoint]) -> None:
        """Appends checkpoints, a line each, and syncs the file."""
        text = "".join(f"{each.model_dump_json()}\n" for each in checkpoints)
        if not text or self.descriptor is None:
            return
        if self._is_stdout:
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            self.write(text.encode())


def _last(descriptor: int) -> dict[str, tuple[int, int]]:
    """Returns count and time of the last checkpoint of each workspace at the end of the file.

    A line that was cut short by a full disk or a power cut is taken away.
    """
    size = os.fstat(descriptor).st_size
    start = max(0, size - _TAIL_BYTES)
    tail = os.pread(descriptor, _TAIL_BYTES, start)
    whole = tail.rfind(b"\n") + 1
    if whole < len(tail):
        os.ftruncate(descriptor, start + whole)
    found = {}
    for line in tail[:whole].splitlines():
        with contextlib.suppress(ValidationError):
            each = AuditCheckpoint.model_validate_json(line)
            found[each.workspace_id] = (each.count, milliseconds(each.at))
    return found
