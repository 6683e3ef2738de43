"""From a route to the screens that show it, with those above it that one comes back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.routes import Place, Route
from keyconsole.console.screens.attention import AttentionScreen
from keyconsole.console.screens.audit import AuditScreen
from keyconsole.console.screens.create_key import CreateKeyScreen
from keyconsole.console.screens.find import FindScreen
from keyconsole.console.screens.integration import IntegrationScreen
from keyconsole.console.screens.invitations import InvitationsScreen
from keyconsole.console.screens.key_detail import KeyScreen
from keyconsole.console.screens.members import MembersScreen
from keyconsole.console.screens.report import ReportScreen
from keyconsole.console.screens.rotation import RotationScreen
from keyconsole.console.screens.rotations import RotationsScreen
from keyconsole.console.screens.use import KeyUseScreen, TotalUseScreen
from keyconsole.console.screens.watch import WatchScreen
from keyconsole.core.errors import UsageError
from keyconsole.core.shortcuts import key_of
from keyconsole.text import times

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from keyconsole.client import KeyServiceClient
    from keyconsole.console.screens.base import ConsoleScreen


LIVING = "status:active"
"""The query of the keys of all integrations, where a route has none."""
_PLAIN: dict[Place, Callable[[], ConsoleScreen]] = {
    Place.ATTENTION: AttentionScreen,
    Place.WATCH: WatchScreen,
    Place.ROTATIONS: RotationsScreen,
    Place.REPORT: ReportScreen,
    Place.INVITATIONS: InvitationsScreen,
}
"""The screens that need nothing of a route."""


async def screens_of(
    route: Route, client: KeyServiceClient, clock: Callable[[], datetime] = times.now
) -> Sequence[ConsoleScreen]:
    """The screens above the integrations list, the last one on top.

    Raises what the client raises: a route to something that is not there leads nowhere.
    """
    match route.place:
        case Place.INTEGRATIONS:
            return []
        case Place.AUDIT:
            return [AuditScreen(clock, route.query)]
        case Place.MEMBERS:
            return [MembersScreen(route.account, route.token)]
        case Place.ROTATION:
            rotation = await client.rotations.show(route.public_key or "")
            old = rotation.old.key
            integration = await client.integration(old.integration_id)
            return [
                IntegrationScreen(integration, select=old.public_key),
                RotationScreen(rotation),
            ]
        case Place.INTEGRATION:
            integration = await client.integration(route.integration or "")
            return [
                IntegrationScreen(
                    integration, tab=route.tab, select=route.public_key, query=route.query
                )
            ]
        case Place.KEY:
            key = await client.key(route.public_key or "")
            integration = await client.integration(key.integration_id)
            above = IntegrationScreen(integration, select=key.public_key)
            return [above, KeyScreen(key)]
        case Place.KEYS:
            return [FindScreen(route.query or LIVING, to_the_list=True)]
        case Place.USE:
            return await _use(route, client)
        case Place.CREATE:
            return await _create(route, client)
        case _:
            return [_PLAIN[route.place]()]


async def _use(route: Route, client: KeyServiceClient) -> Sequence[ConsoleScreen]:
    if route.public_key is not None:
        key = await client.key(route.public_key)
        integration = await client.integration(key.integration_id)
        return [
            IntegrationScreen(integration, select=key.public_key),
            KeyScreen(key),
            KeyUseScreen(key),
        ]
    if route.integration is not None:
        integration = await client.integration(route.integration)
        return [IntegrationScreen(integration, tab="overview"), TotalUseScreen(integration)]
    return [TotalUseScreen()]


async def _create(route: Route, client: KeyServiceClient) -> Sequence[ConsoleScreen]:
    if route.integration is not None:
        integration = await client.integration(route.integration)
        above = IntegrationScreen(integration)
        if integration.status != "configured":
            return [IntegrationScreen(integration, tab="overview")]
        return [above, CreateKeyScreen(integration)]
    from keyconsole.wire import IntegrationStatus

    page = await client.integrations(status=IntegrationStatus.CONFIGURED, limit=500)
    if not page.items:
        raise UsageError(
            "There is no configured integration yet, and a key belongs to one: add one with "
            f"{key_of('new')}."
        )
    if len(page.items) == 1:
        return [IntegrationScreen(page.items[0]), CreateKeyScreen(page.items[0])]
    return [CreateKeyScreen(choices=page.items)]
