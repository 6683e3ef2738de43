"""One running service: its store, root keys, verifier and recorder, opened and closed together."""

import os
import socket
from dataclasses import dataclass, field
from typing import Self

from keyconsole.core.errors import ConfigurationError
from keyconsole.service import openfiles, rootkeys
from keyconsole.service.checkpoints import Checkpoints
from keyconsole.service.clock import Clock, elapsed_clock, system_clock
from keyconsole.service.clockwatch import ClockWatch
from keyconsole.service.counters import OutcomeCounter
from keyconsole.service.denials import Denials
from keyconsole.service.expiring import ExpiringKeys
from keyconsole.service.historywatch import HistoryWatch
from keyconsole.service.ids import RequestIds
from keyconsole.service.limits import Limits
from keyconsole.service.revocationlog import RevocationLog
from keyconsole.service.rootkeys import RootKeys
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store import accounts
from keyconsole.service.store.accounts import TokenRecord
from keyconsole.service.store.engine import Store, StoreDamagedError
from keyconsole.service.store.lookup import KeyLookup
from keyconsole.service.store.opening import open_database
from keyconsole.service.tasks import PeriodicTask, TaskSet
from keyconsole.service.token_last_used import TokenLastUsed
from keyconsole.service.verification.demands import DemandedIntegrations
from keyconsole.service.verification.limiter import KeyLimiter
from keyconsole.service.verification.recorder import UsageRecorder
from keyconsole.service.verification.verifier import Verifier


@dataclass(slots=True, kw_only=True)
class Runtime:
    """The parts of a running process. Operator tokens may live in memory besides the table."""

    settings: ServiceSettings
    clock: Clock
    clock_watch: ClockWatch
    history: HistoryWatch
    roots: RootKeys
    store: Store
    database: str
    """The identity of the database, for workers that have to open the same one."""
    is_new: bool
    """True if the database was made at this start."""
    watch: PeriodicTask
    lookup: KeyLookup
    verifier: Verifier
    recorder: UsageRecorder
    limiter: KeyLimiter
    demands: DemandedIntegrations
    token_last_used: TokenLastUsed
    limits: Limits
    denials: Denials
    checkpoints: Checkpoints
    revocation_log: RevocationLog
    expiring: ExpiringKeys
    request_ids: RequestIds
    process: str
    background: TaskSet = field(default_factory=TaskSet)
    verifications: OutcomeCounter[str] = field(default_factory=OutcomeCounter)
    requests: OutcomeCounter[tuple[str, str, int]] = field(default_factory=OutcomeCounter)
    tokens: dict[str, TokenRecord] = field(default_factory=dict)
    embedded: bool = False
    creating: set[bytes] = field(default_factory=set)

    @classmethod
    async def open(
        cls, settings: ServiceSettings, clock: Clock, elapsed: Clock | None = None
    ) -> Self:
        """Makes the database ready, loads the root keys and opens every connection.

        `elapsed` is the time that passed, which the clock is compared with; a clock other than
        the one of this machine is compared with itself where none is given.
        Raises `ConfigurationError` with a sentence that says what to do.
        """
        openfiles.require_enough()
        database = await open_database(settings)
        store, lookup = database.store, database.lookup
        try:
            roots = await _load_roots(settings, store, clock)
        except BaseException as error:
            await lookup.aclose()
            await store.aclose()
            if isinstance(error, StoreDamagedError):
                raise ConfigurationError(error.reason) from error
            raise
        if elapsed is None:
            elapsed = elapsed_clock if clock is system_clock else clock
        clock_watch = ClockWatch(store, clock, elapsed)
        verifier = Verifier(lookup, roots, clock, clock_watch.is_right)
        history = HistoryWatch(store, settings, clock, verifier)
        return cls(
            settings=settings,
            clock=clock,
            clock_watch=clock_watch,
            history=history,
            roots=roots,
            store=store,
            database=database.identity,
            is_new=database.is_new,
            lookup=lookup,
            watch=PeriodicTask(
                store.watch, name="store watch", undone="the store is not the one that was opened"
            ),
            verifier=verifier,
            recorder=UsageRecorder(store, clock, clock_watch.is_right, clock_watch.was_moved),
            limiter=KeyLimiter(store, clock, clock_watch.is_right, clock_watch.was_moved),
            demands=DemandedIntegrations(store),
            token_last_used=TokenLastUsed(
                store, clock, clock_watch.is_right, clock_watch.was_moved
            ),
            limits=Limits.of_contract(clock) if settings.rate_limits else Limits.off(),
            denials=Denials(store, roots, clock),
            checkpoints=Checkpoints(store, settings, clock, history),
            revocation_log=RevocationLog(settings.revocations_log, roots),
            expiring=ExpiringKeys(store, clock),
            request_ids=RequestIds(),
            process=f"{socket.gethostname()}:{os.getpid()}",
        )

    @property
    def periodic_tasks(self) -> tuple[PeriodicTask, ...]:
        """The tasks that run from the start of the service to its end."""
        return (
            self.watch,
            self.history,
            self.recorder,
            self.limiter,
            self.demands,
            self.token_last_used,
            self.denials,
            self.revocation_log,
        )

    async def aclose(self) -> None:
        """Ends background tasks, writes what was counted, closes every connection."""
        await self.background.aclose()
        for task in (*self.periodic_tasks, self.checkpoints):
            await task.aclose()
        await self.lookup.aclose()
        await self.store.aclose()


async def _load_roots(settings: ServiceSettings, store: Store, clock: Clock) -> RootKeys:
    """Returns the root keys; raises unless all that wrote the database are among them."""
    async with store.read() as tx:
        seen = await accounts.seen_roots(tx)
    roots = rootkeys.load(settings)
    if roots is None:
        if seen:
            raise ConfigurationError(
                f"The root key file {settings.root_key_file} is missing, and no key can be "
                "checked without it: put it back from a backup, or name it with "
                "KEYCONSOLE_ROOT_KEY_FILE."
            )
        roots = rootkeys.create(settings)
    _refuse_lost(seen, roots)
    if roots.newest.id not in seen:
        async with store.write() as tx:
            # Another machine may have started meanwhile, with a root key of its own.
            seen = await accounts.seen_roots(tx)
            _refuse_lost(seen, roots)
            if roots.newest.id not in seen:
                await accounts.add_root(tx, roots.newest.id, clock())
    return roots


def _refuse_lost(seen: set[str], roots: RootKeys) -> None:
    lost = sorted(root for root in seen if root not in roots)
    if lost:
        raise ConfigurationError(
            f"The database was written with the root key {lost[0]}, which is not among the "
            "loaded ones: add it to the root key file."
        )
