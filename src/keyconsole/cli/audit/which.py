"""The filters of audit events, and the pages of the events that match."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from keyconsole.cli import resolve
from keyconsole.cli.following import BySequence
from keyconsole.cli.lists import fetching
from keyconsole.cli.options import reads, with_options
from keyconsole.cli.session import Service
from keyconsole.core import durations
from keyconsole.core.errors import UsageError
from keyconsole.core.queries.events import EventFilter

if TYPE_CHECKING:
    from keyconsole.client.pages import Fetch
    from keyconsole.wire import AuditEvent


@dataclass(frozen=True, slots=True)
class Which:
    """The filters as they were typed."""

    integration: str | None = None
    key: str | None = None
    target: str | None = None
    actor: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    query: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        """True if there is no filter."""
        return self == Which()

    def asked(self, now: datetime) -> EventFilter:
        """Returns the filter that the query, or the options, stand for. Raises `UsageError`."""
        found = EventFilter.parse(" ".join(self.query), now)
        if found != EventFilter() and self != Which(query=self.query):
            raise UsageError(
                "A query and the options that filter exclude each other: write it there."
            )
        if self.key and self.target:
            raise UsageError("--key and --target exclude each other.")
        if found != EventFilter():
            return found
        return EventFilter(
            actor=self.actor,
            action=self.action,
            target=self.target,
            since=self.since,
            until=self.until,
        )

    async def pages(self, service: Service, *, grouped: bool = False) -> "Fetch[AuditEvent]":
        """Returns what fetches the events page by page, each bulk revoke as one if `grouped`.

        Raises `ProblemError` or `UsageError`.
        """
        asked = await self._found(service)
        workspace = await service.workspace_id()
        return fetching(
            service.client.audit,
            workspace=workspace,
            grouped=grouped and asked.bulk is None,
            **asked.as_query(),
        )

    async def newer(self, service: Service) -> "BySequence":
        """Return what follows their logs. Raises as `pages` does."""
        from keyconsole.client.following import LogFollower
        from keyconsole.wire import AuditCheckpoint, Permission

        client, asked = service.client, await self._found(service)
        wanted = await service.workspace_id()

        async def heads() -> list[AuditCheckpoint]:
            me = await client.me()
            return [
                await client.audit_checkpoint(each.workspace_id)
                for each in me.memberships
                if wanted in (None, each.workspace_id) and Permission.AUDIT_READ in each.permissions
            ]

        def follower(head: AuditCheckpoint) -> LogFollower:
            return LogFollower(client, head, **asked.as_query())

        return BySequence(await self.pages(service), heads, follower)

    async def _found(self, service: Service) -> EventFilter:
        """Return the filter with the ids of the integration and the key that are named."""
        asked = self.asked(datetime.now(UTC))
        if self.integration:
            found = await resolve.integration_id(service.client, self.integration)
            asked = replace(asked, integration=found)
        if self.key:
            key = await resolve.key(service.client, self.key)
            asked = replace(asked, target=key.public_key)
        return asked


def which_events(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the query and the filters; the function gets them as `which`."""
    options = with_options(
        click.argument("query", nargs=-1),
        click.option("--integration", metavar="INTEGRATION", help="Only about this one."),
        click.option("--key", metavar="KEY", help="Only about this key, by public key or label."),
        click.option("--target", metavar="ID", help="Only about what has this id."),
        click.option("--actor", metavar="EMAIL", help="Only what this account did."),
        click.option("--action", metavar="ACTION", help="Only this, such as key.revoked."),
        click.option(
            "--since",
            metavar="TIME",
            callback=reads(durations.ago),
            help="From then on: 12h, 7d, 2026-11-01.",
        ),
        click.option(
            "--until",
            metavar="TIME",
            callback=reads(durations.ago),
            help="Before then; the same forms.",
        ),
    )

    @functools.wraps(function)
    def called(**given: Any) -> Any:
        which = Which(**{each.name: given.pop(each.name) for each in fields(Which)})
        return function(which=which, **given)

    return options(called)
