"""The stack of screens: what a route puts on it, and what takes them away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from keyconsole.console import workers
from keyconsole.console.routes import Place, Route
from keyconsole.core.errors import KeyconsoleError

if TYPE_CHECKING:
    from keyconsole.console.app_state import StatefulApp
    from keyconsole.wire import Key

DEEPEST = 12


class ScreenStack:
    """Puts the screens of a route on the stack, and takes them away.

    Screens are imported when they are first opened: the first frame waits for none of them.
    """

    def __init__(self, app: StatefulApp) -> None:
        self._app = app

    def go(self, route: Route, *, afresh: bool = False) -> None:
        """Show a route on top of where one is, or `afresh` with the screens above it."""
        if question := self._app.exit_blocker():
            self._app.say_above(question)
        else:
            workers.start(self._app, partial(self._go, route, afresh=afresh), "go")

    async def _go(self, route: Route, *, afresh: bool) -> None:
        from keyconsole.console.navigation import screens_of

        app = self._app
        try:
            with app.asking():
                screens = await screens_of(route, app.client, app.clock)
        except KeyconsoleError as error:
            app.failed(error)
            app.say_above(error.message)
        else:
            if afresh or not screens or len(app.screen_stack) > DEEPEST:
                await self._pop_to_first()
            else:
                screens = screens[-1:]
            for screen in screens:
                await app.push_screen(screen)

    def key_in_list(self, key: Key) -> None:
        """Go to the tab of the key's integration, that key under the cursor."""
        workers.start(self._app, partial(self._key_in_list, key), "go")

    async def _key_in_list(self, key: Key) -> None:
        from keyconsole.console.screens.integration import IntegrationScreen

        await self._app.pop_screen()
        top = self._app.screen
        if isinstance(top, IntegrationScreen) and top.integration.id == key.integration_id:
            top.show_key(key.public_key)
            return
        route = Route(Place.INTEGRATION, key.integration_id, "api-keys", key.public_key)
        await self._go(route, afresh=True)

    def back(self) -> None:
        """Leave the screen on top, unless it is the first."""
        if len(self._app.screen_stack) > 1:
            self._app.pop_screen()

    async def start_over(self) -> None:
        """Back to the first screen, with nothing of what another session showed."""
        from keyconsole.console.screens.integrations import IntegrationsScreen

        self._app.sought = ""
        await self._pop_to_first()
        if isinstance(first := self._app.screen, IntegrationsScreen):
            first.forget()

    async def _pop_to_first(self) -> None:
        while len(self._app.screen_stack) > 1:
            await self._app.pop_screen()

    async def signed_in(self) -> None:
        """Back to what was being done before one had to sign in again, as it was left."""
        from keyconsole.console.screens.profiles import ProfilesDialog
        from keyconsole.console.screens.sign_in import SignInDialog

        while isinstance(self._app.screen, ProfilesDialog | SignInDialog):
            await self._app.pop_screen()
        for screen in self._app.rooms:
            screen.say()
            screen.connected()
