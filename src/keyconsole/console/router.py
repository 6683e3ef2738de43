"""The way between screens, and what stands in it: what must not be left without being asked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from keyconsole.console import workers
from keyconsole.console.routes import Place, Route
from keyconsole.console.screens.base import ConsoleScreen, Framed
from keyconsole.core.errors import KeyconsoleError, ServiceUnreachableError

if TYPE_CHECKING:
    from keyconsole.console.app import KeyconsoleApp
    from keyconsole.console.styled_text import Run
    from keyconsole.wire import Key

DEEPEST = 12


class Router:
    """Goes from screen to screen, and knows what would be lost on the way out."""

    def __init__(self, app: KeyconsoleApp) -> None:
        self._app = app
        self._was_interrupted = False

    def go(self, route: Route, *, afresh: bool) -> None:
        """Show a route on top of where one is, or `afresh` with the screens above it."""
        if question := self.question():
            self.say(question)
        else:
            workers.start(self._app, partial(self._go, route, afresh=afresh), "go")

    async def _go(self, route: Route, *, afresh: bool) -> None:
        from keyconsole.console.navigation import screens_of

        app = self._app
        try:
            with app.asking():
                screens = await screens_of(route, app.client, app.clock)
        except ServiceUnreachableError as error:
            app.lost(error)
            self.say(error.message)
        except KeyconsoleError as error:
            self.say(error.message)
        else:
            if afresh or not screens or len(app.screen_stack) > DEEPEST:
                while len(app.screen_stack) > 1:
                    await app.pop_screen()
            else:
                screens = screens[-1:]
            for screen in screens:
                await app.push_screen(screen)

    async def show_key_in_list(self, key: Key) -> None:
        """Leave the screen on top for the tab of the key, that key under the cursor."""
        from keyconsole.console.screens.integration import IntegrationScreen

        await self._app.pop_screen()
        top = self._app.screen
        if isinstance(top, IntegrationScreen) and top.integration.id == key.integration_id:
            top.show_key(key.public_key)
            return
        route = Route(Place.INTEGRATION, key.integration_id, "api-keys", key.public_key)
        await self._go(route, afresh=True)

    def question(self) -> str | None:
        """Why something that is open must not be left unasked, if there is such a thing."""
        for screen in self._app.screen_stack:
            if isinstance(screen, Framed) and (question := screen.exit_blocker()):
                return question
        return None

    def asks_before_leaving(self) -> bool:
        """Ask, once, whether to leave what would be lost; whether it was asked."""
        question = self.question()
        if question is None or self._was_interrupted:
            return False
        self._was_interrupted = True
        self.say(f"{question} Ctrl+C again ends all the same.")
        return True

    def exit_warning(self) -> str | None:
        """What to say after the end, for what the screens held that nobody took."""
        for screen in self._app.screen_stack:
            if isinstance(screen, Framed) and (words := screen.exit_warning()):
                return words
        return None

    def say(self, sentence: str) -> None:
        """Say a sentence on the uppermost screen that has a line for it."""
        for screen in reversed(self._app.screen_stack):
            if isinstance(screen, ConsoleScreen):
                screen.say((f"✕ {sentence}", "red"))
                return

    def tell(self, *runs: Run) -> None:
        """Say something on the screen on top."""
        screen = self._app.screen
        if isinstance(screen, Framed):
            screen.say(*runs)
