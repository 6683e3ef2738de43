"""The clock or the history of a database, accepted by a person.

Both are stored in the database, where every running process finds them, and audited.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keyconsole.core import safetext
from keyconsole.core.errors import KeyconsoleError
from keyconsole.service.clock import Clock, system_clock, told
from keyconsole.service.historywatch import Loss
from keyconsole.service.rules import audit
from keyconsole.service.rules.context import RequestContext
from keyconsole.service.runtime import Runtime
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store import accounts, clockstate, histories
from keyconsole.service.store.engine import Connection

ACTOR = "service"


@dataclass(frozen=True, slots=True)
class AcceptedClock:
    """The accepted time of this machine, and the times that were known before."""

    now: str | None
    heartbeat: str | None
    newest_event: str | None


@dataclass(frozen=True, slots=True)
class AcceptedHistory:
    """The log that was accepted as it is, and the checkpoint that was given up for it."""

    workspace_id: str
    workspace: str
    checkpoint: int
    events: int


async def accept_clock(settings: ServiceSettings, clock: Clock = system_clock) -> AcceptedClock:
    """Stores that the clock of this machine is right, with an event in every audit log."""
    runtime = await Runtime.open(settings, clock)
    try:
        async with runtime.store.write() as tx:
            now = clock()
            before = await clockstate.read(tx)
            newest = await clockstate.newest_event(tx)
            await clockstate.accept(tx, now, max(newest, before.disregarded_until))
            detail = {"heartbeat": told(before.heartbeat_at or None), "newest_event": told(newest)}
            names = dict(await accounts.workspace_names(tx))
            await _record(tx, runtime, "clock.accepted", names, detail)
    finally:
        await runtime.aclose()
    return AcceptedClock(told(now), told(before.heartbeat_at or None), told(newest or None))


class HistoryAcceptance:
    """A log that lost events, found by its checkpoint, to be accepted by the workspace's name."""

    def __init__(self, settings: ServiceSettings, clock: Clock = system_clock) -> None:
        self._settings = settings
        self._clock = clock

    async def accept(self, checkpoint: int, name: str) -> AcceptedHistory:
        """Accepts the log of the workspace of this name, which contradicts this checkpoint.

        A workspace that was lost as a whole is named by its id. Raises `KeyconsoleError`.
        """
        runtime = await Runtime.open(self._settings, self._clock)
        try:
            losses = await runtime.history.look()
            async with runtime.store.read() as tx:
                names = dict(await accounts.workspace_names(tx))
            runtime.store.distrust = None
            workspace_id = _named(names, losses, name)
            # The lost events may have times ahead of the clock: accept after the last of them.
            seen = runtime.history.known.get(workspace_id)
            at = max(self._clock(), seen.at if seen else 0)
            # A loss after the last checkpoint is known to running processes alone.
            for loss in losses:
                if loss.workspace_id == workspace_id and checkpoint < loss.known.length:
                    raise KeyconsoleError(
                        f"The last checkpoint says {loss.known.length:,} events, not "
                        f"{checkpoint:,}: nothing was accepted."
                    )
            async with runtime.store.write() as tx:
                return await self._store(tx, runtime, workspace_id, names, checkpoint, at)
        finally:
            await runtime.aclose()

    async def _store(
        self,
        tx: Connection,
        runtime: Runtime,
        workspace_id: str,
        names: dict[str, str],
        checkpoint: int,
        at: int,
    ) -> AcceptedHistory:
        count, _ = (await histories.heads(tx)).get(workspace_id, (0, ""))
        await histories.accept(tx, workspace_id, checkpoint, at)
        detail = {"checkpoint": checkpoint, "events": count, "workspace": workspace_id}
        concerned = {workspace_id: names[workspace_id]} if workspace_id in names else names
        await _record(tx, runtime, "history.accepted", concerned, detail)
        return AcceptedHistory(workspace_id, names.get(workspace_id, ""), checkpoint, count)


def _named(names: dict[str, str], losses: list[Loss], name: str) -> str:
    wanted = safetext.skeleton(name.strip())
    for workspace_id, known in names.items():
        if safetext.skeleton(known) == wanted:
            return workspace_id
    for loss in losses:
        if loss.workspace_id == name.strip() and loss.workspace_id not in names:
            return loss.workspace_id
    raise KeyconsoleError("There is no workspace of this name: nothing was accepted.")


async def _record(
    tx: Connection, runtime: Runtime, action: str, names: Mapping[str, str], detail: dict[str, Any]
) -> None:
    """Adds an event to the logs of these workspaces, given by id and name."""
    context = RequestContext.without_request(runtime, ACTOR)
    for each, name in names.items():
        await audit.record(
            tx,
            context,
            action,
            workspace_id=each,
            target=each,
            target_name=name,
            detail=detail,
        )
