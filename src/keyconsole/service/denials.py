"""Refused management attempts of people who are signed in, as events of the audit log.

An account leaves at most `MAX_KINDS` + 1 events a minute in a workspace: one for each of the first
kinds of attempt, with its count, and one for all the others together. They are written when their
minute is over and at the end, so what a process that dies had not written yet is at most a minute
of them.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from keyconsole.core.credential import MalformedCredentialError, pid_of
from keyconsole.service import audit_chain
from keyconsole.service.clock import MINUTE, Clock, told
from keyconsole.service.rootkeys import RootKeys
from keyconsole.service.store import integrations, keys
from keyconsole.service.store.engine import Connection, Store, StoreUnavailableError
from keyconsole.service.tasks import PeriodicTask
from keyconsole.wire import Permission

ACTION = "permission.denied"
MAX_PENDING = 2_000
"""Beyond this many different attempts at once, targets are no longer told apart."""

MAX_ADDRESSES = 10
"""Addresses that an event names. Its own is that of the first attempt."""

MAX_KINDS = 3
"""Kinds of attempt of one account in one workspace that are told apart within a minute."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt of an account in a workspace; `target` is an id, or a route without one."""

    workspace_id: str
    actor: str
    permission: Permission
    target: str


@dataclass(slots=True)
class _Counted:
    count: int
    first_at: int
    last_at: int
    request_id: str
    addresses: list[str]


class Denials(PeriodicTask):
    """Counts attempts of one kind within a minute, and writes each kind as one event."""

    def __init__(self, store: Store, roots: RootKeys, clock: Clock) -> None:
        super().__init__(
            self.flush,
            name="denials",
            undone="refused attempts are not written: the store does not answer",
        )
        self.counted = 0
        self._store = store
        self._roots = roots
        self._clock = clock
        self._pending: dict[Attempt, _Counted] = {}
        self._writing = asyncio.Lock()

    def note(
        self,
        workspaces: Sequence[str],
        actor: str,
        permission: Permission,
        target: str,
        request_id: str,
        address: str | None = None,
    ) -> None:
        """Counts one attempt, in each of the workspaces where it was not permitted."""
        self.counted += 1
        now = self._clock()
        for workspace_id in workspaces:
            attempt = self._told_apart(Attempt(workspace_id, actor, permission, target))
            self._add(attempt, _Counted(1, now, now, request_id, [address] if address else []))

    def _told_apart(self, attempt: Attempt) -> Attempt:
        """Returns the attempt, or the one that stands for all others of its account."""
        if attempt in self._pending:
            return attempt
        own = [
            each
            for each in self._pending
            if (each.workspace_id, each.actor) == (attempt.workspace_id, attempt.actor)
        ]
        if len(own) < MAX_KINDS and len(self._pending) < MAX_PENDING:
            return attempt
        return next((each for each in own if not each.target), replace(attempt, target=""))

    async def flush(self, *, whole: bool = False) -> None:
        """Writes the kinds whose minute is over; all of them if `whole`.

        Raises `StoreUnavailableError`, and keeps what it could not write.
        """
        async with self._writing:
            await self._flush(self._clock() - MINUTE, whole=whole)

    async def aclose(self) -> None:
        """Ends the task, and writes what is left."""
        await super().aclose()
        with contextlib.suppress(StoreUnavailableError):
            await self.flush(whole=True)

    async def _flush(self, before: int, *, whole: bool) -> None:
        due = {
            attempt: counted
            for attempt, counted in self._pending.items()
            if whole or not 0 < counted.first_at - before <= MINUTE  # a clock may go back
        }
        if not due:
            return
        for attempt in due:
            del self._pending[attempt]
        try:
            async with self._store.write([each.workspace_id for each in due]) as tx:
                for attempt, counted in due.items():
                    await self._write(tx, attempt, counted)
        except BaseException:
            for attempt, counted in due.items():
                self._add(attempt, counted)
            raise

    def _add(self, attempt: Attempt, more: _Counted) -> None:
        counted = self._pending.get(attempt)
        if counted is None:
            self._pending[attempt] = more
            return
        counted.count += more.count
        counted.first_at = min(counted.first_at, more.first_at)
        counted.last_at = max(counted.last_at, more.last_at)
        every = dict.fromkeys([*counted.addresses, *more.addresses])
        counted.addresses = list(every)[:MAX_ADDRESSES]

    async def _write(self, tx: Connection, attempt: Attempt, counted: _Counted) -> None:
        name, integration_id = await _named(tx, attempt)
        several = {"addresses": counted.addresses} if counted.addresses[1:] else {}
        await audit_chain.append(
            tx,
            self._roots.newest,
            workspace_id=attempt.workspace_id,
            at=counted.last_at,
            actor=attempt.actor,
            action=ACTION,
            target=attempt.target,
            target_name=name,
            request_id=counted.request_id,
            integration_id=integration_id,
            address=next(iter(counted.addresses), None),
            detail={
                "permission": attempt.permission,
                "count": counted.count,
                "first_at": told(counted.first_at),
                "last_at": told(counted.last_at),
                **several,
            },
        )


async def _named(tx: Connection, attempt: Attempt) -> tuple[str, str | None]:
    """Returns the name of the target and its integration, if there are any."""
    try:
        key = await keys.find(tx, pid_of(attempt.target), [attempt.workspace_id])
    except MalformedCredentialError:
        found = await integrations.find(tx, attempt.target, [attempt.workspace_id])
        return ("", None) if found is None else (found.name, found.id)
    return ("", None) if key is None else (key.label, key.integration_id)
