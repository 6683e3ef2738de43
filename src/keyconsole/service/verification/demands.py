"""Logs integrations that a gateway demands and that do not exist, which refuses every key."""

import re
from collections.abc import Iterable

from keyconsole.service.logs import log
from keyconsole.service.store import integrations
from keyconsole.service.store.engine import Store
from keyconsole.service.tasks import PeriodicTask

LOOK_SECONDS = 60.0
MOST = 32
"""Different ids that one process notes; later ones are not looked up."""

_ID = re.compile(r"int_[0-9a-z]{1,32}")
_KEPT_OF_ID = 64


class DemandedIntegrations(PeriodicTask):
    """Notes what was demanded by refused requests, and looks it up off the path of requests."""

    def __init__(self, store: Store) -> None:
        super().__init__(
            self.look,
            name="demanded integrations",
            undone="demanded integrations are not looked up: the store does not answer",
            seconds=LOOK_SECONDS,
        )
        self._store = store
        self._noted: set[str] = set()
        self._pending: list[str] = []

    def note(self, demanded: Iterable[bytes]) -> None:
        """Notes the ids that a refused request was measured by, each once."""
        for each in demanded:
            text = each[:_KEPT_OF_ID].decode("latin-1")
            if len(self._noted) < MOST and text not in self._noted:
                self._noted.add(text)
                self._pending.append(text)

    async def look(self) -> None:
        """Logs those of the noted ids that no workspace has; raises `StoreUnavailableError`."""
        if not self._pending:
            return
        pending = self._pending.copy()
        async with self._store.read() as tx:
            known = await integrations.known(tx, [each for each in pending if _ID.fullmatch(each)])
        del self._pending[: len(pending)]
        for each in pending:
            if each not in known:
                log.warning("a gateway demands an integration that does not exist", demanded=each)
