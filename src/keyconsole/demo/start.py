"""Starting the demo: an embedded service on a directory of its own, filled, with life in it."""

from dataclasses import dataclass
from pathlib import Path

from keyconsole.core import safetext
from keyconsole.demo.history import write_history
from keyconsole.demo.people import ANA, FOUNDED
from keyconsole.demo.traffic import Traffic, callers_of
from keyconsole.service.clock import DAY, Clock, system_clock
from keyconsole.service.embedded import EmbeddedService, start_embedded
from keyconsole.service.store import accounts

WORKSPACE = "acme"


@dataclass(frozen=True, slots=True)
class DemoService(EmbeddedService):
    """An embedded service with traffic, which ends with it."""

    traffic: Traffic | None = None

    async def aclose(self) -> None:
        """Stop the traffic, then the service."""
        if self.traffic is not None:
            await self.traffic.aclose()
        await self.app.aclose()


class _Calendar:
    """A clock that shows the day of the founding first, and the time of the other one after."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._behind = round(FOUNDED * DAY)

    def __call__(self) -> int:
        return self._clock() - self._behind

    def catch_up(self) -> None:
        self._behind = 0


async def start_demo(
    directory: Path, *, clock: Clock = system_clock, traffic: bool = True
) -> EmbeddedService:
    """Start the service on a directory that is empty, or made, and fill it with sample data.

    `ana@acme.example` is signed in, an admin of the workspace `acme`. The same keys every time;
    everything they did is counted back from what `clock` shows. No setting of the environment
    reaches it: a demo never writes to a database that is somebody's. Raises
    `ConfigurationError` with a sentence that says what to do.
    """
    calendar = _Calendar(clock)
    service = await start_embedded(
        directory, account=ANA, workspace=WORKSPACE, clock=calendar, environ={}
    )
    try:
        runtime = service.app.runtime
        async with runtime.store.read() as tx:
            workspace_id = await accounts.find_workspace_id(tx, safetext.skeleton(WORKSPACE))
        calendar.catch_up()
        keys = await write_history(runtime, str(workspace_id), calendar())
        life = Traffic(runtime, calendar, callers_of(keys)) if traffic else None
    except BaseException:
        await service.aclose()
        raise
    if life is not None:
        life.start()
    return DemoService(service.app, service.token, service.data_dir, WORKSPACE, life)
