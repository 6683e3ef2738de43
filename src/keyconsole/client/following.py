"""The events of an audit log that are new since it was first read, by sequence.

Clocks have no part in it: an event whose time lies before others is new all the same.
"""

from typing import Any

from keyconsole.client.keyservice import KeyServiceClient
from keyconsole.client.pages import PAGE
from keyconsole.core.errors import KeyconsoleError
from keyconsole.core.queries.events import finds
from keyconsole.wire import AuditCheckpoint, AuditEvent


class LogReplacedError(KeyconsoleError):
    """The log is not the one that was followed: its database was put back from a backup."""


class LogFollower:
    """Reads one audit log from its end on; `asked` are the filters of `KeyServiceClient.audit`.

    A text `q` is looked for here, in every new event.
    """

    def __init__(
        self, client: KeyServiceClient, known: AuditCheckpoint, q: str | None = None, **asked: Any
    ) -> None:
        self._client, self._known, self._text, self._asked = client, known, q or "", asked

    async def new(self) -> list[AuditEvent]:
        """Returns the matching events that were not returned before, the oldest first.

        Raises `LogReplacedError`, and what the service refuses with; nothing is skipped then.
        """
        known, found = self._known, list[AuditEvent]()
        now = await self._client.audit_checkpoint(known.workspace_id)
        await self._require_same_log(now)
        sequence = known.count
        while sequence < now.count:
            page = await self._client.audit(
                workspace=known.workspace_id, after=sequence, limit=PAGE, **self._asked
            )
            items = [event for event in page.items if sequence < event.sequence <= now.count]
            found += items
            if len(items) < PAGE:
                break
            sequence = items[-1].sequence
        self._known = now
        return [
            event
            for event in found
            if finds(self._text, event, event.integration_name, event.detail)
        ]

    async def _require_same_log(self, now: AuditCheckpoint) -> None:
        known = self._known
        if now.head == known.head or not known.count:
            return
        page = await self._client.audit(
            workspace=known.workspace_id, after=known.count - 1, limit=1
        )
        if now.count < known.count or not page.items or page.items[0].hash != known.head:
            raise LogReplacedError(
                f"The audit log of {known.workspace_id} is not the one that was followed: the "
                "database was put back from a backup. Follow it anew."
            )
